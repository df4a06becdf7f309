#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// Counts of what a node has done since its start, and of what it holds just
/// now. `runtime::metrics` returns them.
///
/// The counters are read one after the other while the node goes on. Once
/// nothing is on its way they add up exactly:
/// `accepted == completed + failed_total() + running + waiting`.
struct runtime_metrics {
  // -- executions since the start ---------------------------------------------

  /// Runs that a program accepted. Refused ones (`overloaded`, not ready) are
  /// not among them, those with invalid inputs are.
  uint64_t accepted = 0;
  /// Runs that completed. Whether their records are committed is another
  /// question: `uncommitted` and `lost_async` tell.
  uint64_t completed = 0;
  /// Runs that failed, by code; codes that did not occur are absent.
  std::map<errc, uint64_t> failed{};

  // -- executions in flight ---------------------------------------------------

  /// Runs that are with the backend, or between two attempts.
  uint64_t running = 0;
  /// Runs that wait for a place among the `max_concurrency` of their program.
  uint64_t waiting = 0;

  // -- on the way to the store ------------------------------------------------

  /// Executions that a program has accepted and whose end the store does not
  /// hold yet. When this reaches `tracker.backlog`, new runs are refused as
  /// `overloaded`.
  uint64_t tracker_backlog = 0;
  /// Runs that ended under durability `async` and are not committed: the caller
  /// has the answer, and a crash of the process would lose the record.
  uint64_t uncommitted = 0;
  /// Records answered under durability `async` that were never written: the
  /// store refused them, or the node ended first. Each is in the log.
  uint64_t lost_async = 0;
  /// How often the store stopped answering the tracker.
  uint64_t store_outages = 0;

  // -- actors -----------------------------------------------------------------

  /// Programs that have an actor.
  uint64_t programs_awake = 0;
  /// Restarts of supervised actors.
  uint64_t restarts = 0;
  /// The same restarts, by the name of the child.
  std::map<std::string, uint64_t> restarts_by_child{};
  /// Exceptions that the embedder's observer threw.
  uint64_t observer_failures = 0;

  /// Returns the failed runs of all codes.
  [[nodiscard]] uint64_t failed_total() const;

  friend bool operator==(const runtime_metrics&, const runtime_metrics&)
    = default;
};

/// Renders every member under its own name, and `failed` by the names of codes.
[[nodiscard]] json to_json(const runtime_metrics& x);

} // namespace dspex
