#pragma once

#include "actors/internal/slot.hpp"
#include "dspex/client.hpp"
#include "runtime/call_portal.hpp"

namespace dspex {

/// What the copies of a client share.
struct client::impl {
  /// Empty once the node has ended.
  slot<call_portal_actor> portal;
};

} // namespace dspex
