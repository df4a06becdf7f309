#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "actors/program/run_book.hpp"

namespace dspex {

/// What a program gathers while it reads its mailbox once: runs for the adapter
/// and a report for the tracker.
///
/// One message then serves many runs under load, and a single run waits for
/// nothing.
class outbox {
public:
  /// A bundle of this size leaves at once: beyond that, fewer messages are
  /// worth less than a receiver that works at the same time as the program.
  static constexpr size_t bundle = 16;

  /// When the program has to send what it has gathered.
  enum class due {
    /// After it has read its mailbox, which it begins to do with this entry.
    next_turn,
    /// After it has read its mailbox, as was arranged before.
    this_turn,
    now
  };

  /// Whether nothing was gathered since the last `close`.
  [[nodiscard]] bool empty() const {
    return bundles_ == nullptr;
  }

  /// Adds a run for the adapter.
  [[nodiscard]] due start(execution_id id);

  /// Adds an event for the tracker.
  [[nodiscard]] due tell(run_event x);

  [[nodiscard]] std::vector<execution_id> take_starts();
  [[nodiscard]] run_report take_report();

  /// The mailbox was read, and everything taken.
  void close() {
    bundles_.reset();
  }

private:
  struct bundles {
    std::vector<execution_id> starts;
    run_report report;
  };

  /// Not there while it is empty, since there may be many programs.
  std::unique_ptr<bundles> bundles_;
};

/// What the tracker has to know of a run that lasts.
[[nodiscard]] execution_lasted lasting(run& x);

/// What the tracker has to know of a run that has ended.
[[nodiscard]] execution_finished end_of(const run& x);

/// What a tracker that knows nothing has to know of the runs of a program.
[[nodiscard]] std::vector<run_event> events_for_new_tracker(run_book& book);

/// What the tracker has to know when the program dies: every record that is not
/// known to be committed.
[[nodiscard]] run_report last_report(const run_book& book);

} // namespace dspex
