#include "actors/supervisor.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "actors/internal/handlers.hpp"

namespace dspex {

namespace {

bool is_abnormal(const caf::error& reason) {
  return reason && reason != caf::exit_reason::normal
         && reason != caf::exit_reason::user_shutdown;
}

double millis(caf::timespan x) {
  return std::chrono::duration<double, std::milli>{x}.count();
}

} // namespace

caf::timespan next_delay(const backoff& b, size_t failures,
                         std::mt19937_64& random) {
  auto result = std::chrono::duration<double>{b.initial};
  auto limit = std::chrono::duration<double>{b.max};
  for (size_t i = 1; i < failures && result < limit; ++i)
    result *= 2;
  result = std::min(result, limit);
  auto spread = std::uniform_real_distribution<double>{-b.jitter, b.jitter};
  return std::chrono::duration_cast<caf::timespan>(result
                                                   * (1.0 + spread(random)));
}

supervisor_state::~supervisor_state() {
  for (auto i = children_.rbegin(); i != children_.rend(); ++i)
    if (i->handle) {
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
  for (size_t i = 0; i < children_.size() && !stopping_; ++i)
    start(i);
  return {
    [this](const which_children&) {
      auto result = children{};
      for (auto& x : children_)
        result.items.push_back(
          {x.spec.name, x.handle, x.incarnation, x.spec.is_supervisor});
      return result;
    },
    [this](const restart_tick& tick) {
      if (!stopping_ && children_[tick.child].epoch == tick.epoch)
        start(tick.child);
    },
    [this](const kill_tick& tick) {
      auto& x = children_[tick.child];
      if (x.epoch != tick.epoch || !x.handle)
        return;
      log().warn("{}: child={} did not stop in time, killed", options_.name,
                 x.spec.name);
      send_stop(x.handle, caf::exit_reason::kill);
    },
  };
}

supervisor_state::time_point supervisor_state::now() const {
  return self_->home_system().clock().now();
}

void supervisor_state::start(size_t index) {
  auto& x = children_[index];
  ++x.epoch;
  ++x.incarnation;
  x.started_at = now();
  try {
    x.handle = x.spec.start(self_->home_system());
  } catch (const std::exception& ex) {
    return failed(index, to_caf({errc::internal, ex.what()}), caf::timespan{0});
  }
  x.addr = x.handle.address();
  self_->monitor<caf::message_priority::high>(x.handle);
}

void supervisor_state::on_down(const caf::actor_addr& who,
                               const caf::error& reason) {
  auto i = std::find_if(children_.begin(), children_.end(), [&](auto& x) {
    return x.handle != nullptr && x.addr == who;
  });
  if (i == children_.end())
    return;
  // Detached children cannot be destroyed while somebody holds them.
  i->handle = nullptr;
  ++i->epoch;
  i->spec.on_down();
  if (stopping_)
    return stop_next();
  auto again = i->spec.restart == restart_type::permanent
               || (i->spec.restart == restart_type::transient
                   && is_abnormal(reason));
  if (again)
    failed(static_cast<size_t>(i - children_.begin()), reason,
           now() - i->started_at);
}

void supervisor_state::failed(size_t index, const caf::error& reason,
                              caf::timespan uptime) {
  auto& x = children_[index];
  auto t = now();
  if (uptime >= options_.reset_after)
    x.failures = 0;
  ++x.failures;
  auto delay = caf::timespan{0};
  if (uptime < options_.start_window) {
    while (!failures_.empty() && t - failures_.front() > options_.period)
      failures_.pop_front();
    failures_.push_back(t);
    delay = next_delay(options_.delay, x.failures, random_);
  }
  log().warn("{}: child={} incarnation={} reason={} delay={:.0f}ms",
             options_.name, x.spec.name, x.incarnation,
             caf::deep_to_string(reason), millis(delay));
  if (failures_.size() > options_.intensity) {
    log().error("{}: more than {} failed starts in {:.0f} ms, giving up",
                options_.name, options_.intensity, millis(options_.period));
    return stop(reason);
  }
  self_->delayed_send(self_, delay, restart_tick{index, x.epoch});
}

void supervisor_state::stop(caf::error reason) {
  if (stopping_)
    return;
  stopping_ = std::move(reason);
  stop_next();
}

void supervisor_state::stop_next() {
  auto i = std::find_if(children_.rbegin(), children_.rend(),
                        [](auto& x) { return x.handle != nullptr; });
  if (i == children_.rend())
    return self_->quit(*stopping_);
  ++i->epoch;
  auto index = static_cast<size_t>(children_.rend() - i) - 1;
  send_stop(i->handle, caf::exit_reason::user_shutdown);
  self_->delayed_send(self_, i->spec.shutdown_timeout,
                      kill_tick{index, i->epoch});
}

supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
           supervisor_options options, std::vector<child_spec> specs) {
  return self->state.init(self, std::move(options), std::move(specs));
}

} // namespace dspex
