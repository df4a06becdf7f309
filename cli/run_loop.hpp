#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "cli/run_events.hpp"
#include "dspex/client.hpp"
#include "runtime/client/retry_window.hpp"

namespace dspex::cli {

/// One record of a batch whose run was acknowledged.
struct run_item {
  json inputs;
  result<execution_result> outcome;

  /// Renders `{"execution_id", "status", "inputs", "outputs", "duration_ms",
  /// "error"}`.
  [[nodiscard]] json to_line() const;
};

struct run_totals {
  uint64_t completed = 0;
  /// Broken input lines count too.
  uint64_t failed = 0;

  [[nodiscard]] uint64_t records() const noexcept {
    return completed + failed;
  }
};

/// What a batch reads and where its results go. All functions but `next_line`
/// are called from the thread of `run_loop::run`.
struct run_streams {
  /// Reads the next line. Called from a thread of its own; may block until
  /// `stop_fd` of `run_loop` is readable.
  std::function<std::optional<jsonl_line>()> next_line;
  /// Members that replace those of every record.
  json overrides = json::object();
  /// Takes a result; an error ends the batch.
  std::function<result<void>(const run_item&)> on_item;
  /// Takes what is wrong with a line that is no record.
  std::function<void(const error&)> on_broken_line;
  /// Takes the totals after each record.
  std::function<void(const run_totals&)> on_progress;
};

/// Runs a program over many records, a bounded number at a time, in bounded
/// memory.
///
/// A batch may end early, by an interrupt or because a result cannot be
/// written. The loop waits even then for every run that was started, so that
/// nothing stays open in the store.
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

  /// Whether `interrupt_fd` ended the batch.
  [[nodiscard]] bool interrupted() const noexcept {
    return interrupted_;
  }

private:
  struct started {
    execution_id id;
    json inputs;
  };

  void start_items();
  void start(json inputs);
  /// Returns the inputs on the next good line; reports the broken lines before.
  [[nodiscard]] std::optional<json> read_item();
  void on_finished(finished_run run);
  void wait();
  void stop();
  void cancel_all();
  [[nodiscard]] bool done();

  client client_;
  program_id program_;
  int interrupt_fd_;
  int stop_fd_;
  std::shared_ptr<run_events> events_;
  run_streams streams_;
  std::unordered_map<uint64_t, started> in_flight_;
  uint64_t last_number_ = 0;
  /// Holds the inputs of each item that the program had no room for.
  retry_window<json> window_;
  run_totals totals_;
  bool stopping_ = false;
  bool interrupted_ = false;
  std::optional<error> failure_;
};

} // namespace dspex::cli
