#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/invocation.hpp"
#include "cli/run_loop.hpp"
#include "cli/table.hpp"
#include "dspex/records.hpp"

namespace dspex::cli {

/// Collects the first results of a batch and shows them as a table.
class results_table {
public:
  /// @param width columns to stay within.
  explicit results_table(size_t width);

  void add(const run_item& item);

  /// Renders at most 50 rows, and says how many more there were.
  [[nodiscard]] std::string take();

private:
  text_table table_;
  uint64_t seen_ = 0;
};

/// Renders the statistics of a program for people.
[[nodiscard]] std::string statistics_text(const std::string& program,
                                          const program_statistics& x);

/// Renders the three commands that look at what a batch has left, with the
/// options that reach the same store.
[[nodiscard]] std::string next_commands(const invocation& call,
                                        const std::string& program,
                                        const std::string& execution);

/// Renders `40 completed, 0 failed in 1.2 s`.
[[nodiscard]] std::string
summary_line(const run_totals& totals,
             std::chrono::steady_clock::duration elapsed);

} // namespace dspex::cli
