#pragma once

#include <chrono>
#include <cstdint>

#include "dspex/adapter.hpp"

namespace dspex {

/// How a mock backend behaves. A program's own `lm` settings `seed`,
/// `latency_ms` and `error_rate` come before these.
struct mock_options {
  int64_t seed = 0;
  /// Time from a run to its answer; zero answers within the call.
  std::chrono::nanoseconds latency{0};
  /// Each answer's latency is spread by up to this much to either side.
  std::chrono::nanoseconds jitter{0};
  /// Time from the creation of a program to its answer.
  std::chrono::nanoseconds create_latency{0};
  /// The share of runs, 0 to 1, that end with `error_code`. Which ones depends
  /// on inputs, seed and attempt alone.
  double error_rate = 0;
  errc error_code = errc::backend_failed;
};

/// Makes the deterministic backend for tests: outputs of the right types,
/// within their constraints, that depend on signature, inputs and seed alone.
[[nodiscard]] adapter_factory mock_adapter_factory(mock_options options = {});

} // namespace dspex
