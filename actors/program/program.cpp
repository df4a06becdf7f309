#include "actors/program/program.hpp"

#include <utility>

#include "actors/executions/outcome.hpp"
#include "actors/kit/handlers.hpp"

namespace dspex {

program_state::~program_state() {
  courier_.leave();
  for (auto& [id, x] : core_.book)
    if (x.at != run_phase::ended)
      note_abandoned(*core_.ctx, x.record);
    else
      x.caller.deliver(error{errc::store_unavailable,
                             "The program ended before the store confirmed "
                             "the execution",
                             {{"execution_id", to_string(id)}}});
}

program_actor::behavior_type
program_state::init(program_actor::stateful_pointer<program_state> self,
                    context_ptr ctx, program_facts facts) {
  core_.self = self;
  core_.ctx = std::move(ctx);
  core_.facts = std::move(facts);
  core_.backends = backend_slot{core_.facts};
  set_handlers(self);
  self->set_down_handler([this](caf::scheduled_actor*, caf::down_msg& msg) {
    runs_.on_down(msg.source, msg.reason);
    courier_.on_down(msg.source);
  });
  self->set_exit_handler([this](caf::scheduled_actor*, caf::exit_msg& msg) {
    lifecycle_.serve_waiting_calls(core_.end_of_service());
    runs_.stop(std::move(msg.reason));
  });
  runs_.init();
  lifecycle_.init();
  // CAF tries the handlers one after the other, so those that every run needs
  // come first.
  return {
    [this](execute_call& call) { lifecycle_.accept(std::move(call)); },
    [this](backend_replies& msg) { runs_.on_replies(msg); },
    [this](outbox_tick) { courier_.on_tick(); },
    [this](executions_committed& msg) { runs_.on_committed(msg); },
    [this](const action_call& call) { lifecycle_.act(call); },
    [this](const cancel_request& msg) -> caf::result<done> {
      if (auto ok = runs_.cancel(msg.id, cancellation()); !ok)
        return to_caf(ok.error());
      return done{};
    },
    [this](const backend_chunk& msg) { runs_.on_chunk(msg); },
    [](const delayed_task& msg) { msg.run(); },
    [this](const idle_tick&) { on_idle_tick(); },
    [this](const fall_asleep&) { on_fall_asleep(); },
  };
}

bool program_state::is_idle() const {
  return runs_.is_idle() && courier_.empty() && lifecycle_.is_idle();
}

void program_state::on_idle_tick() {
  auto manager = core_.ctx->manager.get();
  if (!manager)
    return;
  auto limit = core_.ctx->config.limits.program_idle;
  auto t = core_.clock_now();
  if (!is_idle())
    core_.self->send(manager, look_again{t + limit});
  else if (core_.last_used + limit > t)
    core_.self->send(manager, look_again{core_.last_used + limit});
  else
    core_.self->send(manager, sleep_request{core_.facts.record.id});
}

void program_state::on_fall_asleep() {
  if (is_idle())
    return core_.self->quit();
  if (auto manager = core_.ctx->manager.get())
    core_.self->send(manager, stay_awake{core_.facts.record.id});
}

program_actor::behavior_type
program(program_actor::stateful_pointer<program_state> self, context_ptr ctx,
        program_facts facts) {
  return self->state.init(self, std::move(ctx), std::move(facts));
}

} // namespace dspex
