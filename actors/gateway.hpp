#pragma once

#include <functional>
#include <string>

#include <caf/stateful_actor.hpp>

#include "actors/node_context.hpp"
#include "dspex/domain.hpp"

namespace dspex {

/// Whether a caller may do what an action asks.
using policy
  = std::function<result<void>(const std::string& caller, const action& what)>;

/// The policy of a node without roles.
[[nodiscard]] policy allow_all();

/// The one door of a node: checks names and arguments against `domain()`, asks
/// the policy, and delegates to whoever is alive. Holds no state of its own.
struct gateway_state {
  static constexpr const char* name = "dspex.gateway";
};

local_gateway_actor::behavior_type
gateway(local_gateway_actor::stateful_pointer<gateway_state> self,
        context_ptr ctx, policy may);

} // namespace dspex
