#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <caf/stateful_actor.hpp>

#include "actors/program/key_book.hpp"
#include "actors/program/record_watch.hpp"
#include "actors/program/run_book.hpp"
#include "config/execute_options.hpp"

namespace dspex {

/// One program: its lifecycle, its admission, its runs in flight.
///
/// Holds at most `max_concurrency` running and `max_queue` waiting runs. Every
/// run that is recorded leaves through `end`, exactly once: its record goes to
/// the tracker, and the caller is answered when that is committed (`sync`) or
/// at once (`async`). A run that turns out not to be its caller's to start
/// leaves through `drop`, without a record.
class program_state {
public:
  static constexpr const char* name = "dspex.program";

  program_state() = default;

  /// Callers whose record is on its way hear `store_unavailable`; all others
  /// `backend_unavailable`, as their promises are dropped.
  ~program_state();

  program_actor::behavior_type
  init(program_actor::stateful_pointer<program_state> self, context_ptr ctx,
       program_facts facts);

private:
  using time_point = caf::actor_clock::time_point;

  // -- lifecycle (program_lifecycle.cpp) --------------------------------------

  caf::result<document> handle(const action_request& request);
  void begin(program_action how, const promise<document>& answer,
             std::optional<document> configuration = std::nullopt);
  void reinitialize(const json& arguments, const promise<document>& answer);
  void prepare_backend(const promise<document>& answer);
  void end_initialization(int64_t attempt, const promise<document>& answer,
                          result<std::string> outcome);
  void record_end(const program_transition& change,
                  const promise<document>& answer, const error& failure);
  /// For a program whose actor died in the middle: nobody else will end it.
  void close_lost_initialization();
  void archive(const promise<document>& answer);
  void update(const json& arguments, const promise<document>& answer);
  void destroy(const json& arguments, const promise<document>& answer);
  void drain();
  /// Cancels what an archived or stopping program has not finished in time.
  void end_drain();
  void quit_when_drained();
  /// Ends a stopping program that a store which is away, or a tracker that is
  /// gone for good, would keep for ever.
  void wait_for_confirmations();

  /// Calls `next` with a fresh record.
  void with_fresh_record(std::function<void()> next);
  void on_record(result<program_record> outcome);
  /// Takes a newer record, with what follows from it.
  void adopt(program_record next);
  void delete_backend(const backend_slot::unused_id& id);
  /// Of an ephemeral program: makes it ready first.
  void accept_ephemeral(execute_call&& call);
  void serve_waiting_calls(const error& failure);

  // -- runs (program_runs.cpp) ------------------------------------------------

  void accept_fresh(execute_call&& call);
  void accept(execute_call&& call);
  [[nodiscard]] result<void> admit() const;
  /// Why a program that was told to stop takes no more runs.
  [[nodiscard]] error end_of_service() const;
  void enqueue(run& x);
  void start(run& x);
  void start_waiting(time_point t);
  void on_backend_chunk(const backend_chunk& msg);
  void on_backend_done(backend_done& msg, time_point t);
  void retry_later(run& x);
  void on_committed(executions_committed& msg);
  void on_deadline();
  result<void> cancel(execution_id id, error why);
  /// Cancels a run that may have been sent just before; one that this program
  /// does not hold is left to the tracker.
  void cancel_behind_run(const action_request& request,
                         const promise<document>& answer);
  /// Ends a run at a time: `outputs` if it succeeded, the error else.
  void end(run& x, result<json>&& outputs, time_point t);
  /// Takes a run out of the counts of those that have not ended.
  /// @returns the phase that it was in.
  run_phase leave(run& x);
  void arm_deadline();

  // -- what leaves in bundles (program_outbox.cpp) ----------------------------

  /// What gathers while the mailbox is read once.
  struct outbox {
    /// Runs that the adapter is still to be given.
    std::vector<execution_id> starts;
    /// What the tracker is still to hear.
    run_report news;
  };

  /// The outbox, which is emptied once what is in the mailbox by now was
  /// handled.
  outbox& gather();
  void empty_outbox();
  void start_soon(const run& x);
  void send_starts();
  /// Announces a run to the tracker unless it ends within a moment.
  void announce_soon(const run& x);
  void announce(run& x);
  void announce_old();
  void hand_over(const run& x);
  void tell(run_event x);
  void send_news();
  void look_for_tracker();
  void tell_new_tracker();
  /// Leaves the tracker what it has not heard: ends that were about to leave,
  /// and the records of abandoned runs.
  void leave_untold() noexcept;

  // -- sleep (program_sleep.cpp) ----------------------------------------------

  /// Somebody uses the program.
  void touch(time_point t);
  /// Whether nothing is lost when the actor ends: whatever outlives the
  /// handling of one message has to be seen here.
  [[nodiscard]] bool is_idle() const;
  void on_idle_tick();
  void on_fall_asleep();

  // -- runs that ask first (program_checks.cpp) -------------------------------

  void check(run& x);
  void check_id(const run& x);
  void claim_key(run& x);
  void on_claimed(run& x, const result<idempotency_owner>& owner);
  /// Whether a claim that found the run's own id is the one it made.
  void verify_claim(const run& x);
  /// Waits for a run that is not in this program, or not any more.
  void follow_stored(run& x, execution_id owner, caf::timespan delay);
  void on_stored(run& x, execution_id owner, caf::timespan delay,
                 const result<execution_record>& found);
  /// Ends a run that was not the caller's to start: no record.
  void drop(run& x, const error& why);
  /// Ends a run with the answer of another one: no record.
  void share(run& x, const result<execution_result>& outcome);
  /// Gives the followers of a run that has gone this answer. If that is null,
  /// or a failure that frees the key, each of them asks for itself.
  void settle(const run& gone, const result<execution_result>* shared);

  // -- other actors -----------------------------------------------------------

  /// Runs a task of this program after a delay.
  void after(caf::timespan delay, std::function<void()> task);
  void on_down(const caf::actor_addr& who, const caf::error& reason);
  void watch(const caf::actor_addr& who);
  void watch_tracker(const caf::actor_addr& who);
  [[nodiscard]] time_point clock_now() const;

  // -- member variables -------------------------------------------------------

  program_actor::stateful_pointer<program_state> self_ = nullptr;
  context_ptr ctx_;
  program_facts facts_;
  backend_slot backends_;
  record_watch watch_;
  /// Of an ephemeral program that is not ready yet.
  std::vector<execute_call> waiting_for_backend_;

  run_book book_;
  std::optional<program_gauge> gauge_;
  key_book keys_;
  std::optional<time_point> armed_for_;
  uint64_t deadline_epoch_ = 0;
  /// Not there while it is empty: there may be many programs.
  std::unique_ptr<outbox> outbox_;
  /// Runs to announce: those accepted since the last look at them, and those
  /// before. Looks go on while there are any.
  std::vector<execution_id> fresh_;
  std::vector<execution_id> less_fresh_;
  bool announcing_ = false;
  bool looking_for_tracker_ = false;
  std::vector<caf::actor_addr> watched_;
  /// Each tracker that was told of a run and is not known to be dead: a record
  /// may still be on its way through one that has a successor.
  std::vector<caf::actor_addr> trackers_;
  /// Small, as there may be many programs.
  std::minstd_rand random_;
  /// Set while an archived or stopping program lets its runs finish.
  bool draining_ = false;
  std::optional<caf::error> stopping_;
  std::optional<time_point> confirmed_until_;
  time_point last_used_;
  /// Held by the promise of each lifecycle action that is not answered yet.
  std::shared_ptr<const void> open_actions_ = std::make_shared<char>();
};

program_actor::behavior_type
program(program_actor::stateful_pointer<program_state> self, context_ptr ctx,
        program_facts facts);

} // namespace dspex
