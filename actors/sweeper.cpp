#include "actors/sweeper.hpp"

#include "actors/internal/ask_store.hpp"
#include "actors/internal/handlers.hpp"

namespace dspex {

namespace {

constexpr auto interval = std::chrono::minutes{1};

} // namespace

sweeper_actor::behavior_type
sweeper(sweeper_actor::stateful_pointer<sweeper_state> self, context_ptr ctx) {
  set_handlers(self);
  self->delayed_send(self, interval, sweep_tick{});
  return {
    [self, ctx](const sweep_tick&) {
      ask_store(
        self, ctx, access::read_write, [](store& s) { return s.sweep(); },
        [self](result<sweep_result> outcome) {
          if (!outcome)
            log_event(log_level::warn, "sweeper", to_string(outcome.error()));
          else if (outcome->executions + outcome->programs > 0)
            log_event(log_level::warn, "sweeper", "closed what dead nodes left",
                      {{"executions", outcome->executions},
                       {"programs", outcome->programs}});
          self->delayed_send(self, interval, sweep_tick{});
        });
    },
  };
}

} // namespace dspex
