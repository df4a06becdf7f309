#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/supervisor/supervisor.hpp"
#include "tests/support/actor_test.hpp"

namespace dspex::test {

/// A supervisor of children that write down what happens to them.
class supervisor_test : public actor_test {
protected:
  void TearDown() override {
    handles.clear();
    actor_test::TearDown();
  }

  /// A child that stops when it is asked to, after `stop_after` if that is set.
  child_spec child(const std::string& name, caf::timespan stop_after = 0s);

  /// A child that only `kill` ends.
  child_spec stubborn_child(const std::string& name);

  /// Exact delays: 100 ms doubled per failure.
  static supervisor_options exact_options() {
    auto out = supervisor_options{};
    out.delay.jitter = 0;
    return out;
  }

  supervisor_actor start(supervisor_options options,
                         std::vector<child_spec> specs) {
    auto out = own(sys.spawn(supervisor, std::move(options), std::move(specs)));
    watch(out);
    settle();
    return out;
  }

  /// Notes the reason when an actor ends.
  void watch(const supervisor_actor& who) {
    own(sys.spawn([this, who](caf::event_based_actor* self) -> caf::behavior {
      self->set_down_handler(
        [this, self](caf::scheduled_actor*, caf::down_msg& msg) {
          ended = msg.reason;
          self->quit();
        });
      self->monitor(who);
      return {[](int) {}};
    }));
  }

  void end(const std::string& name, caf::exit_reason reason) {
    caf::anon_send_exit(handles.at(name), reason);
    settle();
  }

  void crash(const std::string& name) {
    end(name, caf::exit_reason::unhandled_exception);
  }

  [[nodiscard]] size_t starts(const std::string& name) const {
    return static_cast<size_t>(
      std::count(journal.begin(), journal.end(), "start " + name));
  }

  using lines = std::vector<std::string>;

  lines journal;
  std::map<std::string, caf::actor> handles;
  /// Why the supervisor ended.
  std::optional<caf::error> ended;
};

} // namespace dspex::test
