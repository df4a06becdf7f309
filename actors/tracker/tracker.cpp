#include "actors/tracker/tracker.hpp"

#include <algorithm>
#include <utility>

#include "actors/executions/outcome.hpp"
#include "actors/kit/ask_store.hpp"
#include "actors/kit/handlers.hpp"
#include "core/lifecycle.hpp"
#include "messages/promise.hpp"

namespace dspex {

execution_tracker_state::~execution_tracker_state() {
  if (ctx_ == nullptr)
    return;
  ctx_->saturated = false;
  ctx_->metrics.tracker_backlog = 0;
}

execution_tracker_actor::behavior_type execution_tracker_state::init(
  execution_tracker_actor::stateful_pointer<execution_tracker_state> self,
  context_ptr ctx) {
  self_ = self;
  ctx_ = std::move(ctx);
  for (uint32_t i = 0; i < ctx_->store->max_writers(); ++i)
    lanes_.emplace_back(i, ctx_->config.tracker.batch_rows);
  set_handlers(self);
  self->set_down_handler([this](caf::scheduled_actor*, caf::down_msg& msg) {
    on_down(msg.source, msg.reason);
  });
  self->set_exit_handler([this](caf::scheduled_actor*, caf::exit_msg& msg) {
    on_exit(std::move(msg.reason));
  });
  // CAF tries one after the other: what every run needs comes first.
  return {
    [this](run_report& msg) { on_report(msg); },
    [this](const action_request& request) { return handle(request); },
    [this](const live_tick&) { on_live_tick(); },
    [this](const flush_tick&) {
      flush_queued_ = false;
      flush();
    },
    [this](const retry_tick& msg) {
      lanes_[msg.lane].resume();
      flush(msg.lane);
    },
    [](const delayed_task& msg) { msg.run(); },
  };
}

// -- callbacks for the behavior -----------------------------------------------

void execution_tracker_state::on_report(run_report& msg) {
  auto by = owner_of(self_->current_sender());
  auto t = self_->home_system().clock().now();
  for (auto& event : msg.events) {
    if (auto* accepted = std::get_if<execution_accepted>(&event))
      on_accepted(*accepted, by, t);
    else if (auto* finished = std::get_if<execution_finished>(&event))
      finish(*finished, by);
    else
      on_started(std::get<execution_started>(event));
  }
  forget_ended();
  update_watermark();
  flush_soon();
}

void execution_tracker_state::on_accepted(execution_accepted& msg,
                                          const owner_ptr& by, time_point t) {
  auto [i, added] = open_.try_emplace(msg.record.id);
  if (!added)
    return;
  auto& x = i->second;
  x.record = std::move(msg.record);
  x.owner = by;
  x.live = x.in_store = msg.in_store;
  by_age_.emplace_back(t, i->first);
  if (!live_tick_armed_) {
    live_tick_armed_ = true;
    self_->delayed_send(self_, ctx_->config.tracker.live_after, live_tick{});
  }
}

void execution_tracker_state::on_started(const execution_started& msg) {
  auto i = open_.find(msg.id);
  if (i == open_.end() || i->second.end)
    return;
  i->second.record.status = execution_status::running;
  i->second.record.started_at = msg.at;
  auto& record = i->second.record;
  if (i->second.live)
    lane_of(record.program_id).add_live(record);
}

void execution_tracker_state::finish(execution_finished& msg,
                                     const owner_ptr& by) {
  auto& record = msg.record;
  auto i = open_.find(record.id);
  if (i == open_.end()) {
    // Too short to be announced, or handed over from the tracker before.
    i = open_.try_emplace(record.id).first;
    auto& x = i->second;
    x.owner = by;
    x.live = x.in_store = msg.in_store;
  }
  auto& x = i->second;
  if (x.owner != by) {
    // Two programs run under the same id; the first one keeps it.
    tell(by, record.id, fail(id_is_taken(record.id)));
    return send_confirmations();
  }
  if (x.end)
    return;
  auto& lane = lane_of(record.program_id);
  x.end = lane.add(std::move(record), std::move(msg.unconfirmed));
}

void execution_tracker_state::on_live_tick() {
  live_tick_armed_ = false;
  auto t = self_->home_system().clock().now();
  auto due = t - ctx_->config.tracker.live_after;
  for (forget_ended(); !by_age_.empty() && by_age_.front().first <= due;
       forget_ended()) {
    auto& x = open_.at(by_age_.front().second);
    x.live = true;
    lane_of(x.record.program_id).add_live(x.record);
    by_age_.pop_front();
  }
  if (!by_age_.empty()) {
    live_tick_armed_ = true;
    self_->delayed_send(self_, by_age_.front().first - due, live_tick{});
  }
  flush();
}

void execution_tracker_state::forget_ended() {
  while (!by_age_.empty()) {
    auto i = open_.find(by_age_.front().second);
    if (i != open_.end() && !i->second.end && !i->second.live)
      return;
    by_age_.pop_front();
  }
}

void execution_tracker_state::on_down(const caf::actor_addr& who,
                                      const caf::error& reason) {
  auto i = watched_.find(who);
  if (i == watched_.end())
    return;
  auto gone = i->second;
  watched_.erase(i);
  auto t = now();
  auto what = from_caf(reason, errc::internal).message;
  for (auto& [id, x] : open_) {
    if (x.end || x.owner != gone)
      continue;
    auto record = x.record;
    end_as_failed(record, errc::internal, "Execution exception: " + what, t);
    auto& lane = lane_of(record.program_id);
    x.end = lane.add(std::move(record));
  }
  flush();
}

void execution_tracker_state::on_exit(caf::error reason) {
  stopping_ = std::move(reason);
  flush();
}

// -- writing ------------------------------------------------------------------

write_lane& execution_tracker_state::lane_of(program_id id) {
  return lanes_[std::hash<program_id>{}(id) % lanes_.size()];
}

void execution_tracker_state::flush_soon() {
  auto can_leave = std::any_of(lanes_.begin(), lanes_.end(),
                               [](auto& x) { return x.free(); });
  if (can_leave && !std::exchange(flush_queued_, true))
    self_->send(self_, flush_tick{});
}

void execution_tracker_state::flush() {
  for (size_t i = 0; i < lanes_.size(); ++i)
    flush(i);
}

void execution_tracker_state::flush(size_t lane) {
  auto& x = lanes_[lane];
  if (!x.free())
    return;
  auto has_ended = [this](execution_id id) {
    auto i = open_.find(id);
    return i == open_.end() || i->second.end;
  };
  if (auto next = x.next(has_ended))
    return send(lane, next);
  if (stopping_ && std::all_of(lanes_.begin(), lanes_.end(), [](auto& other) {
        return other.empty();
      }))
    self_->quit(*stopping_);
}

void execution_tracker_state::send(size_t lane,
                                   const write_lane::batch_ptr& next) {
  ask_store(
    self_, ctx_, access::read_write,
    [next](store& s) { return next->write(s); },
    [this, lane, next](result<std::vector<refused_execution>> outcome) {
      on_written(lane, next, std::move(outcome));
      flush(lane);
    });
}

void execution_tracker_state::on_written(
  size_t lane, const write_lane::batch_ptr& done,
  result<std::vector<refused_execution>> outcome) {
  if (outcome) {
    lanes_[lane].settled();
    for (auto& x : done->live)
      if (auto i = open_.find(x.id); i != open_.end())
        i->second.in_store = true;
    // In the order of the batch.
    auto refused = outcome->begin();
    for (size_t i = 0; i < done->finished.size(); ++i) {
      auto id = done->finished[i].id;
      if (refused != outcome->end() && refused->id == id)
        confirm(id, fail((refused++)->why));
      else
        confirm(id, {});
    }
    return send_confirmations();
  }
  auto& err = outcome.error();
  if (is_retryable(err.code))
    return on_store_away(lane, done, err);
  // The others may be written: they are not to blame, or, if the node was taken
  // for dead, began after it had come back.
  if (done->size() > 1) {
    for (auto& half : lanes_[lane].cut(done))
      for (size_t i = 0; i < half->finished.size(); ++i)
        open_.at(half->finished[i].id).end = {half, i};
    return;
  }
  lanes_[lane].settled();
  log_event(log_level::error, "tracker",
            "a record cannot be written: " + to_string(err));
  if (!done->finished.empty()) {
    confirm(done->finished[0].id, fail(err));
    send_confirmations();
  }
}

void execution_tracker_state::on_store_away(size_t lane,
                                            const write_lane::batch_ptr& kept,
                                            const error& why) {
  auto known = std::any_of(lanes_.begin(), lanes_.end(),
                           [](auto& x) { return x.is_cut_off(); });
  if (!known) {
    ++ctx_->metrics.store_outages;
    log_event(log_level::warn, "tracker",
              "the store is away: " + to_string(why),
              {{"executions", open_.size()}});
  }
  self_->delayed_send(self_, lanes_[lane].keep(kept), retry_tick{lane});
}

void execution_tracker_state::confirm(execution_id id, result<void> outcome) {
  auto x = open_.extract(id);
  if (x)
    tell(x.mapped().owner, id, std::move(outcome));
}

void execution_tracker_state::tell(const owner_ptr& to, execution_id id,
                                   result<void> outcome) {
  if (to == nullptr)
    return;
  if (to->news.items.empty())
    to_tell_.push_back(to);
  to->news.items.push_back({id, std::move(outcome)});
}

void execution_tracker_state::send_confirmations() {
  update_watermark();
  for (auto& x : std::exchange(to_tell_, {}))
    self_->send(x->program, std::exchange(x->news, {}));
}

execution_tracker_state::owner_ptr
execution_tracker_state::owner_of(const caf::strong_actor_ptr& program) {
  if (program == nullptr)
    return nullptr;
  auto& x = watched_[caf::actor_cast<caf::actor_addr>(program)];
  if (x == nullptr) {
    x = std::make_shared<owner>(
      owner{caf::actor_cast<program_actor>(program), {}});
    self_->monitor<caf::message_priority::high>(x->program);
  }
  return x;
}

void execution_tracker_state::update_watermark() {
  auto limit = ctx_->config.tracker.backlog;
  ctx_->metrics.tracker_backlog = open_.size();
  // Every program reads it for every run: written only when it changes.
  auto saturated = ctx_->saturated ? open_.size() >= limit / 2
                                   : open_.size() >= limit;
  if (ctx_->saturated != saturated)
    ctx_->saturated = saturated;
}

execution_tracker_actor::behavior_type execution_tracker(
  execution_tracker_actor::stateful_pointer<execution_tracker_state> self,
  context_ptr ctx) {
  return self->state.init(self, std::move(ctx));
}

} // namespace dspex
