#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

#include "dspex/client_types.hpp"

namespace dspex {

/// What a batch consists of, and how it reaches the node.
struct batch_plan {
  std::vector<document> inputs;
  /// @pre positive
  size_t concurrency = 1;
  std::function<void(const batch_progress&)> progress{};
  /// Starts one run and tells how it ended, once, from any thread.
  std::function<void(document inputs,
                     std::function<void(result<execution_result>)> done)>
    run;
  /// Calls a task once, after a while, on another thread.
  std::function<void(std::chrono::milliseconds delay,
                     std::function<void()> task)>
    later;
};

/// Names what is wrong with the options of a batch.
[[nodiscard]] result<void> check_batch_options(const batch_options& options);

/// Runs a batch; returns at once. `done` is called once, when every item has
/// its outcome.
void start_batch(batch_plan plan, std::function<void(batch_results)> done);

} // namespace dspex
