#include "actors/execution_tracker.hpp"

#include <algorithm>
#include <utility>

#include "actors/internal/ask_store.hpp"
#include "actors/internal/handlers.hpp"
#include "messages/promise.hpp"

namespace dspex {

namespace {

// A batch also ends at this many bytes of inputs and outputs: beyond it, one
// transaction gains nothing and delays everybody behind it.
constexpr size_t max_batch_bytes = 1'000'000;

// Whether two records are of the same run: another one under the same id began
// at another time, or elsewhere.
bool same_run(const execution_record& x, const execution_record& y) {
  return x.program_id == y.program_id && x.node == y.node
         && x.executed_at == y.executed_at && x.finished_at == y.finished_at
         && x.status == y.status;
}

// Writes a batch. What was sent before, by a tracker that died or because the
// commit was in doubt, is no duplicate.
result<batch_result> write(store& s, const execution_batch& x) {
  auto done = s.write(x);
  if (!done || done->duplicates.empty())
    return done;
  auto others = batch_result{};
  for (auto& id : done->duplicates) {
    auto held = s.get_execution(id);
    // A batch can be sent again.
    if (!held && is_retryable(held.error().code))
      return fail(held.error());
    auto sent = std::find_if(x.finished.begin(), x.finished.end(),
                             [&](auto& item) { return item.id == id; });
    if (!held || !same_run(*held, *sent))
      others.duplicates.push_back(id);
  }
  return others;
}

constexpr auto first_retry = std::chrono::milliseconds{50};
constexpr auto last_retry = std::chrono::milliseconds{2000};

} // namespace

execution_tracker_state::~execution_tracker_state() {
  if (ctx_ != nullptr)
    ctx_->saturated = false;
}

execution_tracker_actor::behavior_type execution_tracker_state::init(
  execution_tracker_actor::stateful_pointer<execution_tracker_state> self,
  context_ptr ctx) {
  self_ = self;
  ctx_ = std::move(ctx);
  set_handlers(self);
  self->set_down_handler([this](caf::scheduled_actor*, caf::down_msg& msg) {
    on_down(msg.source, msg.reason);
  });
  self->set_exit_handler([this](caf::scheduled_actor*, caf::exit_msg& msg) {
    on_exit(std::move(msg.reason));
  });
  return {
    [this](const action_request& request) { return handle(request); },
    [this](execution_accepted& msg) { on_accepted(std::move(msg)); },
    [this](const execution_started& msg) { on_started(msg); },
    [this](execution_finished& msg) { on_finished(std::move(msg.record)); },
    [this](const live_tick&) { on_live_tick(); },
    [this](const retry_tick& msg) {
      if (msg.epoch == retry_epoch_) {
        waiting_to_retry_ = false;
        flush();
      }
    },
  };
}

// -- callbacks for the behavior -----------------------------------------------

void execution_tracker_state::on_accepted(execution_accepted msg) {
  auto id = msg.record.id;
  auto owner = caf::actor_cast<program_actor>(self_->current_sender());
  auto x = open_execution{.record = std::move(msg.record),
                          .owner = owner,
                          .live = msg.in_store,
                          .in_store = msg.in_store};
  if (!open_.try_emplace(id, std::move(x)).second)
    return;
  watch(owner);
  by_age_.emplace_back(self_->home_system().clock().now(), id);
  if (!live_tick_armed_) {
    live_tick_armed_ = true;
    self_->delayed_send(self_, ctx_->config.tracker.live_after, live_tick{});
  }
  update_watermark();
}

void execution_tracker_state::on_started(const execution_started& msg) {
  auto i = open_.find(msg.id);
  if (i == open_.end() || i->second.ended)
    return;
  i->second.record.status = execution_status::running;
  i->second.record.started_at = msg.at;
  if (i->second.live)
    live_queue_.push_back(i->second.record);
  flush();
}

void execution_tracker_state::on_finished(execution_record record) {
  auto owner = caf::actor_cast<program_actor>(self_->current_sender());
  finish(std::move(record), owner);
  flush();
}

void execution_tracker_state::finish(execution_record record,
                                     const program_actor& owner) {
  auto [i, added] = open_.try_emplace(record.id);
  auto& x = i->second;
  if (added) {
    // Handed over from the tracker before this one.
    x.record = record;
    x.record.status = execution_status::running;
    x.record.outputs = document{};
    x.owner = owner;
    watch(owner);
    update_watermark();
  }
  if (x.owner != owner) {
    // Two programs run under the same id; the first one keeps it.
    confirmations_[owner].items.push_back(
      {record.id, fail(errc::conflict, "Execution id is already used: "
                                         + to_string(record.id))});
    return send_confirmations();
  }
  if (x.ended)
    return;
  x.ended = true;
  finished_queue_.push_back({std::move(record), owner});
}

void execution_tracker_state::on_live_tick() {
  live_tick_armed_ = false;
  auto t = self_->home_system().clock().now();
  auto due = t - ctx_->config.tracker.live_after;
  while (!by_age_.empty() && by_age_.front().first <= due) {
    auto i = open_.find(by_age_.front().second);
    by_age_.pop_front();
    if (i == open_.end() || i->second.ended || i->second.live)
      continue;
    i->second.live = true;
    live_queue_.push_back(i->second.record);
  }
  if (!by_age_.empty()) {
    live_tick_armed_ = true;
    self_->delayed_send(self_, by_age_.front().first - due, live_tick{});
  }
  flush();
}

void execution_tracker_state::on_down(const caf::actor_addr& who,
                                      const caf::error& reason) {
  auto i = watched_.find(who);
  if (i == watched_.end())
    return;
  auto owner = i->second;
  watched_.erase(i);
  auto t = now();
  auto what = from_caf(reason, errc::internal).message;
  for (auto& [id, x] : open_) {
    if (x.ended || x.owner != owner)
      continue;
    auto record = x.record;
    record.status = execution_status::failed;
    record.error_code = errc::internal;
    record.error_message = "Execution exception: " + what;
    record.finished_at = t;
    record.duration_us = (t - record.executed_at).count();
    x.ended = true;
    finished_queue_.push_back({std::move(record), owner});
  }
  flush();
}

void execution_tracker_state::on_exit(caf::error reason) {
  stopping_ = std::move(reason);
  flush();
}

// -- writing ------------------------------------------------------------------

void execution_tracker_state::flush() {
  if (writing_ || waiting_to_retry_)
    return;
  if (!retry_queue_.empty()) {
    auto next = std::move(retry_queue_.front());
    retry_queue_.pop_front();
    return send(std::move(next));
  }
  auto next = std::make_shared<batch>();
  auto rows = ctx_->config.tracker.batch_rows;
  size_t bytes = 0;
  while (!finished_queue_.empty() && next->finished.size() < rows
         && bytes < max_batch_bytes) {
    auto& x = finished_queue_.front();
    bytes += text_size(*x.record.inputs) + text_size(*x.record.outputs);
    next->finished.push_back(std::move(x.record));
    next->owners.push_back(std::move(x.owner));
    finished_queue_.pop_front();
  }
  for (auto& x : live_queue_)
    if (auto i = open_.find(x.id); i != open_.end() && !i->second.ended)
      next->live.push_back(std::move(x));
  live_queue_.clear();
  if (next->size() > 0)
    send(std::move(next));
  else if (stopping_)
    self_->quit(*stopping_);
}

void execution_tracker_state::send(batch_ptr next) {
  writing_ = true;
  ask_store(
    self_, ctx_, access::read_write,
    [next](store& s) { return write(s, *next); },
    [this, next](result<batch_result> outcome) {
      writing_ = false;
      on_written(next, std::move(outcome));
      flush();
    });
}

void execution_tracker_state::on_written(const batch_ptr& done,
                                         result<batch_result> outcome) {
  if (outcome) {
    outages_ = 0;
    for (auto& x : done->live)
      if (auto i = open_.find(x.id); i != open_.end())
        i->second.in_store = true;
    auto& duplicates = outcome->duplicates;
    for (size_t i = 0; i < done->finished.size(); ++i) {
      auto id = done->finished[i].id;
      if (std::find(duplicates.begin(), duplicates.end(), id)
          == duplicates.end())
        confirm(id, done->owners[i], {});
      else
        confirm(id, done->owners[i],
                fail(errc::conflict,
                     "Execution id is already used: " + to_string(id)));
    }
    return send_confirmations();
  }
  auto& err = outcome.error();
  if (is_retryable(err.code)) {
    if (outages_++ == 0)
      log().warn("tracker: {}; {} executions wait for the store",
                 to_string(err), open_.size());
    retry_queue_.push_front(done);
    waiting_to_retry_ = true;
    auto delay = std::min(last_retry,
                          first_retry * (1 << std::min<size_t>(outages_, 6)));
    self_->delayed_send(self_, delay, retry_tick{++retry_epoch_});
    return;
  }
  // A row that cannot be written: cut until it stands alone.
  if (done->size() > 1) {
    auto [left, right] = done->cut();
    retry_queue_.push_front(std::move(right));
    retry_queue_.push_front(std::move(left));
    return;
  }
  log().error("tracker: {}", to_string(err));
  if (!done->finished.empty()) {
    confirm(done->finished[0].id, done->owners[0], fail(err));
    send_confirmations();
  }
}

void execution_tracker_state::confirm(execution_id id,
                                      const program_actor& owner,
                                      result<void> outcome) {
  open_.erase(id);
  confirmations_[owner].items.push_back({id, std::move(outcome)});
}

void execution_tracker_state::send_confirmations() {
  for (auto& [owner, msg] : confirmations_)
    self_->send(owner, std::move(msg));
  confirmations_.clear();
  update_watermark();
}

void execution_tracker_state::watch(const program_actor& owner) {
  if (watched_.try_emplace(owner.address(), owner).second)
    self_->monitor<caf::message_priority::high>(owner);
}

void execution_tracker_state::update_watermark() {
  auto limit = ctx_->config.tracker.backlog;
  if (open_.size() >= limit)
    ctx_->saturated = true;
  else if (open_.size() < limit / 2)
    ctx_->saturated = false;
}

// -- batches ------------------------------------------------------------------

std::pair<execution_tracker_state::batch_ptr,
          execution_tracker_state::batch_ptr>
execution_tracker_state::batch::cut() {
  auto left = std::make_shared<batch>();
  auto right = std::make_shared<batch>();
  auto move_half = [](auto& from, auto& to_left, auto& to_right) {
    auto middle = from.begin() + static_cast<std::ptrdiff_t>(from.size() / 2);
    to_left.assign(std::make_move_iterator(from.begin()),
                   std::make_move_iterator(middle));
    to_right.assign(std::make_move_iterator(middle),
                    std::make_move_iterator(from.end()));
  };
  if (finished.empty() || live.empty()) {
    move_half(finished, left->finished, right->finished);
    move_half(owners, left->owners, right->owners);
    move_half(live, left->live, right->live);
  } else {
    // Both kinds: part them first.
    left->finished = std::move(finished);
    left->owners = std::move(owners);
    right->live = std::move(live);
  }
  return {std::move(left), std::move(right)};
}

execution_tracker_actor::behavior_type execution_tracker(
  execution_tracker_actor::stateful_pointer<execution_tracker_state> self,
  context_ptr ctx) {
  return self->state.init(self, std::move(ctx));
}

} // namespace dspex
