// A program's record, and the other actors; program_lifecycle.cpp has its
// transitions, program_runs.cpp its runs.

#include "actors/program/program.hpp"

#include <utility>

#include "actors/kit/ask_store.hpp"
#include "actors/kit/handlers.hpp"
#include "core/log.hpp"

namespace dspex {

namespace {

bool contains(const std::vector<caf::actor_addr>& xs,
              const caf::actor_addr& x) {
  return std::find(xs.begin(), xs.end(), x) != xs.end();
}

} // namespace

program_state::~program_state() {
  for (auto& [id, x] : book_)
    if (x.at != run_phase::ended)
      note_abandoned(*ctx_, x.record);
    else
      x.caller.deliver(error{errc::store_unavailable,
                             "The program ended before the store confirmed "
                             "the execution",
                             {{"execution_id", to_string(id)}}});
  leave_untold();
}

program_actor::behavior_type
program_state::init(program_actor::stateful_pointer<program_state> self,
                    context_ptr ctx, program_facts facts) {
  self_ = self;
  ctx_ = std::move(ctx);
  gauge_.emplace(ctx_);
  facts_ = std::move(facts);
  backends_ = backend_slot{facts_};
  touch(clock_now());
  watch_.renew(last_used_);
  random_.seed(
    static_cast<uint32_t>(std::hash<program_id>{}(facts_.record.id)));
  set_handlers(self);
  if (facts_.record.status == program_status::initializing
      && facts_.record.owner_node == ctx_->node)
    close_lost_initialization();
  self->set_down_handler([this](caf::scheduled_actor*, caf::down_msg& msg) {
    on_down(msg.source, msg.reason);
  });
  self->set_exit_handler([this](caf::scheduled_actor*, caf::exit_msg& msg) {
    stopping_ = std::move(msg.reason);
    serve_waiting_calls(end_of_service());
    drain();
  });
  // CAF tries one after the other: what every run needs comes first.
  return {
    [this](execute_call& call) { accept_fresh(std::move(call)); },
    [this](backend_replies& msg) {
      auto t = clock_now();
      for (auto& x : msg.items)
        on_backend_done(x, t);
    },
    [this](outbox_tick) { empty_outbox(); },
    [this](executions_committed& msg) { on_committed(msg); },
    [this](const action_request& request) { return handle(request); },
    [this](const cancel_request& msg) -> caf::result<done> {
      auto why = error{errc::cancelled, "The execution was cancelled"};
      if (auto ok = cancel(msg.id, std::move(why)); !ok)
        return to_caf(ok.error());
      return done{};
    },
    [this](const backend_chunk& msg) { on_backend_chunk(msg); },
    [](const delayed_task& msg) { msg.run(); },
    [this](const idle_tick&) { on_idle_tick(); },
    [this](const fall_asleep&) { on_fall_asleep(); },
  };
}

// -- the record ---------------------------------------------------------------

void program_state::with_fresh_record(std::function<void()> next) {
  if (watch_.is_fresh(clock_now()))
    return next();
  auto refresh = watch_.wait(std::move(next));
  if (!refresh)
    return;
  if (refresh->ask)
    ask_store(
      self_, ctx_, access::read_only,
      [id = facts_.record.id](store& s) { return s.get_program(id); },
      [this](result<program_record> outcome) {
        watch_.on_answer();
        on_record(std::move(outcome));
      });
  after(record_watch::limit, [this, number = refresh->number] {
    for (auto& f : watch_.give_up(number, clock_now()))
      f();
  });
}

void program_state::on_record(result<program_record> outcome) {
  auto destroyed = !outcome && outcome.error().code == errc::not_found;
  if (outcome)
    adopt(std::move(*outcome));
  else if (destroyed)
    facts_.record.status = program_status::archived;
  // Else the last known state stands.
  for (auto& f : watch_.end(clock_now()))
    f();
  if (destroyed && book_.empty())
    self_->quit();
}

void program_state::adopt(program_record next) {
  // A read may be overtaken by a transition.
  if (next.generation < facts_.record.generation)
    return;
  auto old = std::exchange(facts_.record, std::move(next));
  watch_.renew(clock_now());
  if (*facts_.record.configuration != *old.configuration) {
    auto changed = parse_program_configuration(*facts_.record.configuration);
    if (changed)
      facts_.configuration = std::move(*changed);
    else
      log_event(log_level::error, "program", to_string(changed.error()),
                {{"program", to_string(facts_.record.id)}});
  }
  delete_backend(backends_.adopt(facts_));
  if (facts_.record.status == program_status::archived
      && old.status != facts_.record.status)
    drain();
}

void program_state::delete_backend(const backend_slot::unused_id& id) {
  if (!id)
    return;
  // An adapter that is restarting has forgotten its programs anyway.
  if (auto front = ctx_->adapters.at(facts_.record.adapter_type).get())
    self_->send(front, backend_delete{*id});
}

// -- other actors -------------------------------------------------------------

void program_state::after(caf::timespan delay, std::function<void()> task) {
  self_->delayed_send(self_, delay, delayed_task{std::move(task)});
}

void program_state::on_down(const caf::actor_addr& who,
                            const caf::error& reason) {
  std::erase(watched_, who);
  auto why = from_caf(reason, errc::backend_unavailable);
  // An exception is told as such, though nobody knows which run it was.
  auto text = why.code == errc::internal
                ? "Execution exception: " + why.message
                : "The adapter " + facts_.record.adapter_type
                    + " died while it held the execution";
  auto lost = backend_replies{};
  for (auto& [id, x] : book_)
    if (x.at == run_phase::running && x.holder == who)
      lost.items.push_back(
        {id, x.record.attempt, {fail(errc::backend_unavailable, text)}});
  // Behind the replies that it sent before: they hold.
  if (!lost.items.empty())
    self_->send(self_, std::move(lost));
  if (std::erase(trackers_, who) > 0)
    look_for_tracker();
}

void program_state::watch(const caf::actor_addr& who) {
  if (!contains(watched_, who)) {
    watched_.push_back(who);
    self_->monitor<caf::message_priority::high>(who);
  }
}

void program_state::watch_tracker(const caf::actor_addr& who) {
  if (!contains(trackers_, who))
    trackers_.push_back(who);
  watch(who);
}

program_state::time_point program_state::clock_now() const {
  return self_->home_system().clock().now();
}

program_actor::behavior_type
program(program_actor::stateful_pointer<program_state> self, context_ptr ctx,
        program_facts facts) {
  return self->state.init(self, std::move(ctx), std::move(facts));
}

} // namespace dspex
