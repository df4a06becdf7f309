#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>
#include <gtest/gtest.h>

#include "core/log.hpp"
#include "dspex/protocol.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

/// The outcome of a request, once there is one.
template <class T>
class answer {
public:
  answer() : state_(std::make_shared<std::optional<result<T>>>()) {
  }

  [[nodiscard]] bool arrived() const {
    return state_->has_value();
  }

  [[nodiscard]] bool succeeded() const {
    return arrived() && (*state_)->has_value();
  }

  /// Throws unless the request succeeded, which fails the test.
  [[nodiscard]] const T& value() const {
    if (!arrived())
      throw std::runtime_error("no answer");
    if (!**state_)
      throw std::runtime_error(to_string((*state_)->error()));
    return ***state_;
  }

  /// Throws unless the request failed, which fails the test.
  [[nodiscard]] const dspex::error& error() const {
    if (!arrived())
      throw std::runtime_error("no answer");
    if (**state_)
      throw std::runtime_error("the request succeeded");
    return (*state_)->error();
  }

  void set(result<T> x) const {
    *state_ = std::move(x);
  }

private:
  std::shared_ptr<std::optional<result<T>>> state_;
};

/// An actor system in virtual time, which starts at one hour: actors run only
/// inside `settle` and `advance`.
///
/// At the end of a test the actors that it owns are stopped, and none may be
/// left.
class actor_test : public ::testing::Test {
protected:
  using time_point = caf::actor_clock::time_point;

  actor_test() : sys(configured(cfg)) {
    configure_log({.level = "off"});
    // A leaked actor shall fail the test, not hang it.
    sys.await_actors_before_shutdown(false);
    baseline_ = sys.registry().running();
    clock().current_time += 1h;
  }

  void TearDown() override {
    while (!owned_.empty()) {
      caf::anon_send_exit(owned_.back(), caf::exit_reason::user_shutdown);
      owned_.pop_back();
      advance(1min);
    }
    for (auto n = 0; n < 10'000 && clock().has_pending_timeout(); ++n) {
      clock().trigger_timeout();
      settle();
    }
    EXPECT_FALSE(clock().has_pending_timeout()) << "a timer never rests";
    clock().cancel_all();
    EXPECT_EQ(running(), 0u) << "actors were left";
  }

  /// Runs everything that is due now.
  void settle() {
    do {
      while (scheduler().try_run_once())
        ;
    } while (clock().advance_time(0s) > 0);
  }

  /// Lets one actor run, the one whose turn it is.
  void step() {
    scheduler().try_run_once();
  }

  /// Lets time pass, from one timer to the next.
  void advance(caf::timespan d) {
    settle();
    auto end = clock().current_time + d;
    while (!clock().schedule().empty()
           && clock().schedule().begin()->first <= end) {
      clock().advance_time(std::max(
        caf::timespan{0}, caf::timespan{clock().schedule().begin()->first
                                        - clock().current_time}));
      settle();
    }
    clock().current_time = end;
    settle();
  }

  /// Lets time pass while every actor is busy: nobody runs.
  void advance_busy(caf::timespan d) {
    clock().advance_time(d);
  }

  /// How many actors live.
  [[nodiscard]] size_t running() {
    return sys.registry().running() - baseline_;
  }

  [[nodiscard]] time_point time() {
    return clock().current_time;
  }

  /// Stops an actor at the end of the test; the last one first.
  template <class Handle>
  Handle own(Handle x) {
    owned_.push_back(caf::actor_cast<caf::actor>(x));
    return x;
  }

  /// Asks and does not wait: the answer arrives with `settle` or `advance`.
  template <class T, class Handle, class Message>
  answer<T> ask(const Handle& dest, Message msg) {
    auto out = answer<T>{};
    sys.spawn([out, dest, msg](caf::event_based_actor* self) {
      self->set_error_handler([](caf::scheduled_actor*, caf::error&) {});
      self->request(dest, std::chrono::seconds{240h}, msg)
        .then([out](T& x) { out.set(std::move(x)); },
              [out](caf::error& err) {
                out.set(fail(from_caf(err, errc::internal)));
              });
    });
    return out;
  }

  /// Asks, runs everything that is due, and expects the answer to be there.
  template <class T, class Handle, class Message>
  answer<T> ask_now(const Handle& dest, Message msg) {
    auto out = ask<T>(dest, std::move(msg));
    settle();
    EXPECT_TRUE(out.arrived());
    return out;
  }

  caf::actor_system_config cfg;
  caf::actor_system sys;

private:
  static caf::actor_system_config& configured(caf::actor_system_config& cfg) {
    add_message_types(cfg);
    cfg.set("scheduler.policy", caf::atom("testing"));
    cfg.set("logger.verbosity", caf::atom("quiet"));
    return cfg;
  }

  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(sys.scheduler());
  }

  caf::detail::test_actor_clock& clock() {
    return scheduler().clock();
  }

  size_t baseline_ = 0;
  std::vector<caf::actor> owned_;
};

} // namespace dspex::test
