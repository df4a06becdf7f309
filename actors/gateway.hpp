#pragma once

#include <caf/stateful_actor.hpp>

#include "actors/node/context.hpp"

namespace dspex {

/// The door of a node for actions. The gateway checks the name and the
/// arguments of an action against `domain()`, asks the policy, and hands the
/// call to the actor that the row names. It holds no state: when it dies, calls
/// that it has handed on are answered all the same, though without the
/// gateway's deadline.
struct gateway_state {
  static constexpr const char* name = "dspex.gateway";
};

local_gateway_actor::behavior_type
gateway(local_gateway_actor::stateful_pointer<gateway_state> self,
        context_ptr ctx);

/// Lets a run in, as the gateway would: asks the policy, and hands the run to
/// its program, by way of the manager if that program is not awake. Runs come
/// often: for those of this process the gateway would only be one more mailbox.
/// When this returns, reads and `cancel` know the id of the run. From any
/// thread.
/// @returns why the run was not let in; then the caller answers `call`.
[[nodiscard]] result<void> admit_run(node_context& ctx, execute_call& call);

/// Does the same, and answers a run that was not let in.
void send_run(node_context& ctx, execute_call call);

} // namespace dspex
