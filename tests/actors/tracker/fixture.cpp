#include "tests/actors/tracker/fixture.hpp"

#include "actors/kit/handlers.hpp"

namespace dspex::test {

namespace {

struct nothing {};

program_actor::behavior_type
listening_program(program_actor::stateful_pointer<nothing> self,
                  const std::shared_ptr<owner_script>& script) {
  set_handlers(self);
  return {
    [](const action_call& x) { throw std::runtime_error(x.request.action); },
    [](const execute_call&) {},
    [script](const cancel_request& x) {
      script->asked_to_cancel.push_back(x.id);
      return done{};
    },
    [](const backend_chunk&) {},
    [](const backend_replies&) {},
    [script](const executions_committed& x) {
      script->heard.insert(script->heard.end(), x.items.begin(), x.items.end());
    },
    [](outbox_tick) {},
    [](const delayed_task& x) { x.run(); },
    [](const fall_asleep&) {},
    [](const idle_tick&) {},
  };
}

} // namespace

owner tracker_test::make_owner() {
  auto out = owner{};
  out.handle = own(sys.spawn(listening_program, out.script));
  settle();
  return out;
}

void tracker_test::blow_up(const owner& x, const std::string& what) {
  caf::anon_send(x.handle, action_call{{"", what, {}}, {}});
  settle();
}

void tracker_test::show(const owner& by, execution_record x) {
  // Readers see no end.
  if (x.started_at)
    x.status = execution_status::running;
  auto run = ctx->in_flight.add(x.id);
  ASSERT_TRUE(run->take(by.handle.address()));
  run->show(x);
  by.script->runs[x.id] = run;
}

void tracker_test::accept(const owner& by, const execution_record& x) {
  show(by, x);
  auto tell = [this, by, x] {
    if (!ctx->in_flight.contains(x.id))
      return;
    auto msg = run_report{{execution_lasted{x, by.script->runs.at(x.id)}}};
    caf::send_as(by.handle, tracker, std::move(msg));
  };
  auto& clock = sys.clock();
  clock.schedule_message(
    clock.now() + ctx->config.tracker.live_after,
    caf::actor_cast<caf::strong_actor_ptr>(by.handle),
    caf::make_mailbox_element(nullptr, caf::make_message_id(), caf::no_stages,
                              delayed_task{std::move(tell)}));
  report(by);
}

execution_record tracker_test::make_record(execution_status status) const {
  auto x = execution_record{};
  x.id = execution_id::make();
  x.program_id = program.id;
  x.inputs = document{{{"question", "why?"}}};
  x.status = status;
  x.executed_at = x.inserted_at = x.updated_at = now();
  if (status == execution_status::running)
    x.started_at = x.executed_at;
  x.node = ctx->node;
  return x;
}

execution_record tracker_test::completed(execution_record x) {
  x.status = execution_status::completed;
  x.outputs = document{{{"answer", "because"}}};
  x.duration_us = 1500;
  x.finished_at = x.executed_at + 1500us;
  return x;
}

} // namespace dspex::test
