#pragma once

#include "actors/node_context.hpp"
#include "dspex/client.hpp"
#include "runtime/call_portal.hpp"

namespace dspex {

/// What the copies of a client share.
struct client::impl {
  context_ptr ctx;
  /// Empty once the node has ended.
  slot<call_portal_actor> portal;
};

} // namespace dspex
