#include "actors/supervisor/supervisor.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "actors/kit/handlers.hpp"
#include "core/log.hpp"

namespace dspex {

namespace {

bool is_abnormal(const caf::error& reason) {
  return reason && reason != caf::exit_reason::normal
         && reason != caf::exit_reason::user_shutdown;
}

auto millis(caf::timespan x) {
  return std::chrono::round<std::chrono::milliseconds>(x).count();
}

} // namespace

caf::timespan stop_time(const std::vector<child_spec>& specs) {
  auto result = caf::timespan{0};
  for (auto& x : specs)
    result += x.shutdown_timeout;
  return result;
}

supervisor_state::~supervisor_state() {
  for (auto i = children_.rbegin(); i != children_.rend(); ++i)
    if (i->handle != nullptr) {
      send_stop(i->handle, caf::exit_reason::kill);
      i->spec.on_down();
    }
}

supervisor_actor::behavior_type supervisor_state::init(
  supervisor_actor::stateful_pointer<supervisor_state> self,
  supervisor_options options, std::vector<child_spec> specs) {
  self_ = self;
  options_ = std::move(options);
  random_.seed(options_.seed);
  children_.resize(specs.size());
  for (size_t i = 0; i < specs.size(); ++i)
    children_[i].spec = std::move(specs[i]);
  set_handlers(self);
  self->set_down_handler([this](caf::scheduled_actor*, caf::down_msg& msg) {
    on_down(msg.source, msg.reason);
  });
  self->set_exit_handler([this](caf::scheduled_actor*, caf::exit_msg& msg) {
    stop(std::move(msg.reason));
  });
  start_from(0);
  return {
    [this](const which_children&) {
      auto result = children{};
      for (auto& x : children_)
        result.items.push_back(
          {x.spec.name, x.handle, x.incarnation, x.spec.is_supervisor});
      return result;
    },
    [this](const restart_tick& tick) {
      if (stopping_ || children_[tick.child].epoch != tick.epoch)
        return;
      if (options_.strategy == restart_strategy::one_for_one)
        start(tick.child);
      else if (tick.child == doomed_from_)
        start_from(tick.child);
    },
    [this](const kill_tick& tick) {
      auto& x = children_[tick.child];
      if (x.epoch != tick.epoch || !x.handle)
        return;
      log_event(log_level::warn, options_.name,
                "a child did not stop in time, killed",
                {{"child", x.spec.name}});
      send_stop(x.handle, caf::exit_reason::kill);
    },
  };
}

supervisor_state::time_point supervisor_state::now() const {
  return self_->home_system().clock().now();
}

// -- starting -----------------------------------------------------------------

void supervisor_state::start(size_t index) {
  auto& x = children_[index];
  ++x.epoch;
  ++x.incarnation;
  x.started_at = now();
  auto what = std::string{"it started no actor"};
  try {
    x.handle = x.spec.start(self_->home_system());
  } catch (const std::exception& ex) {
    what = ex.what();
  } catch (...) {
    what = "unknown exception";
  }
  if (x.handle == nullptr)
    return failed(index, to_caf({errc::internal, what}), caf::timespan{0});
  x.addr = x.handle.address();
  self_->monitor<caf::message_priority::high>(x.handle);
  options_.observe({child_event::kind::started, options_.name, x.spec.name,
                    x.incarnation, caf::error{}});
}

void supervisor_state::start_from(size_t first) {
  doomed_from_ = children_.size();
  for (auto i = first; i < children_.size(); ++i) {
    // Given up, or doomed by the child before.
    if (stopping_ || is_doomed(i))
      return;
    auto& x = children_[i];
    if (x.spec.restart != restart_type::temporary || x.incarnation == 0)
      start(i);
  }
}

// -- failing ------------------------------------------------------------------

void supervisor_state::on_down(const caf::actor_addr& who,
                               const caf::error& reason) {
  auto i = std::find_if(children_.begin(), children_.end(), [&](auto& x) {
    return x.handle != nullptr && x.addr == who;
  });
  if (i == children_.end())
    return;
  // Detached children cannot be destroyed while somebody holds them.
  i->handle = nullptr;
  i->stopping = false;
  ++i->epoch;
  i->spec.on_down();
  if (stopping_)
    return stop_next();
  auto index = static_cast<size_t>(i - children_.begin());
  auto temporary = i->spec.restart == restart_type::temporary;
  if (is_doomed(index)) {
    if (temporary)
      report(*i, reason, std::nullopt);
    else
      report(*i, reason,
             std::max(caf::timespan{0}, caf::timespan{restart_at_ - now()}));
    return stop_next();
  }
  auto stays_down = temporary
                    || (i->spec.restart == restart_type::transient
                        && !is_abnormal(reason));
  if (stays_down)
    report(*i, reason, std::nullopt);
  else
    failed(index, reason, now() - i->started_at);
}

void supervisor_state::failed(size_t index, const caf::error& reason,
                              caf::timespan uptime) {
  auto& x = children_[index];
  auto delay = delay_after(x, uptime);
  if (failures_.size() > options_.intensity) {
    report(x, reason, std::nullopt);
    log_event(log_level::error, options_.name,
              "too many failed starts, giving up",
              {{"intensity", options_.intensity},
               {"period_ms", millis(options_.period)}});
    return stop(reason);
  }
  report(x, reason, delay);
  if (options_.strategy == restart_strategy::one_for_one)
    return self_->delayed_send(self_, delay, restart_tick{index, x.epoch});
  doomed_from_ = options_.strategy == restart_strategy::one_for_all ? 0 : index;
  restart_at_ = std::max(restart_at_, now() + delay);
  stop_next();
}

caf::timespan supervisor_state::delay_after(child& x, caf::timespan uptime) {
  if (uptime >= options_.reset_after)
    x.failures = 0;
  ++x.failures;
  if (uptime >= options_.start_window)
    return caf::timespan{0};
  auto t = now();
  while (!failures_.empty() && t - failures_.front() > options_.period)
    failures_.pop_front();
  failures_.push_back(t);
  return options_.delay.delay(x.failures, random_);
}

void supervisor_state::report(const child& x, const caf::error& reason,
                              std::optional<caf::timespan> delay) {
  auto next = delay ? std::to_string(millis(*delay)) + "ms" : "never";
  log_event(log_level::warn, options_.name, "a child ended",
            {{"child", x.spec.name},
             {"incarnation", x.incarnation},
             {"reason", caf::deep_to_string(reason)},
             {"delay", next}});
  options_.observe({child_event::kind::ended, options_.name, x.spec.name,
                    x.incarnation, reason});
}

// -- stopping -----------------------------------------------------------------

void supervisor_state::stop(caf::error reason) {
  if (stopping_)
    return;
  stopping_ = std::move(reason);
  stop_next();
}

void supervisor_state::stop_next() {
  auto first = stopping_ ? 0 : doomed_from_;
  auto end = children_.size();
  while (end > first && children_[end - 1].handle == nullptr)
    --end;
  if (end == first) {
    if (stopping_)
      return self_->quit(*stopping_);
    auto delay = std::max(caf::timespan{0}, caf::timespan{restart_at_ - now()});
    return self_->delayed_send(self_, delay,
                               restart_tick{first, children_[first].epoch});
  }
  auto& x = children_[end - 1];
  if (std::exchange(x.stopping, true))
    return;
  ++x.epoch;
  send_stop(x.handle, caf::exit_reason::user_shutdown);
  self_->delayed_send(self_, x.spec.shutdown_timeout,
                      kill_tick{end - 1, x.epoch});
}

supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
           supervisor_options options, std::vector<child_spec> specs) {
  return self->state.init(self, std::move(options), std::move(specs));
}

} // namespace dspex
