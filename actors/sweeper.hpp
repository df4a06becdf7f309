#pragma once

#include <cstdint>

#include <caf/stateful_actor.hpp>

#include "actors/node/context.hpp"

namespace dspex {

/// Tells the sweeper that a minute is over.
struct sweep_tick {};

/// Every minute the sweeper closes what dead nodes left, and then drops the
/// history that the configured retention does not keep. The runtime itself
/// sweeps once when a node starts, because that has to be over before the first
/// request.
using sweeper_actor = caf::typed_actor<
  // INTERNAL: a minute is over.
  caf::reacts_to<sweep_tick>>;

class sweeper_state {
public:
  static constexpr const char* name = "dspex.sweeper";

  sweeper_actor::behavior_type
  init(sweeper_actor::stateful_pointer<sweeper_state> self, context_ptr ctx);

private:
  void sweep();
  void drop_history();
  void wait();

  sweeper_actor::stateful_pointer<sweeper_state> self_ = nullptr;
  context_ptr ctx_;
};

sweeper_actor::behavior_type
sweeper(sweeper_actor::stateful_pointer<sweeper_state> self, context_ptr ctx);

} // namespace dspex

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::sweep_tick)
