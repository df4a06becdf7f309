#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "bench/run_load.hpp"
#include "dspex/runtime.hpp"

namespace dspex::bench {

/// A node whose programs take a `str` of 200 bytes and answer, by the mock
/// adapter, with 400 bytes. Several programs, so that each connection that
/// writes has its own.
class tracked_node {
public:
  /// @param callers how many runs at a time it shall take.
  tracked_node(const std::string& url, size_t callers);

  [[nodiscard]] client callers_end() const {
    return node_.client();
  }

  [[nodiscard]] const std::vector<program_id>& programs() const {
    return programs_;
  }

  /// The record of one execution, as the store has it.
  [[nodiscard]] execution_record one_execution() const;

  /// Executions a second in a closed loop of `callers`.
  [[nodiscard]] double rate(size_t callers, std::chrono::milliseconds warm_up,
                            std::chrono::milliseconds turn) const;

private:
  runtime node_;
  std::vector<program_id> programs_;
};

} // namespace dspex::bench
