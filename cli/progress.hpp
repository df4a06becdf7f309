#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "cli/run_loop.hpp"

namespace dspex::cli {

/// Counts the lines of a file that are not empty, for a total; returns nothing
/// for what is no regular file.
[[nodiscard]] std::optional<uint64_t> count_lines(const char* path);

/// Shows on stderr how far a batch is: a bar on a terminal, else a line at each
/// quarter once it takes longer than two seconds.
class progress {
public:
  /// @param total how many records there are, if that is known.
  explicit progress(std::optional<uint64_t> total);

  void update(const run_totals& totals);

  /// Removes the bar, so that something else can be written; the next update
  /// brings it back.
  void clear();

private:
  void draw(const run_totals& totals);

  using clock = std::chrono::steady_clock;

  std::optional<uint64_t> total_;
  bool is_bar_;
  bool is_drawn_ = false;
  clock::time_point begin_ = clock::now();
  clock::time_point next_drawing_ = begin_;
  uint64_t quarters_ = 0;
};

} // namespace dspex::cli
