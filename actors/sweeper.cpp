#include "actors/sweeper.hpp"

#include <utility>

#include "actors/kit/handlers.hpp"
#include "actors/kit/prune.hpp"
#include "core/log.hpp"

namespace dspex {

namespace {

constexpr auto interval = std::chrono::minutes{1};

} // namespace

sweeper_actor::behavior_type
sweeper_state::init(sweeper_actor::stateful_pointer<sweeper_state> self,
                    context_ptr ctx) {
  self_ = self;
  ctx_ = std::move(ctx);
  set_handlers(self);
  wait();
  return {
    [this](const sweep_tick&) { sweep(); },
  };
}

void sweeper_state::sweep() {
  ask_store(
    self_, ctx_, access::read_write, [](store& s) { return s.sweep(); },
    [this](const result<sweep_result>& outcome) {
      if (!outcome)
        log_event(log_level::warn, "sweeper", to_string(outcome.error()));
      else if (outcome->executions + outcome->programs > 0)
        log_event(log_level::warn, "sweeper", "closed what dead nodes left",
                  {{"executions", outcome->executions},
                   {"programs", outcome->programs}});
      drop_history();
    });
}

void sweeper_state::drop_history() {
  auto days = ctx_->config.retention.max_age_days;
  if (days == 0)
    return wait();
  prune_all(self_, ctx_, {.older_than = now() - std::chrono::days{days}},
            [this](const result<void>& outcome, uint64_t dropped) {
              if (!outcome)
                log_event(log_level::warn, "sweeper",
                          to_string(outcome.error()), {{"dropped", dropped}});
              else if (dropped > 0)
                log_event(log_level::info, "sweeper", "dropped old executions",
                          {{"executions", dropped}});
              wait();
            });
}

void sweeper_state::wait() {
  self_->delayed_send(self_, interval, sweep_tick{});
}

sweeper_actor::behavior_type
sweeper(sweeper_actor::stateful_pointer<sweeper_state> self, context_ptr ctx) {
  return self->state.init(self, std::move(ctx));
}

} // namespace dspex
