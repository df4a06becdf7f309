#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// What a node has counted since its start, and what it holds just now; see
/// `runtime::metrics`.
///
/// A value type. The counters are read one after the other while the node goes
/// on. Once nothing is on its way they add up exactly:
/// `accepted == completed + failed_total() + running + waiting`.
struct runtime_metrics {
  // -- executions since the start ---------------------------------------------

  /// Runs that a program took. Refused ones (`overloaded`, not ready) are not
  /// among them, those with invalid inputs are.
  uint64_t accepted = 0;
  /// Ended well. Whether their records are committed is another question:
  /// `uncommitted` and `lost_async` tell.
  uint64_t completed = 0;
  /// Ended badly, by code; codes that did not occur are absent.
  std::map<errc, uint64_t> failed{};

  // -- executions in flight ---------------------------------------------------

  /// With the backend, or between two attempts.
  uint64_t running = 0;
  /// For a place among the `max_concurrency` of their program.
  uint64_t waiting = 0;

  // -- on the way to the store ------------------------------------------------

  /// Executions that the tracker holds: in flight for more than a moment, or
  /// ended and not committed.
  /// New ones are `overloaded` when this reaches `tracker.backlog`.
  uint64_t tracker_backlog = 0;
  /// Ended under durability `async`: the caller has the answer, the store does
  /// not have the record yet. This is what a crash of the process would lose.
  uint64_t uncommitted = 0;
  /// Records answered under durability `async` that were never written: the
  /// store refused them, or the node ended first. Each is in the log.
  uint64_t lost_async = 0;
  /// How often the store stopped to answer the tracker.
  uint64_t store_outages = 0;

  // -- actors -----------------------------------------------------------------

  uint64_t programs_awake = 0;
  /// Of supervised actors.
  uint64_t restarts = 0;
  /// The same by name of the child.
  std::map<std::string, uint64_t> restarts_by_child{};
  /// Exceptions that the embedder's observer threw.
  uint64_t observer_failures = 0;

  /// Failed executions of every code.
  [[nodiscard]] uint64_t failed_total() const;

  friend bool operator==(const runtime_metrics&, const runtime_metrics&)
    = default;
};

/// Renders every member under its own name; `failed` by name of the code.
[[nodiscard]] json to_json(const runtime_metrics& x);

} // namespace dspex
