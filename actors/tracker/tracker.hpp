#pragma once

#include <cstdint>
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

/// Writes the executions that ended, in batches.
///
/// A run that starts and ends within `tracker.live_after` costs one row; one
/// that lasts longer is told by its program then, and first written to the live
/// table. Each connection that
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
  /// A program that has reported runs.
  struct owner {
    program_actor program;
    /// The confirmations that the program is still to receive.
    executions_committed news;
  };

  /// Null for the run of a program that died unknown to this tracker.
  using owner_ptr = std::shared_ptr<owner>;

  /// An execution that its program has reported and the store has not
  /// confirmed.
  struct open_execution {
    owner_ptr owner;
    std::shared_ptr<open_run> run;
    /// The record as it was told while the run lasted; empty if the run ended
    /// before that.
    execution_record record;
    /// The terminal record, from then on.
    std::optional<write_lane::place> end;
  };

  // -- callbacks for the behavior ---------------------------------------------

  void on_report(run_report& msg);
  void on_lasted(execution_lasted& msg, const owner_ptr& by);
  void on_started(const execution_started& msg);
  void on_finished(execution_finished& msg, const owner_ptr& by);
  void on_abandoned(execution_abandoned& msg, const owner_ptr& by);
  void on_down(const caf::actor_addr& who, const caf::error& reason);
  void on_exit(caf::error reason);

  // -- reads (reads.cpp) ------------------------------------------------------

  caf::result<document> handle(const action_request& request);
  caf::result<document> get(const json& arguments);
  caf::result<document> list(const json& arguments);
  caf::result<document> statistics(const json& arguments);
  caf::result<document> cancel(const json& arguments);

  void get(execution_id id, const promise<document>& answer);
  void cancel_run(const caf::actor_addr& program, execution_id id,
                  const promise<document>& answer);
  /// Ends one that no program of this node runs.
  void cancel_by_hand(const execution_record& x,
                      const promise<document>& answer);

  // -- executions whose callers run the model (steps.cpp) ---------------------

  caf::result<document> create(const json& arguments);
  caf::result<document> step(const std::string& action, const json& arguments);
  void record_step(execution_id id, const execution_step& x,
                   const promise<document>& answer);
  caf::result<document> prune(const json& arguments);

  // -- writing ----------------------------------------------------------------

  /// Hands a terminal record to its lane.
  void end(open_execution& x, execution_record record,
           std::shared_ptr<unconfirmed_answer> unconfirmed = nullptr);
  /// Ends a run as failed that no program holds any more.
  void close(open_execution& x, execution_record record, std::string why);
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
  /// The program that sent a report, which is watched from now on.
  owner_ptr owner_of(const run_report& msg);
  void update_watermark();

  // -- member variables -------------------------------------------------------

  execution_tracker_actor::stateful_pointer<execution_tracker_state> self_
    = nullptr;
  context_ptr ctx_;
  std::unordered_map<execution_id, open_execution> open_;
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
