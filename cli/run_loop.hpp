#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "cli/run_events.hpp"
#include "dspex/client.hpp"

namespace dspex::cli {

/// One record of a batch, after its run is acknowledged.
struct run_item {
  json inputs;
  result<execution_result> outcome;

  /// Unset if the run was refused before there was a record.
  [[nodiscard]] std::optional<std::string> id() const;

  /// `{"execution_id", "status", "inputs", "outputs", "duration_ms",
  /// "error"}`.
  [[nodiscard]] json to_line() const;
};

struct run_totals {
  uint64_t completed = 0;
  /// Broken input lines included.
  uint64_t failed = 0;

  [[nodiscard]] uint64_t records() const noexcept {
    return completed + failed;
  }
};

/// What a batch reads and where its results go. All are called from the thread
/// of `run_loop::run`, but for `next_line`.
struct run_streams {
  /// Called from a thread of its own; may block until `stop_fd` of
  /// `run_loop` is readable.
  std::function<std::optional<jsonl_line>()> next_line;
  /// Members that every record gets, over its own.
  json overrides = json::object();
  /// An error ends the batch.
  std::function<result<void>(const run_item&)> on_item;
  /// A line that is no record.
  std::function<void(const error&)> on_broken_line;
  /// After each record.
  std::function<void(const run_totals&)> on_progress;
};

/// Runs a program over many records, so many at a time, in bounded memory.
///
/// Whatever ends a batch early (an interrupt, results that cannot be written),
/// every run that was started is waited for: nothing stays open in the store.
class run_loop {
public:
  /// @param window runs in flight at most.
  /// @param interrupt_fd readable when the batch shall end early.
  run_loop(client where, program_id program, size_t window, int interrupt_fd);
  ~run_loop();

  /// Readable when reading has to end: for `run_streams::next_line`.
  [[nodiscard]] int stop_fd() const noexcept {
    return stop_fd_;
  }

  /// Runs everything.
  /// @returns the first error of `on_item`.
  result<void> run(run_streams streams);

  [[nodiscard]] const run_totals& totals() const noexcept {
    return totals_;
  }

  /// Whether `interrupt_fd` ended it.
  [[nodiscard]] bool interrupted() const noexcept {
    return interrupted_;
  }

private:
  struct started {
    execution_id id;
    json inputs;
  };

  void submit_lines();
  void submit(json inputs);
  void on_line(jsonl_line line);
  void on_finished(finished_run run);
  void wait();
  void stop();
  void cancel_all();
  [[nodiscard]] bool done();

  client client_;
  program_id program_;
  size_t window_;
  int interrupt_fd_;
  int stop_fd_;
  std::shared_ptr<run_events> events_;
  run_streams streams_;
  std::unordered_map<uint64_t, started> in_flight_;
  uint64_t last_number_ = 0;
  // Refused as `overloaded`, in the order of the input.
  std::deque<json> refused_;
  run_totals totals_;
  bool stopping_ = false;
  bool interrupted_ = false;
  std::optional<error> failure_;
};

} // namespace dspex::cli
