#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <caf/stateful_actor.hpp>

#include "actors/tracker/lane.hpp"
#include "messages/promise.hpp"

namespace dspex {

/// Holds the executions in flight and writes those that ended, in batches.
///
/// A run that starts and ends within `tracker.live_after` costs one row; one
/// that lasts longer is first written to the live table. Each connection that
/// writes has a lane, and each program one of the lanes: two writers never wait
/// for one program's counters, and no row overtakes an earlier one of the same
/// execution. A batch leaves as soon as its lane is free, so that under load
/// whatever came in meanwhile shares one commit. When the store is away the
/// batch is kept and sent again with growing delays; at `tracker.backlog`
/// executions programs start to answer `overloaded`, and stop to at half of it.
///
/// It never dies of an outage. When it dies all the same, programs hand their
/// unconfirmed records to its successor. When a program dies, its executions
/// are closed as failed (`internal`).
class execution_tracker_state {
public:
  static constexpr const char* name = "dspex.execution_tracker";

  execution_tracker_state() = default;
  ~execution_tracker_state();

  execution_tracker_actor::behavior_type
  init(execution_tracker_actor::stateful_pointer<execution_tracker_state> self,
       context_ptr ctx);

private:
  using time_point = caf::actor_clock::time_point;

  /// A program that has told of runs.
  struct owner {
    program_actor program;
    /// What it is still to hear.
    executions_committed news;
  };

  /// Null where only the record of an abandoned run was left.
  using owner_ptr = std::shared_ptr<owner>;

  /// Accepted, not confirmed by the store.
  struct open_execution {
    /// As it was told while it ran; empty if it ended before that.
    execution_record record;
    /// Its terminal record, from then on.
    std::optional<write_lane::place> end;
    owner_ptr owner;
    /// Written to the live table, or on the way there.
    bool live = false;
    /// The live table has it.
    bool in_store = false;

    /// What it is, and whose.
    [[nodiscard]] const execution_record& known() const {
      return record.id.is_nil() ? **end : record;
    }

    /// @{
    /// What others may see, which is never an end: terminal means committed.
    [[nodiscard]] execution_status shown_status() const;
    [[nodiscard]] execution_record shown() const;
    /// @}
  };

  // -- callbacks for the behavior ---------------------------------------------

  void on_report(run_report& msg);
  void on_accepted(execution_accepted& msg, const owner_ptr& by, time_point t);
  void on_started(const execution_started& msg);
  void on_live_tick();
  /// Drops the oldest entries of `by_age_` up to one that may become live.
  void forget_ended();
  void on_down(const caf::actor_addr& who, const caf::error& reason);
  void on_exit(caf::error reason);

  // -- reads (execution_reads.cpp) --------------------------------------------

  caf::result<document> handle(const action_request& request);
  caf::result<document> get(const json& arguments);
  caf::result<document> list(const json& arguments);
  caf::result<document> statistics(const json& arguments);
  caf::result<document> cancel(const json& arguments);

  /// Looks at an execution, or ends it; an unknown one that may be under way is
  /// looked for again after a delay.
  void get(execution_id id, const promise<document>& answer,
           caf::timespan delay);
  void cancel(execution_id id, const promise<document>& answer,
              caf::timespan delay);
  /// Runs a task after a delay if the store did not find an execution that may
  /// be under way.
  /// @returns whether it will run.
  bool ask_again(execution_id id, const result<execution_record>& found,
                 caf::timespan delay, std::function<void()> task);
  /// Ends one that no program runs.
  void cancel_by_hand(const execution_record& x,
                      const promise<document>& answer);

  /// What is in flight and belongs to this page or, if one more than fits is
  /// returned, to the next.
  std::vector<execution_record> newest_open(const execution_filter& filter,
                                            const page_request& where) const;

  // -- executions whose callers run the model (execution_steps.cpp) -----------

  caf::result<document> create(const json& arguments);
  caf::result<document> step(const std::string& action, const json& arguments);
  void record_step(execution_id id, const execution_step& x,
                   const promise<document>& answer);
  caf::result<document> prune(const json& arguments);

  // -- writing ----------------------------------------------------------------

  void finish(execution_finished& msg, const owner_ptr& by);
  /// The lane of a program's executions.
  [[nodiscard]] write_lane& lane_of(program_id id);
  /// Flushes once what is in the mailbox by now was handled: it shares the
  /// batch.
  void flush_soon();
  void flush();
  void flush(size_t lane);
  void send(size_t lane, const write_lane::batch_ptr& next);
  void on_written(size_t lane, const write_lane::batch_ptr& done,
                  result<std::vector<refused_execution>> outcome);
  void on_store_away(size_t lane, const write_lane::batch_ptr& kept,
                     const error& why);
  void confirm(execution_id id, result<void> outcome);
  void send_confirmations();
  void tell(const owner_ptr& to, execution_id id, result<void> outcome);
  /// Finds a program, which is watched from now on.
  owner_ptr owner_of(const caf::strong_actor_ptr& program);
  void update_watermark();

  // -- member variables -------------------------------------------------------

  execution_tracker_actor::stateful_pointer<execution_tracker_state> self_
    = nullptr;
  context_ptr ctx_;
  std::unordered_map<execution_id, open_execution> open_;
  /// Accepted executions by age; the front is the oldest. Some have ended.
  std::deque<std::pair<time_point, execution_id>> by_age_;
  bool live_tick_armed_ = false;
  std::vector<write_lane> lanes_;
  bool flush_queued_ = false;
  /// Those with news.
  std::vector<owner_ptr> to_tell_;
  std::unordered_map<caf::actor_addr, owner_ptr> watched_;
  std::optional<caf::error> stopping_;
};

execution_tracker_actor::behavior_type execution_tracker(
  execution_tracker_actor::stateful_pointer<execution_tracker_state> self,
  context_ptr ctx);

} // namespace dspex
