#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "adapters/lm_options.hpp"
#include "core/backoff.hpp"

namespace dspex {

/// How patiently workers are supervised. The values suit every installation, so
/// no setting changes them; a test that cannot wait for minutes does.
struct worker_supervision {
  /// How often workers are asked what they use.
  std::chrono::milliseconds examination{10'000};
  /// The delays after failed starts.
  backoff start_delay{.initial = std::chrono::milliseconds{500},
                      .max = std::chrono::minutes{1}};
  /// More failed starts than this within the period, and the adapter is
  /// unavailable: it tries on with one worker at a time.
  size_t intensity = 10;
  std::chrono::milliseconds period{300'000};
};

/// How `python_port` runs its workers. Durations and limits have the meaning
/// that `python_port_settings` of dspex/config.hpp gives them.
///
/// Large because it has one member for each setting of `[python_port]`.
struct python_port_options {
  /// The interpreter; found in `PATH` unless it has a slash.
  std::string python = "python3";
  /// Where the package `dspex_worker` is, and modules of one's own.
  std::vector<std::string> python_path;
  /// Python modules that programs may name.
  std::vector<std::string> allowed_modules;
  /// Names of environment variables that workers get besides the usual ones.
  std::vector<std::string> environment;
  /// The node's model.
  lm_options lm;
  size_t workers = 1;
  /// How many threads each worker has.
  size_t threads = 8;
  size_t max_queue = 1000;
  size_t max_frame_bytes = 64'000'000;
  /// Limits a worker's address space; 0 is no limit.
  size_t memory_limit_bytes = 0;
  /// A worker is replaced after so many runs, so long a time or when it uses so
  /// much memory; 0 is never.
  size_t recycle_runs = 0;
  std::chrono::milliseconds recycle_age{0};
  size_t recycle_memory_bytes = 0;
  std::chrono::milliseconds start_timeout{60'000};
  /// How long a run may go on that was cancelled or is too late, before its
  /// worker is killed.
  std::chrono::milliseconds grace{5'000};
  /// The Python module that runs programs in the workers; empty for DSPy.
  std::string backend;
  worker_supervision supervision;
};

} // namespace dspex
