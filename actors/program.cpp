// The lifecycle of a program; program_runs.cpp has its runs.

#include "actors/program.hpp"

#include <algorithm>
#include <utility>

#include "actors/internal/ask_store.hpp"
#include "actors/internal/handlers.hpp"
#include "core/lifecycle.hpp"

namespace dspex {

namespace {

// Another node's transition is seen within this time.
constexpr auto record_age = std::chrono::seconds{1};

bool contains(const std::vector<caf::actor_addr>& xs,
              const caf::actor_addr& x) {
  return std::find(xs.begin(), xs.end(), x) != xs.end();
}

} // namespace

program_state::~program_state() {
  for (auto& [id, x] : runs_)
    if (x.at == phase::ended)
      x.caller.deliver(error{errc::store_unavailable,
                             "The program ended before the store confirmed "
                             "the execution",
                             {{"execution_id", to_string(id)}}});
}

program_actor::behavior_type
program_state::init(program_actor::stateful_pointer<program_state> self,
                    context_ptr ctx, program_seed seed) {
  self_ = self;
  ctx_ = std::move(ctx);
  record_ = std::move(seed.record);
  signature_ = std::move(seed.signature);
  configuration_ = std::move(seed.configuration);
  metadata_ = std::move(seed.metadata);
  describe_backend();
  refreshed_ = clock_now();
  random_.seed(static_cast<uint32_t>(std::hash<program_id>{}(record_.id)));
  set_handlers(self);
  if (record_.status == program_status::initializing
      && record_.owner_node == ctx_->node)
    close_lost_initialization();
  self->set_down_handler(
    [this](caf::scheduled_actor*, caf::down_msg& msg) { on_down(msg.source); });
  self->set_exit_handler([this](caf::scheduled_actor*, caf::exit_msg& msg) {
    stopping_ = std::move(msg.reason);
    drain();
  });
  return {
    [this](const action_request& request) { return handle(request); },
    [this](execute_request& request) -> caf::result<execution_result> {
      auto caller = make_promise<execution_result>(self_,
                                                   errc::backend_unavailable);
      accept_fresh({std::move(request), std::move(caller)});
      return caf::delegated<execution_result>{};
    },
    [this](execute_call& call) { accept_fresh(std::move(call)); },
    [this](const cancel_request& msg) -> caf::result<done> {
      auto why = error{errc::cancelled, "The execution was cancelled"};
      if (auto ok = cancel(msg.id, std::move(why)); !ok)
        return to_caf(ok.error());
      return done{};
    },
    [this](backend_done& msg) { on_backend_done(msg); },
    [this](executions_committed& msg) { on_committed(msg); },
    [this](const deadline_tick& msg) {
      if (msg.epoch == deadline_epoch_)
        on_deadline();
    },
    [this](const retry_run& msg) {
      auto i = runs_.find(msg.id);
      if (i != runs_.end() && i->second.at == phase::running
          && i->second.record.attempt == msg.attempt)
        start(i->second);
    },
    [this](const drain_tick&) {
      auto open = std::vector<execution_id>{};
      for (auto& [id, x] : runs_)
        if (x.at != phase::ended)
          open.push_back(id);
      auto why = stopping_ ? end_of_service()
                           : error{errc::cancelled, "The program was archived"};
      for (auto& id : open)
        static_cast<void>(cancel(id, why));
    },
    [this](const resend_tick&) {
      looking_for_tracker_ = false;
      tell_new_tracker();
    },
  };
}

// -- lifecycle ----------------------------------------------------------------

caf::result<document> program_state::handle(const action_request& request) {
  auto answer = make_promise<document>(self_, errc::backend_unavailable);
  if (request.action == "program.initialize")
    initialize(answer);
  else if (request.action == "program.archive")
    archive(answer);
  else
    answer.deliver(
      error{errc::invalid_option, "Unknown action: " + request.action});
  return caf::delegated<document>{};
}

void program_state::initialize(const promise<document>& answer) {
  auto change = program_transition{.action = program_action::initialize,
                                   .node = ctx_->node};
  ask_store(
    self_, ctx_, access::read_write,
    [id = record_.id, change](store& s) {
      return s.transition_program(id, change);
    },
    [this, answer](result<program_record> outcome) {
      if (!outcome) {
        // Another node may have been quicker: the next run looks again.
        refreshed_ = {};
        return answer.deliver(outcome.error());
      }
      record_ = std::move(*outcome);
      prepare_backend(answer);
    });
}

void program_state::describe_backend() {
  backend_ = std::make_shared<const backend_program>(backend_program{
    record_.id, record_.generation, record_.signature.module,
    record_.signature.version, signature_, configuration_.backend});
}

void program_state::prepare_backend(const promise<document>& answer) {
  describe_backend();
  auto front = ctx_->adapters.at(record_.adapter_type).get();
  if (!front)
    return end_initialization(
      answer, fail(errc::backend_unavailable,
                   "The adapter " + record_.adapter_type + " is restarting"));
  self_->request(front, configuration_.init_timeout, backend_create{backend_})
    .then([this, answer](
            std::string& id) { end_initialization(answer, std::move(id)); },
          [this, answer](caf::error& err) {
            end_initialization(answer,
                               fail(from_caf(err, errc::backend_unavailable)));
          });
}

void program_state::end_initialization(const promise<document>& answer,
                                       result<std::string> outcome) {
  auto change = program_transition{.expected_generation = record_.generation};
  if (outcome) {
    change.action = program_action::become_ready;
    change.backend_program_id = *outcome;
  } else {
    change.action = program_action::become_error;
    change.error_code = outcome.error().code;
    change.error_message = outcome.error().message;
  }
  auto failure = outcome ? error{errc::none, {}} : outcome.error();
  ask_store(
    self_, ctx_, access::read_write,
    [id = record_.id, change](store& s) {
      return s.transition_program(id, change);
    },
    [this, answer, failure](result<program_record> changed) {
      if (changed)
        record_ = std::move(*changed);
      refreshed_ = clock_now();
      if (failure.code != errc::none)
        answer.deliver(failure);
      else if (!changed)
        answer.deliver(changed.error());
      else
        answer.deliver(document{to_json(record_)});
    });
}

void program_state::close_lost_initialization() {
  auto change = program_transition{
    .action = program_action::become_error,
    .expected_generation = record_.generation,
    .error_code = errc::interrupted,
    .error_message = "The program actor died while it initialized"};
  waiting_for_record_.emplace_back([] {});
  ask_store(
    self_, ctx_, access::read_write,
    [id = record_.id, change](store& s) {
      return s.transition_program(id, change);
    },
    [this](result<program_record> outcome) { on_record(std::move(outcome)); });
}

void program_state::archive(const promise<document>& answer) {
  ask_store(
    self_, ctx_, access::read_write,
    [id = record_.id](store& s) {
      return s.transition_program(
        id, program_transition{.action = program_action::archive});
    },
    [this, answer](result<program_record> outcome) {
      if (!outcome)
        return answer.deliver(outcome.error());
      record_ = std::move(*outcome);
      answer.deliver(document{to_json(record_)});
      drain();
    });
}

void program_state::drain() {
  draining_ = true;
  auto grace = configuration_.drain_timeout;
  if (stopping_)
    grace = std::min(grace, ctx_->drain_limit);
  self_->delayed_send(self_, grace, drain_tick{});
  quit_when_drained();
}

void program_state::quit_when_drained() {
  if (!draining_ || !runs_.empty())
    return;
  draining_ = false;
  if (record_.status == program_status::archived)
    delete_backend_program();
  if (stopping_)
    self_->quit(*stopping_);
}

void program_state::delete_backend_program() {
  if (record_.backend_program_id.empty())
    return;
  if (auto front = ctx_->adapters.at(record_.adapter_type).get())
    self_->send(front, backend_delete{record_.backend_program_id});
}

void program_state::accept_fresh(execute_call call) {
  if (is_fresh())
    return accept(call.request, call.answer);
  with_fresh_record(
    [this, call = std::move(call)] { accept(call.request, call.answer); });
}

bool program_state::is_fresh() const {
  return waiting_for_record_.empty() && clock_now() - refreshed_ <= record_age;
}

void program_state::with_fresh_record(std::function<void()> next) {
  if (is_fresh())
    return next();
  waiting_for_record_.push_back(std::move(next));
  if (waiting_for_record_.size() > 1)
    return;
  ask_store(
    self_, ctx_, access::read_only,
    [id = record_.id](store& s) { return s.get_program(id); },
    [this](result<program_record> outcome) { on_record(std::move(outcome)); });
}

void program_state::on_record(result<program_record> outcome) {
  // Without an answer the last known state stands.
  if (outcome && outcome->generation >= record_.generation)
    record_ = std::move(*outcome);
  refreshed_ = clock_now();
  for (auto& f : std::exchange(waiting_for_record_, {}))
    f();
}

// -- other actors -------------------------------------------------------------

void program_state::on_down(const caf::actor_addr& who) {
  std::erase(watched_, who);
  auto lost = std::vector<execution_id>{};
  for (auto& [id, x] : runs_)
    if (x.at == phase::running && x.holder == who)
      lost.push_back(id);
  for (auto& id : lost) {
    auto msg = backend_done{id,
                            runs_.at(id).record.attempt,
                            {fail(errc::backend_unavailable,
                                  "The adapter " + record_.adapter_type
                                    + " died while it held the execution")}};
    on_backend_done(msg);
  }
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
