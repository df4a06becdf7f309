#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <caf/stateful_actor.hpp>

#include "actors/node_context.hpp"
#include "messages/promise.hpp"

namespace dspex {

/// Holds the executions in flight and writes those that ended, in batches.
///
/// A run that starts and ends within `tracker.live_after` costs one row; one
/// that lasts longer is first written to the live table. A batch leaves as soon
/// as the writer is free, so that under load whatever came in meanwhile shares
/// one commit. When the store is away the batch is kept and sent again with
/// growing delays; at `tracker.backlog` executions programs start to answer
/// `overloaded`, and stop to at half of it.
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

  /// Accepted, not confirmed by the store.
  struct open_execution {
    /// Never shows a terminal state: terminal means committed.
    execution_record record;
    program_actor owner;
    /// Written to the live table, or on the way there.
    bool live = false;
    /// The live table has it.
    bool in_store = false;
    /// Its terminal record is on the way to the store.
    bool ended = false;
  };

  struct finished_execution {
    execution_record record;
    program_actor owner;
  };

  /// What is under way to the store in one transaction. After a refusal it is
  /// cut in halves until the row that cannot be written stands alone.
  struct batch : execution_batch {
    /// Whom to tell; one for each of `finished`.
    std::vector<program_actor> owners;

    [[nodiscard]] size_t size() const {
      return live.size() + finished.size();
    }

    std::pair<std::shared_ptr<batch>, std::shared_ptr<batch>> cut();
  };

  using batch_ptr = std::shared_ptr<batch>;

  // -- callbacks for the behavior ---------------------------------------------

  void on_accepted(execution_accepted msg);
  void on_started(const execution_started& msg);
  void on_finished(execution_record record);
  void on_live_tick();
  void on_down(const caf::actor_addr& who, const caf::error& reason);
  void on_exit(caf::error reason);

  // -- reads (execution_reads.cpp) --------------------------------------------

  caf::result<document> handle(const action_request& request);
  caf::result<document> get(const json& arguments);
  caf::result<document> list(const json& arguments);
  caf::result<document> statistics(const json& arguments);
  caf::result<document> cancel(const json& arguments);

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
  void prune_next(const prune_request& x, uint64_t so_far,
                  const promise<document>& answer);

  // -- writing ----------------------------------------------------------------

  void finish(execution_record record, const program_actor& owner);
  void flush();
  void send(batch_ptr next);
  void on_written(const batch_ptr& done, result<batch_result> outcome);
  void confirm(execution_id id, const program_actor& owner,
               result<void> outcome);
  void send_confirmations();
  void watch(const program_actor& owner);
  void update_watermark();

  // -- member variables -------------------------------------------------------

  execution_tracker_actor::stateful_pointer<execution_tracker_state> self_
    = nullptr;
  context_ptr ctx_;
  std::unordered_map<execution_id, open_execution> open_;
  /// Accepted executions by age; the front is the oldest. Entries that are no
  /// longer open are skipped.
  std::deque<std::pair<time_point, execution_id>> by_age_;
  bool live_tick_armed_ = false;
  std::vector<execution_record> live_queue_;
  std::deque<finished_execution> finished_queue_;
  /// Batches cut in halves, or kept over an outage; they go first.
  std::deque<batch_ptr> retry_queue_;
  bool writing_ = false;
  bool waiting_to_retry_ = false;
  uint64_t retry_epoch_ = 0;
  /// Failed attempts since the store last answered.
  size_t outages_ = 0;
  std::unordered_map<program_actor, executions_committed> confirmations_;
  std::unordered_map<caf::actor_addr, program_actor> watched_;
  std::optional<caf::error> stopping_;
};

execution_tracker_actor::behavior_type execution_tracker(
  execution_tracker_actor::stateful_pointer<execution_tracker_state> self,
  context_ptr ctx);

} // namespace dspex
