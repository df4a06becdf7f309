#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "config/jsonl_reader.hpp"
#include "dspex/client.hpp"

namespace dspex::cli {

/// A run that has ended, with the number that it was started under.
struct finished_run {
  uint64_t number = 0;
  result<execution_result> outcome;
};

/// Collects what the main thread of `run` waits for: lines that one thread
/// reads, and ends of runs, which the threads of actors tell. Thread safe.
class run_events {
public:
  /// @param capacity lines that may wait; the reader waits while there are as
  ///        many.
  explicit run_events(size_t capacity);
  run_events(const run_events&) = delete;
  run_events& operator=(const run_events&) = delete;
  ~run_events();

  // -- from other threads -----------------------------------------------------

  /// Adds a line, once there is room.
  /// @returns false if lines are no longer wanted.
  bool push_line(jsonl_line line);

  /// Notes that there are no more lines.
  void end_lines();

  /// Adds the end of a run. Never blocks for longer than a lock.
  void push_finished(finished_run run);

  // -- from the main thread ---------------------------------------------------

  /// Readable when there may be something new.
  [[nodiscard]] int fd() const noexcept {
    return event_fd_;
  }

  /// Makes `fd()` unreadable until something new comes.
  void clear();

  [[nodiscard]] std::optional<jsonl_line> pop_line();

  /// Whether every line was popped and no other will come.
  [[nodiscard]] bool no_more_lines();

  [[nodiscard]] std::vector<finished_run> take_finished();

  /// Drops the lines that wait and lets the reader go.
  void refuse_lines();

private:
  void wake();

  size_t capacity_;
  int event_fd_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::deque<jsonl_line> lines_;
  bool ended_ = false;
  bool refused_ = false;
  std::vector<finished_run> finished_;
};

} // namespace dspex::cli
