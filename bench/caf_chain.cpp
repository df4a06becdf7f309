#include "bench/caf_chain.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "bench/run_load.hpp"
#include "runtime/node.hpp"

namespace dspex::bench {

namespace {

using text_actor
  = caf::typed_actor<caf::replies_to<std::string>::with<std::string>>;

struct counter {
  std::atomic<uint64_t> answered = 0;
  std::atomic<bool> stopping = false;
};

text_actor::behavior_type answer(text_actor::pointer) {
  return {[](std::string& text) { return std::move(text); }};
}

text_actor::behavior_type forward(text_actor::pointer self, text_actor next) {
  return {
    [self, next](std::string& text) {
      return self->delegate(next, std::move(text));
    },
  };
}

class caller {
public:
  caller(caf::event_based_actor* self, counter* count)
    : self_(self), count_(count) {
    auto& sys = self->home_system();
    last_ = sys.spawn(answer);
    first_ = sys.spawn(forward, last_);
  }

  void ask(uint64_t number) {
    self_->request(first_, caf::infinite, fresh_text(number))
      .then([this](const std::string&) {
        auto n = ++count_->answered;
        if (!count_->stopping)
          return ask(n);
        self_->send_exit(first_, caf::exit_reason::user_shutdown);
        self_->send_exit(last_, caf::exit_reason::user_shutdown);
        self_->quit();
      });
  }

private:
  caf::event_based_actor* self_;
  counter* count_;
  text_actor first_;
  text_actor last_;
};

} // namespace

double caf_chain_rate(const scheduler_settings& scheduler, size_t window,
                      std::chrono::milliseconds warm_up,
                      std::chrono::milliseconds turn) {
  auto count = counter{};
  auto config = node_config{scheduler};
  auto sys = caf::actor_system{config};
  sys.spawn([&](caf::event_based_actor* self) {
    auto x = std::make_shared<caller>(self, &count);
    for (size_t i = 0; i < window; ++i)
      x->ask(i);
    self->attach_functor([x] {});
  });
  auto rate = rate_of(count.answered, warm_up, turn);
  // The destructor of the system waits for the actors.
  count.stopping = true;
  return rate;
}

} // namespace dspex::bench
