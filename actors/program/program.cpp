// A program's record, and the other actors; program_lifecycle.cpp has its
// transitions, program_runs.cpp its runs.

#include "actors/program/program.hpp"

#include <utility>

#include "actors/kit/ask_store.hpp"
#include "actors/kit/handlers.hpp"
#include "core/log.hpp"

namespace dspex {

namespace {

// Another node's transition is seen within this time.
constexpr auto record_age = std::chrono::seconds{1};

// A store that takes longer to show the record is not waited for.
constexpr auto record_patience = std::chrono::seconds{1};

// The generation that an attempt to initialize was given: its end added one.
int64_t attempt_of(const program_record& x) {
  return x.status == program_status::initializing ? x.generation
                                                  : x.generation - 1;
}

bool contains(const std::vector<caf::actor_addr>& xs,
              const caf::actor_addr& x) {
  return std::find(xs.begin(), xs.end(), x) != xs.end();
}

} // namespace

program_state::~program_state() {
  for (auto& [id, x] : runs_)
    if (x.at != phase::ended)
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
                    context_ptr ctx, program_seed seed) {
  self_ = self;
  ctx_ = std::move(ctx);
  gauge_.emplace(ctx_);
  record_ = std::move(seed.record);
  signature_ = std::move(seed.signature);
  configuration_ = std::move(seed.configuration);
  metadata_ = std::move(seed.metadata);
  backend_ = describe_backend();
  refreshed_ = clock_now();
  touch(refreshed_);
  random_.seed(static_cast<uint32_t>(std::hash<program_id>{}(record_.id)));
  set_handlers(self);
  if (record_.status == program_status::initializing
      && record_.owner_node == ctx_->node)
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

bool program_state::is_fresh(time_point t) const {
  return waiting_for_record_.empty() && t - refreshed_ <= record_age;
}

void program_state::with_fresh_record(std::function<void()> next) {
  if (is_fresh(clock_now()))
    return next();
  waiting_for_record_.push_back(std::move(next));
  if (waiting_for_record_.size() > 1)
    return;
  if (!std::exchange(looking_, true))
    ask_store(
      self_, ctx_, access::read_only,
      [id = record_.id](store& s) { return s.get_program(id); },
      [this](result<program_record> outcome) {
        looking_ = false;
        on_record(std::move(outcome));
      });
  after(record_patience, [this, look = looks_] {
    if (look == looks_)
      end_look();
  });
}

void program_state::end_look() {
  ++looks_;
  refreshed_ = clock_now();
  for (auto& f : std::exchange(waiting_for_record_, {}))
    f();
}

void program_state::on_record(result<program_record> outcome) {
  auto destroyed = !outcome && outcome.error().code == errc::not_found;
  if (outcome)
    adopt(std::move(*outcome));
  else if (destroyed)
    record_.status = program_status::archived;
  // Else the last known state stands.
  end_look();
  if (destroyed && runs_.empty())
    self_->quit();
}

void program_state::adopt(program_record next) {
  // A read may be overtaken by a transition.
  if (next.generation < record_.generation)
    return;
  auto old = std::exchange(record_, std::move(next));
  refreshed_ = clock_now();
  if (*record_.configuration != *old.configuration) {
    auto changed = parse_program_configuration(*record_.configuration);
    if (changed)
      configuration_ = std::move(*changed);
    else
      log_event(log_level::error, "program", to_string(changed.error()),
                {{"program", to_string(record_.id)}});
  }
  auto in_use = record_.status == program_status::initializing
                || record_.status == program_status::ready;
  if (in_use && attempt_of(record_) == backend_->program->generation) {
    if (record_.status == program_status::ready && backend_->id.empty()) {
      backend_->id = record_.backend_program_id;
      backend_->present = true;
    }
  } else {
    backend_->retired = true;
    release(*backend_);
    if (in_use)
      backend_ = describe_backend();
  }
  if (record_.status == program_status::archived
      && old.status != record_.status)
    drain();
}

std::shared_ptr<program_state::backend>
program_state::describe_backend() const {
  auto result = std::make_shared<backend>();
  result->program = std::make_shared<const backend_program>(backend_program{
    record_.id, attempt_of(record_), record_.signature.module,
    record_.signature.version, signature_, configuration_.backend});
  if (record_.status != program_status::initializing)
    result->id = record_.backend_program_id;
  // Who knows what an earlier actor of this program has left there.
  result->present = !result->id.empty();
  return result;
}

void program_state::release(backend& x) {
  // An ephemeral one is made again when the next call comes.
  auto needed = x.runs > 0 || !(x.retired || record_.ephemeral);
  if (needed || !x.present || x.id.empty())
    return;
  x.present = false;
  delete_backend(x.id);
}

void program_state::delete_backend(const std::string& backend_program_id) {
  // An adapter that is restarting has forgotten its programs anyway.
  if (auto front = ctx_->adapters.at(record_.adapter_type).get())
    self_->send(front, backend_delete{backend_program_id});
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
                : "The adapter " + record_.adapter_type
                    + " died while it held the execution";
  auto lost = backend_replies{};
  for (auto& [id, x] : runs_)
    if (x.at == phase::running && x.holder == who)
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
        program_seed seed) {
  return self->state.init(self, std::move(ctx), std::move(seed));
}

} // namespace dspex
