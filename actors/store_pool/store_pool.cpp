#include "actors/store_pool/store_pool.hpp"

#include <algorithm>
#include <utility>

#include "actors/kit/handlers.hpp"
#include "actors/node/telemetry.hpp"

namespace dspex {

namespace {

// Jobs that wait for a worker, per kind. Everybody who asks has bounds of his
// own; this one only keeps a mistake from eating the memory.
constexpr size_t max_queue = 100'000;

error overdue() {
  return {errc::store_unavailable, "The store did not answer in time"};
}

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
  store_pool_actor::stateful_pointer<store_pool_state> self, context_ptr ctx) {
  self_ = self;
  ctx_ = std::move(ctx);
  set_handlers(self);
  self->set_down_handler(
    [this](caf::scheduled_actor*, caf::down_msg& msg) { on_down(msg.source); });
  workers_.resize(ctx_->store->max_writers(), {access::read_write, {}, 0});
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
        queue.push_back(
          {std::move(job), std::move(answer),
           self_->home_system().clock().now() + store_deadline(*ctx_)});
        dispatch(mode);
        arm_deadline();
      }
      return caf::delegated<done>{};
    },
    [this](const deadline_tick&) { on_deadline(); },
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
  x.handle = ctx_->store->blocks()
               ? sys.spawn<caf::detached>(store_worker, ctx_, x.mode)
               : sys.spawn(store_worker, ctx_, x.mode);
  x.answer.reset();
  x.given_up = false;
  ++x.incarnation;
  self_->monitor<caf::message_priority::high>(x.handle);
}

void store_pool_state::dispatch(access mode) {
  auto& queue = queue_of(mode);
  for (size_t i = 0; i < workers_.size() && !queue.empty(); ++i) {
    if (workers_[i].mode != mode || workers_[i].answer)
      continue;
    auto next = std::move(queue.front());
    queue.pop_front();
    run(i, std::move(next));
  }
}

void store_pool_state::run(size_t index, pending x) {
  auto& w = workers_[index];
  w.answer = std::move(x.answer);
  w.deadline = x.deadline;
  // The store's own timeout ends a statement long before.
  w.stuck_at = self_->home_system().clock().now() + 2 * store_deadline(*ctx_);
  auto job = ++w.jobs;
  // Without a timer: `on_deadline` sees to a worker that is stuck.
  self_->request(w.handle, caf::infinite, std::move(x.job))
    .then([this, index, job](done ok) { on_answer(index, job, ok); },
          [this, index, job](caf::error& err) {
            on_answer(index, job, fail(from_caf(err, errc::store_unavailable)));
          });
}

void store_pool_state::on_answer(size_t index, uint64_t job,
                                 result<done> outcome) {
  auto& x = workers_[index];
  // The worker may have a successor by now, or is about to have one.
  if (!x.answer || x.jobs != job || x.given_up)
    return;
  std::exchange(x.answer, std::nullopt)->deliver(std::move(outcome));
  dispatch(x.mode);
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

// -- deadlines ----------------------------------------------------------------

void store_pool_state::arm_deadline() {
  if (deadline_armed_)
    return;
  auto first = time_point::max();
  for (auto* queue : {&reads_, &writes_})
    if (!queue->empty())
      first = std::min(first, queue->front().deadline);
  for (auto& x : workers_) {
    if (!x.answer || x.given_up)
      continue;
    first = std::min(first, x.answer->pending() ? x.deadline : x.stuck_at);
  }
  if (first == time_point::max())
    return;
  deadline_armed_ = true;
  self_->scheduled_send(self_, first, deadline_tick{});
}

void store_pool_state::on_deadline() {
  deadline_armed_ = false;
  auto t = self_->home_system().clock().now();
  for (auto* queue : {&reads_, &writes_})
    for (; !queue->empty() && queue->front().deadline <= t; queue->pop_front())
      queue->front().answer.deliver(overdue());
  for (auto& x : workers_) {
    if (!x.answer || x.given_up)
      continue;
    if (x.deadline <= t)
      x.answer->deliver(overdue());
    if (x.stuck_at <= t) {
      // Its thread is lost to us until the statement returns.
      x.given_up = true;
      send_stop(x.handle, caf::exit_reason::kill);
    }
  }
  arm_deadline();
}

store_pool_actor::behavior_type
store_pool(store_pool_actor::stateful_pointer<store_pool_state> self,
           context_ptr ctx) {
  return self->state.init(self, std::move(ctx));
}

} // namespace dspex
