#include "bench/caf_chain.hpp"

#include <atomic>
#include <string>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "bench/run_load.hpp"
#include "runtime/node.hpp"

namespace dspex::bench {

namespace {

using text_actor = caf::typed_actor<caf::reacts_to<std::string>>;

struct counter {
  std::atomic<uint64_t> answered = 0;
  std::atomic<bool> stopping = false;
};

text_actor::behavior_type forward(text_actor::pointer self, text_actor next) {
  return {
    [self, next](std::string& text) { self->send(next, std::move(text)); },
  };
}

text_actor::behavior_type caller(text_actor::pointer self, size_t window,
                                 counter* count) {
  auto& sys = self->home_system();
  auto last = sys.spawn(forward, text_actor{self});
  auto first = sys.spawn(forward, last);
  for (size_t i = 0; i < window; ++i)
    self->send(first, fresh_text(i));
  return {
    [self, first, last, count, window](const std::string&) {
      auto n = ++count->answered;
      if (!count->stopping)
        return self->send(first, fresh_text(n + window));
      self->send_exit(first, caf::exit_reason::user_shutdown);
      self->send_exit(last, caf::exit_reason::user_shutdown);
      self->quit();
    },
  };
}

} // namespace

double caf_chain_rate(const scheduler_settings& scheduler, size_t window,
                      std::chrono::milliseconds warm_up,
                      std::chrono::milliseconds turn) {
  auto count = counter{};
  auto config = node_config{scheduler};
  auto sys = caf::actor_system{config};
  sys.spawn(caller, window, &count);
  auto rate = rate_of(count.answered, warm_up, turn);
  // The destructor of the system waits for the actors.
  count.stopping = true;
  return rate;
}

} // namespace dspex::bench
