#pragma once

#include <caf/actor_system.hpp>

#include "actors/node/context.hpp"
#include "actors/supervisor/supervisor.hpp"
#include "dspex/runtime.hpp"

namespace dspex {

/// Gives tests and benchmarks access to the inside of a running node.
struct runtime_internals {
  [[nodiscard]] static context_ptr context(const runtime& x);
  [[nodiscard]] static caf::actor_system& system(const runtime& x);
  [[nodiscard]] static supervisor_actor root(const runtime& x);
};

} // namespace dspex
