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
  auto by = owner_of(msg);
  for (auto& event : msg.events) {
    if (auto* finished = std::get_if<execution_finished>(&event))
      on_finished(*finished, by);
    else if (auto* lasted = std::get_if<execution_lasted>(&event))
      on_lasted(*lasted, by);
    else if (auto* started = std::get_if<execution_started>(&event))
      on_started(*started);
    else
      on_abandoned(std::get<execution_abandoned>(event), by);
  }
  update_watermark();
  flush_soon();
}

void execution_tracker_state::on_lasted(execution_lasted& msg,
                                        const owner_ptr& by) {
  auto [i, added] = open_.try_emplace(msg.record.id);
  if (!added)
    return;
  auto& x = i->second;
  x.owner = by;
  x.run = std::move(msg.run);
  x.record = std::move(msg.record);
  if (!msg.in_store)
    lane_of(x.record.program_id).add_live(x.record);
}

void execution_tracker_state::on_started(const execution_started& msg) {
  auto i = open_.find(msg.id);
  if (i == open_.end() || i->second.end)
    return;
  auto& record = i->second.record;
  record.status = execution_status::running;
  record.started_at = msg.at;
  lane_of(record.program_id).add_live(record);
}

void execution_tracker_state::on_finished(execution_finished& msg,
                                          const owner_ptr& by) {
  auto& x = open_[msg.record.id];
  // Handed in again, for a tracker that died.
  if (x.end)
    return;
  x.owner = by;
  x.run = std::move(msg.run);
  end(x, std::move(msg.record), std::move(msg.unconfirmed));
}

void execution_tracker_state::on_abandoned(execution_abandoned& msg,
                                           const owner_ptr& by) {
  auto [i, added] = open_.try_emplace(msg.record.id);
  if (!added)
    return;
  auto& x = i->second;
  x.owner = by;
  x.run = std::move(msg.run);
  // The tracker watches this program, so the reason of its end comes next.
  if (by != nullptr)
    x.record = std::move(msg.record);
  else
    close(x, std::move(msg.record),
          "The program died while it held the execution");
}

void execution_tracker_state::on_down(const caf::actor_addr& who,
                                      const caf::error& reason) {
  auto gone = watched_.extract(who);
  if (!gone)
    return;
  auto why = "Execution exception: " + from_caf(reason, errc::internal).message;
  for (auto& [id, x] : open_)
    if (!x.end && x.owner == gone.mapped())
      close(x, x.record, why);
  flush();
}

void execution_tracker_state::on_exit(caf::error reason) {
  stopping_ = std::move(reason);
  flush();
}

// -- writing ------------------------------------------------------------------

void execution_tracker_state::end(
  open_execution& x, execution_record record,
  std::shared_ptr<unconfirmed_answer> unconfirmed) {
  auto& lane = lane_of(record.program_id);
  x.end = lane.add(std::move(record), x.run, std::move(unconfirmed));
}

void execution_tracker_state::close(open_execution& x, execution_record record,
                                    std::string why) {
  end_as_failed(record, errc::internal, std::move(why), now());
  end(x, std::move(record));
}

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
        i->second.run->note_stored();
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
  if (!x)
    return;
  // What was refused is not in the store, and never will be.
  if (!outcome)
    x.mapped().run->leave();
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
execution_tracker_state::owner_of(const run_report& msg) {
  auto& sender = self_->current_sender();
  if (sender == nullptr) {
    auto i = watched_.find(msg.last_words_of);
    return i == watched_.end() ? nullptr : i->second;
  }
  auto& x = watched_[caf::actor_cast<caf::actor_addr>(sender)];
  if (x == nullptr) {
    x = std::make_shared<owner>(
      owner{caf::actor_cast<program_actor>(sender), {}});
    // Not urgent: what the program sent before its end comes first.
    self_->monitor(x->program);
  }
  return x;
}

void execution_tracker_state::update_watermark() {
  auto limit = ctx_->config.tracker.backlog;
  auto held = ctx_->in_flight.size();
  // Every program reads it for every run: written only when it changes.
  auto saturated = ctx_->saturated ? held >= limit / 2 : held >= limit;
  if (ctx_->saturated != saturated)
    ctx_->saturated = saturated;
}

execution_tracker_actor::behavior_type execution_tracker(
  execution_tracker_actor::stateful_pointer<execution_tracker_state> self,
  context_ptr ctx) {
  return self->state.init(self, std::move(ctx));
}

} // namespace dspex
