#pragma once

#include "actors/node_context.hpp"
#include "dspex/client.hpp"

namespace dspex {

/// What the copies of a client share.
struct client::impl {
  context_ptr ctx;
};

} // namespace dspex
