#pragma once

#include <caf/stateful_actor.hpp>

#include "actors/node_context.hpp"

namespace dspex {

struct sweep_tick {};

/// Closes what dead nodes left, every minute. The sweep at the start of a node
/// is not its business: it has to be over before the first request.
using sweeper_actor = caf::typed_actor<
  // INTERNAL: a minute is over.
  caf::reacts_to<sweep_tick>>;

struct sweeper_state {
  static constexpr const char* name = "dspex.sweeper";
};

sweeper_actor::behavior_type
sweeper(sweeper_actor::stateful_pointer<sweeper_state> self, context_ptr ctx);

} // namespace dspex

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::sweep_tick)
