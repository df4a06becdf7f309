#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include <caf/actor_addr.hpp>

#include "actors/node/in_flight_runs.hpp"
#include "actors/node/telemetry.hpp"
#include "actors/program/backend_slot.hpp"
#include "actors/program/deadline_queue.hpp"
#include "messages/promise.hpp"

namespace dspex {

enum class run_phase {
  /// The run was taken, and is in no count yet.
  accepted,
  /// The run asks the store whether it may start.
  checking,
  /// The run waits for the one that holds its idempotency key.
  following,
  /// The run waits for a place among the running ones.
  waiting,
  running,
  /// The run has ended, and its record is on its way to the store.
  ended
};

/// What a run has to ask the store before it may start.
struct precondition {
  /// Whether the caller chose the id of the execution.
  bool given_id = false;
  /// The idempotency key, or empty if there is only the id to check.
  std::string key;
  std::string inputs_hash;
  /// Whether the store holds the execution as a live one.
  bool claimed = false;
};

/// A run that a program has accepted.
///
/// Large because it is all that the parts of the program know of a run, in one
/// place that is looked up once.
struct run {
  execution_record record;
  backend_slot::incarnation_ptr on;
  /// Not pending once the caller was answered.
  promise<execution_result> caller;
  /// Set if the caller wants the outputs piece by piece.
  chunk_callback on_chunk;
  dspex::durability durability = durability::sync;
  run_phase at = run_phase::accepted;
  /// Where readers find the run while it is in flight.
  std::shared_ptr<open_run> in_flight;
  /// Whether the tracker was told that the run lasts, or is by the next report.
  bool told = false;
  deadline_queue::time_point accepted;
  /// When the run has lasted for so long that the live table is to show it.
  deadline_queue::time_point lasts_at = deadline_queue::time_point::max();
  /// When the run has to end. Once it has ended, how long its caller waits for
  /// the commit.
  deadline_queue::time_point deadline;
  /// Whether the run stands in the queue of deadlines, with its deadline,
  /// `lasts_at` or another earlier moment.
  bool listed = false;
  /// The adapter front that has the run.
  caf::actor_addr holder;
  /// Set once the caller was answered under durability `async`.
  std::shared_ptr<unconfirmed_answer> unconfirmed;
  /// The details of the error for the caller; the record keeps only code and
  /// message.
  json error_details;
  /// Null for most runs.
  std::unique_ptr<precondition> check;
};

/// Whether the store holds the execution as a live one, because of its key.
[[nodiscard]] inline bool is_claimed(const run& x) {
  return x.check != nullptr && x.check->claimed;
}

/// The runs of a program: in which phase each of them is, which waits for a
/// place, and which is due.
///
/// A run is added once and taken out once, after it was finished. References to
/// runs are valid until then.
class run_book {
public:
  using time_point = deadline_queue::time_point;
  using table = std::unordered_map<execution_id, run>;

  // -- properties -------------------------------------------------------------

  [[nodiscard]] bool empty() const {
    return runs_.empty();
  }

  /// How many runs have a place.
  [[nodiscard]] size_t running() const {
    return running_;
  }

  /// How many runs have not started, for whatever reason.
  [[nodiscard]] size_t waiting() const {
    return waiting_;
  }

  [[nodiscard]] table::iterator begin() {
    return runs_.begin();
  }

  [[nodiscard]] table::iterator end() {
    return runs_.end();
  }

  [[nodiscard]] table::const_iterator begin() const {
    return runs_.begin();
  }

  [[nodiscard]] table::const_iterator end() const {
    return runs_.end();
  }

  /// @returns null if there is no such run.
  [[nodiscard]] run* find(execution_id id);

  /// @returns null if there is no such run in this phase.
  [[nodiscard]] run* find(execution_id id, run_phase at);

  // -- the way of a run -------------------------------------------------------

  /// @pre the book has no run with this id
  run& add(execution_id id);

  /// The run asks the store, for the first time or again.
  void check(run& x);

  /// The run waits for another one.
  /// @pre the run is checking or following
  void follow(run& x);

  /// Gives the run one of `places`, or has it wait for one.
  /// @returns whether it runs.
  /// @pre the run was accepted, or is checking
  bool enqueue(run& x, size_t places);

  /// Gives the run that has waited longest one of `places`.
  /// @returns null if all places are taken or nothing waits.
  [[nodiscard]] run* start_next(size_t places, time_point t);

  /// Takes a run out of the counts of those that have not ended.
  /// @returns the phase that it was in.
  run_phase finish(run& x);

  /// Takes out a run. It lives as long as the returned node.
  /// @returns an empty node if there is no run with this id that has ended.
  [[nodiscard]] table::node_type take(execution_id id);

  // -- deadlines --------------------------------------------------------------

  /// Sets the deadline, or moves it to a later moment.
  void set_deadline(run& x, time_point t);

  /// When to ask for what is due; nothing if there is no run.
  [[nodiscard]] std::optional<time_point> next_deadline() const {
    return deadlines_.first();
  }

  /// @returns a run whose deadline has passed, each only once per deadline, or
  ///          one that has a place or waits for one and has lasted; null if
  ///          there is no more.
  [[nodiscard]] run* take_due(time_point t);

private:
  /// Notes when a run has to be looked at next: at its deadline, or when it has
  /// lasted.
  void list(run& x, time_point t);

  /// Without buckets while it is empty, since there may be many programs.
  table runs_;
  /// The runs that wait for a place, and some that have ended meanwhile. A
  /// deque would take half a kilobyte while it is empty.
  std::list<execution_id> line_;
  size_t running_ = 0;
  size_t waiting_ = 0;
  deadline_queue deadlines_;
};

} // namespace dspex
