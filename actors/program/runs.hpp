#pragma once

#include <optional>
#include <random>

#include "actors/node/telemetry.hpp"
#include "actors/program/claims.hpp"
#include "actors/program/core.hpp"
#include "actors/program/courier.hpp"
#include "config/execute_options.hpp"

namespace dspex {

/// The runs of a program actor, from admission to the answer.
///
/// At most `max_concurrency` runs have a place and `max_queue` wait for one.
/// Every run that is recorded leaves through `end`, exactly once: its record
/// goes to the tracker, and the caller is answered when that is committed
/// (`sync`) or at once (`async`). A run that turns out not to be its caller's
/// to start leaves through `drop` or `share`, without a record.
class program_runs final : private run_claims::listener {
public:
  using time_point = program_core::time_point;

  program_runs(program_core& core, courier& mail)
    : core_(core), courier_(mail), claims_(core, *this) {
  }

  program_runs(const program_runs&) = delete;
  program_runs& operator=(const program_runs&) = delete;

  /// Begins the service of the program in the core.
  void init();

  /// Whether there are no runs, and the program does not drain.
  [[nodiscard]] bool is_idle() const {
    return core_.book.empty() && claims_.empty() && !draining_ && !stopping_;
  }

  /// Whether the actor was told to stop.
  [[nodiscard]] bool stopping() const {
    return stopping_.has_value();
  }

  /// Takes a run, or answers why not. Its time counts from
  /// `program_core::last_used`.
  void accept(execute_call&& call);

  /// @returns `invalid_transition` if there is no such run that has not ended.
  result<void> cancel(execution_id id, error why);

  /// Lets the runs finish, and cancels those that take too long.
  void drain();

  /// Drains for the last time; then the actor quits.
  void stop(caf::error reason);

  // -- messages ---------------------------------------------------------------

  void on_chunk(const backend_chunk& msg);
  void on_replies(backend_replies& msg);
  void on_committed(executions_committed& msg);
  /// Ends the runs that an adapter front had.
  void on_down(const caf::actor_addr& who, const caf::error& reason);

private:
  [[nodiscard]] result<void> admit() const;
  void start(run& x);
  void start_waiting(time_point t);
  void on_done(backend_done& msg, time_point t);
  void retry_later(run& x);

  /// Ends a run at a time: `outputs` if it succeeded, the error else.
  void end(run& x, result<json>&& outputs, time_point t);
  /// Takes a run out of the counts of those that have not ended.
  /// @returns the phase that it was in.
  run_phase leave(run& x);
  /// Takes a run out of the books. `shared` is as in `run_claims::settle`.
  void forget(run& x, const result<execution_result>* shared);

  void enqueue(run& x) override;
  void drop(run& x, const error& why) override;
  void share(run& x, const result<execution_result>& outcome) override;
  void abandon(run& x, const error& why) override;

  void arm_deadline();
  void on_deadline();

  /// Cancels what a draining program has not finished in time.
  void end_drain();
  void quit_when_drained();

  program_core& core_;
  courier& courier_;
  run_claims claims_;
  std::optional<program_gauge> gauge_;
  /// When the timer for deadlines expires. This also tells the latest timer
  /// from those before, which cannot be cancelled.
  std::optional<time_point> armed_for_;
  /// Small, since there may be many programs.
  std::minstd_rand random_;
  /// Set while an archived or stopping program lets its runs finish.
  bool draining_ = false;
  std::optional<caf::error> stopping_;
};

} // namespace dspex
