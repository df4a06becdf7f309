#include "actors/store_pool.hpp"

#include <algorithm>
#include <utility>

#include "actors/internal/handlers.hpp"
#include "actors/telemetry.hpp"

namespace dspex {

namespace {

// Jobs that wait for a worker, per kind. Everybody who asks has bounds of his
// own; this one only keeps a mistake from eating the memory.
constexpr size_t max_queue = 100'000;

} // namespace

store_worker_actor::behavior_type
store_worker(store_worker_actor::stateful_pointer<store_worker_state> self,
             context_ptr ctx, access mode) {
  set_handlers(self);
  return {
    [self, ctx, mode](store_job& job) -> caf::result<done> {
      auto& connection = self->state.connection;
      if (connection == nullptr) {
        auto made = ctx->store->connect(mode);
        if (!made)
          return to_caf(made.error());
        connection = std::move(*made);
      }
      try {
        job.work(*connection);
        return done{};
      } catch (const std::exception& ex) {
        // Nobody knows what state the connection is in.
        connection.reset();
        return to_caf({errc::internal, ex.what()});
      }
    },
  };
}

store_pool_state::~store_pool_state() {
  for (auto& x : workers_)
    send_stop(x.handle, caf::exit_reason::user_shutdown);
}

store_pool_actor::behavior_type store_pool_state::init(
  store_pool_actor::stateful_pointer<store_pool_state> self, context_ptr ctx,
  bool detached) {
  self_ = self;
  ctx_ = std::move(ctx);
  detached_ = detached;
  set_handlers(self);
  self->set_down_handler(
    [this](caf::scheduled_actor*, caf::down_msg& msg) { on_down(msg.source); });
  workers_.resize(ctx_->store->max_writers(),
                  {access::read_write, {}, false, 0});
  workers_.resize(workers_.size() + ctx_->config.store.pool_size);
  for (size_t i = 0; i < workers_.size(); ++i)
    spawn_worker(i);
  return {
    [this](store_job& job) -> caf::result<done> {
      auto answer = make_promise<done>(self_, errc::store_unavailable);
      auto mode = job.access;
      auto& queue = queue_of(mode);
      if (queue.size() >= max_queue) {
        answer.deliver(error{errc::overloaded, "Too many requests wait for the "
                                               "store"});
      } else {
        queue.push_back({std::move(job), std::move(answer)});
        dispatch(mode);
      }
      return caf::delegated<done>{};
    },
    [this](const which_children&) {
      auto result = children{};
      for (auto& x : workers_)
        result.items.push_back(
          {x.mode == access::read_only ? "reader" : "writer",
           caf::actor_cast<caf::actor>(x.handle), x.incarnation, false});
      return result;
    },
  };
}

std::deque<store_pool_state::pending>& store_pool_state::queue_of(access mode) {
  return mode == access::read_only ? reads_ : writes_;
}

void store_pool_state::spawn_worker(size_t index) {
  auto& x = workers_[index];
  auto& sys = self_->home_system();
  x.handle = detached_ ? sys.spawn<caf::detached>(store_worker, ctx_, x.mode)
                       : sys.spawn(store_worker, ctx_, x.mode);
  x.busy = false;
  ++x.incarnation;
  self_->monitor<caf::message_priority::high>(x.handle);
}

void store_pool_state::dispatch(access mode) {
  auto& queue = queue_of(mode);
  for (size_t i = 0; i < workers_.size() && !queue.empty(); ++i) {
    if (workers_[i].mode != mode || workers_[i].busy)
      continue;
    auto next = std::move(queue.front());
    queue.pop_front();
    run(i, std::move(next));
  }
}

void store_pool_state::run(size_t index, pending x) {
  workers_[index].busy = true;
  auto answer = x.answer;
  // The store's own timeout ends the job; this one only catches a worker that
  // is stuck, whose late answer is then ignored.
  self_
    ->request(workers_[index].handle, 4 * ctx_->config.store.timeout,
              std::move(x.job))
    .then(
      [this, index, answer](done) {
        answer.deliver(done{});
        workers_[index].busy = false;
        dispatch(workers_[index].mode);
      },
      [this, index, answer](caf::error& err) {
        answer.deliver(from_caf(err, errc::store_unavailable));
        if (err == caf::sec::request_timeout) {
          // Its thread is lost to us until the statement returns.
          send_stop(workers_[index].handle, caf::exit_reason::kill);
          return;
        }
        workers_[index].busy = false;
        dispatch(workers_[index].mode);
      });
}

void store_pool_state::on_down(const caf::actor_addr& who) {
  for (size_t i = 0; i < workers_.size(); ++i) {
    if (workers_[i].handle.address() != who)
      continue;
    log_event(log_level::warn, "store_pool", "a worker ended, replaced",
              {{"worker", i}});
    note_restart(*ctx_, "store_worker");
    spawn_worker(i);
    dispatch(workers_[i].mode);
    return;
  }
}

store_pool_actor::behavior_type
store_pool(store_pool_actor::stateful_pointer<store_pool_state> self,
           context_ptr ctx, bool detached) {
  return self->state.init(self, std::move(ctx), detached);
}

} // namespace dspex
