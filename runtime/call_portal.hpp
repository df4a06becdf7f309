#pragma once

#include <functional>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/stateful_actor.hpp>

#include "actors/node_context.hpp"

namespace dspex {

/// One call of a client, with whom to tell.
struct action_call {
  action_request request;
  std::function<void(result<document>)> done;
};

/// Hands calls from threads outside to the gateway. A caller's thread never
/// meets a dead gateway itself: the answer would come from within its call.
using call_portal_actor
  = caf::typed_actor<caf::reacts_to<action_call>, caf::reacts_to<execute_call>>;

struct call_portal_state {
  static constexpr const char* name = "dspex.call_portal";
};

call_portal_actor::behavior_type
call_portal(call_portal_actor::stateful_pointer<call_portal_state> self,
            context_ptr ctx);

} // namespace dspex

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::action_call)
