#pragma once

#include <deque>
#include <vector>

#include <caf/stateful_actor.hpp>

#include "actors/node_context.hpp"
#include "messages/promise.hpp"

namespace dspex {

/// A worker blocks in the store, so it has a thread of its own. It opens its
/// connection with its first job and again after one was lost: an outage of
/// the store answers jobs with `store_unavailable` and ends nobody.
struct store_worker_state {
  static constexpr const char* name = "dspex.store_worker";

  std::unique_ptr<store> connection;
};

store_worker_actor::behavior_type
store_worker(store_worker_actor::stateful_pointer<store_worker_state> self,
             context_ptr ctx, access mode);

/// Reads and writes have their own workers and queues, so that a long list
/// never delays a commit. A full queue answers `overloaded`.
class store_pool_state {
public:
  static constexpr const char* name = "dspex.store_pool";

  store_pool_state() = default;
  ~store_pool_state();

  store_pool_actor::behavior_type
  init(store_pool_actor::stateful_pointer<store_pool_state> self,
       context_ptr ctx, bool detached);

private:
  struct pending {
    store_job job;
    promise<done> answer;
  };

  struct worker {
    access mode = access::read_only;
    store_worker_actor handle;
    bool busy = false;
    size_t incarnation = 0;
  };

  [[nodiscard]] std::deque<pending>& queue_of(access mode);
  void spawn_worker(size_t index);
  void dispatch(access mode);
  void run(size_t index, pending x);
  void on_down(const caf::actor_addr& who);

  store_pool_actor::stateful_pointer<store_pool_state> self_ = nullptr;
  context_ptr ctx_;
  bool detached_ = true;
  std::vector<worker> workers_;
  std::deque<pending> reads_;
  std::deque<pending> writes_;
};

/// @param detached false runs the workers on the scheduler: for tests in
///        virtual time over a store that never blocks.
store_pool_actor::behavior_type
store_pool(store_pool_actor::stateful_pointer<store_pool_state> self,
           context_ptr ctx, bool detached);

} // namespace dspex
