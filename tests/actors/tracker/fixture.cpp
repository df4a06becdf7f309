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
    [](const delayed_task&) {},
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
