#include "tests/actors/supervisor/fixture.hpp"

namespace dspex::test {

namespace {

struct stop_now {};

} // namespace

} // namespace dspex::test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::test::stop_now)

namespace dspex::test {

child_spec supervisor_test::child(const std::string& name,
                                  caf::timespan stop_after) {
  auto out = child_spec{};
  out.name = name;
  out.start = [this, name, stop_after](caf::actor_system& system) {
    journal.push_back("start " + name);
    auto handle = system.spawn(
      [this, name, stop_after](caf::event_based_actor* self) -> caf::behavior {
        self->set_exit_handler([this, name, stop_after, self](
                                 caf::scheduled_actor*, caf::exit_msg& msg) {
          journal.push_back("exit " + name);
          if (stop_after == 0s)
            self->quit(msg.reason);
          else
            self->delayed_send(self, stop_after, stop_now{});
        });
        return {[self](stop_now) { self->quit(); }};
      });
    handles[name] = handle;
    return handle;
  };
  out.on_down = [this, name] { journal.push_back("down " + name); };
  return out;
}

child_spec supervisor_test::stubborn_child(const std::string& name) {
  auto out = child(name);
  out.start = [this, name](caf::actor_system& system) {
    journal.push_back("start " + name);
    auto handle = system.spawn(
      [this, name](caf::event_based_actor* self) -> caf::behavior {
        self->set_exit_handler(
          [this, name](caf::scheduled_actor*, caf::exit_msg&) {
            journal.push_back("exit " + name);
          });
        return {[](stop_now) {}};
      });
    handles[name] = handle;
    return handle;
  };
  return out;
}

} // namespace dspex::test
