#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <caf/stateful_actor.hpp>

#include "actors/node/context.hpp"
#include "messages/promise.hpp"

namespace dspex {

/// A worker blocks in the store, so it has a thread of its own, unless the
/// store never blocks. It opens its connection with its first job and again
/// after one was lost: an outage of the store answers jobs with
/// `store_unavailable` and ends nobody.
struct store_worker_state {
  static constexpr const char* name = "dspex.store_worker";

  std::unique_ptr<store> connection;
};

store_worker_actor::behavior_type
store_worker(store_worker_actor::stateful_pointer<store_worker_state> self,
             context_ptr ctx, access mode);

/// Reads and writes have their own workers and queues, so that a long list
/// never delays a commit. A full queue answers `overloaded`, and a job that the
/// store does not end within `store_deadline` `store_unavailable`.
class store_pool_state {
public:
  static constexpr const char* name = "dspex.store_pool";

  store_pool_state() = default;
  ~store_pool_state();

  store_pool_actor::behavior_type
  init(store_pool_actor::stateful_pointer<store_pool_state> self,
       context_ptr ctx);

private:
  using time_point = caf::actor_clock::time_point;

  struct pending {
    store_job job;
    promise<done> answer;
    time_point deadline;
  };

  struct worker {
    access mode = access::read_only;
    store_worker_actor handle;
    size_t incarnation = 0;
    /// How many it was given, and those before it.
    uint64_t jobs = 0;
    /// The answer to the job that the worker runs. It is given once, at the end
    /// of the job or at the deadline.
    std::optional<promise<done>> answer{};
    time_point deadline{};
    /// When it shall be replaced if it has not come back by then.
    time_point stuck_at{};
    /// It was told to end, once it comes back from the store.
    bool given_up = false;
  };

  [[nodiscard]] std::deque<pending>& queue_of(access mode);
  void spawn_worker(size_t index);
  void dispatch(access mode);
  void run(size_t index, pending x);
  void on_answer(size_t index, uint64_t job, result<done> outcome);
  void on_down(const caf::actor_addr& who);
  void on_deadline();
  void arm_deadline();

  store_pool_actor::stateful_pointer<store_pool_state> self_ = nullptr;
  context_ptr ctx_;
  std::vector<worker> workers_;
  std::deque<pending> reads_;
  std::deque<pending> writes_;
  bool deadline_armed_ = false;
};

store_pool_actor::behavior_type
store_pool(store_pool_actor::stateful_pointer<store_pool_state> self,
           context_ptr ctx);

} // namespace dspex
