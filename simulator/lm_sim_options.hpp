#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "dspex/error.hpp"
#include "simulator/fault.hpp"

namespace dspex {

struct lm_sim_options {
  /// An IP address or `localhost`.
  std::string host = "127.0.0.1";
  /// 0 takes a free port.
  uint16_t port = 0;
  /// Answers depend on this and on the messages, on nothing else.
  uint64_t seed = 1;
  /// Delay of every chat completion, errors included.
  std::chrono::milliseconds latency{0};
  /// Adds up to this much, by seed and prompt.
  std::chrono::milliseconds latency_jitter{0};
  /// The share of prompts, in [0, 1], that always get an error: 500, every
  /// fourth of them 429.
  double error_rate = 0;
  /// Adds the time that a model of this speed takes; 0 is no limit.
  double tokens_per_second = 0;
  /// A connection beyond this many is closed at once.
  size_t max_connections = 20'000;
  /// Threads that serve; delays take none.
  size_t threads = 1;
  /// Whether a request may ask for a fault, by header or by a marker in its
  /// prompt; see `sim_fault`. With `false` such text is ordinary.
  bool markers = true;
  /// A file of replies by prompt hash (see `read_sim_script`), which take the
  /// place of what the model would say; none if empty.
  std::string script_file;
  /// A file to which each request and its answer is added as it comes, for
  /// people and scripts; none if empty. It holds the prompts, and no headers.
  std::string transcript_file;
  /// The fault of every request that asks for none itself.
  sim_fault fault;
};

/// Checks every range, and turns `localhost` into an address.
/// @returns `invalid_option` naming the first option that is out of range.
[[nodiscard]] result<lm_sim_options>
check_lm_sim_options(lm_sim_options options);

} // namespace dspex
