#include "actors/program/lifecycle.hpp"

#include <algorithm>
#include <utility>

#include "actors/actions/arguments.hpp"
#include "actors/actions/table.hpp"
#include "actors/kit/ask_store.hpp"
#include "actors/kit/restarting.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "persistence/row_logic.hpp"

namespace dspex {

namespace {

// How long to wait before the end of an initialization, which the store could
// not take, is recorded again.
constexpr auto record_delay = std::chrono::seconds{1};

// How long an ephemeral program waits before it reads its record again while
// another node makes it ready.
constexpr auto reread_delay = std::chrono::milliseconds{50};

const auto no_error = error{errc::none, {}};

result<std::optional<document>> configuration_from(const json& arguments) {
  auto i = arguments.find("configuration");
  if (i == arguments.end())
    return std::nullopt;
  return parse_program_configuration(*i).map(
    [&](const program_configuration&) { return std::optional{document{*i}}; });
}

} // namespace

void program_lifecycle::init() {
  core_.last_used = core_.clock_now();
  watch_.renew(core_.last_used);
  if (initializes_here())
    close_lost_initialization();
}

bool program_lifecycle::is_idle() const {
  return watch_.empty() && waiting_calls_.empty()
         && open_actions_.use_count() == 1 && !initializes_here();
}

bool program_lifecycle::initializes_here() const {
  return core_.facts.record.status == program_status::initializing
         && core_.facts.record.owner_node == core_.ctx->node;
}

// -- the record ---------------------------------------------------------------

void program_lifecycle::with_fresh_record(std::function<void()> next) {
  if (watch_.is_fresh(core_.clock_now()))
    return next();
  auto refresh = watch_.wait(std::move(next));
  if (!refresh)
    return;
  if (refresh->ask)
    ask_store(
      core_.self, core_.ctx, access::read_only,
      [id = core_.facts.record.id](store& s) { return s.get_program(id); },
      [this](result<program_record> outcome) {
        watch_.on_answer();
        on_record(std::move(outcome));
      });
  core_.after(record_watch::limit, [this, number = refresh->number] {
    for (auto& f : watch_.give_up(number, core_.clock_now()))
      f();
  });
}

void program_lifecycle::on_record(result<program_record> outcome) {
  auto destroyed = !outcome && outcome.error().code == errc::not_found;
  if (outcome)
    adopt(std::move(*outcome));
  else if (destroyed)
    core_.facts.record.status = program_status::archived;
  // After any other error the last known record counts.
  for (auto& f : watch_.end(core_.clock_now()))
    f();
  if (destroyed && core_.book.empty())
    core_.self->quit();
}

void program_lifecycle::adopt(program_record next) {
  auto& record = core_.facts.record;
  // A read may be overtaken by a transition.
  if (next.generation < record.generation)
    return;
  auto old = std::exchange(record, std::move(next));
  watch_.renew(core_.clock_now());
  if (*record.configuration != *old.configuration) {
    auto changed = parse_program_configuration(*record.configuration);
    if (changed)
      core_.facts.configuration = std::move(*changed);
    else
      log_event(log_level::error, "program", to_string(changed.error()),
                {{"program", to_string(record.id)}});
  }
  core_.delete_backend(core_.backends.adopt(core_.facts));
  if (record.status == program_status::archived && old.status != record.status)
    runs_.drain();
}

// -- runs ---------------------------------------------------------------------

void program_lifecycle::accept(execute_call&& call) {
  auto t = core_.clock_now();
  core_.last_used = t;
  if (watch_.is_fresh(t))
    return serve(std::move(call));
  with_fresh_record([this, call = std::move(call)]() mutable {
    core_.last_used = core_.clock_now();
    serve(std::move(call));
  });
}

void program_lifecycle::serve(execute_call&& call) {
  if (core_.facts.record.ephemeral)
    accept_ephemeral(std::move(call));
  else
    runs_.accept(std::move(call));
}

// -- actions ------------------------------------------------------------------

void program_lifecycle::act(const action_call& call) {
  using me = program_lifecycle;
  static constexpr action_handler<me> table[] = {
    {"program.initialize", &me::initialize},
    {"program.reinitialize", &me::reinitialize},
    {"program.archive", &me::archive},
    {"program.update", &me::update},
    {"program.destroy", &me::destroy},
  };
  static_assert(covers(table, action_owner::program));
  call.answer.hold(open_actions_);
  core_.last_used = core_.clock_now();
  if (!carry_out(*this, table, call))
    call.answer.deliver(unknown_action(call));
}

// -- initialize ---------------------------------------------------------------

void program_lifecycle::initialize(const action_call& call) {
  begin(program_action::initialize, call.answer);
}

void program_lifecycle::begin(program_action how,
                              const promise<document>& answer,
                              std::optional<document> configuration) {
  auto change = program_transition{.action = how,
                                   .node = core_.ctx->node,
                                   .configuration = std::move(configuration)};
  ask_store(
    core_.self, core_.ctx, access::read_write,
    [id = core_.facts.record.id, change](store& s) {
      return s.transition_program(id, change);
    },
    [this, answer](result<program_record> outcome) {
      if (outcome) {
        adopt(std::move(*outcome));
        return prepare_backend(answer);
      }
      // Another node may have been quicker, so the next run reads the record
      // again.
      watch_.expire();
      answer.deliver(outcome.error());
      serve_waiting_calls(outcome.error());
    });
}

void program_lifecycle::reinitialize(const action_call& call) {
  auto configuration = configuration_from(call.arguments());
  if (!configuration)
    return call.answer.deliver(configuration.error());
  begin(program_action::reinitialize, call.answer, std::move(*configuration));
}

void program_lifecycle::prepare_backend(const promise<document>& answer) {
  auto attempt = core_.facts.record.generation;
  auto front = core_.front();
  if (!front)
    return end_initialization(
      attempt, answer,
      fail(restarting("adapter " + core_.facts.record.adapter_type)));
  core_.self
    ->request(front, core_.facts.configuration.init_timeout,
              backend_create{core_.backends.program()})
    .then(
      [this, attempt, answer](std::string& id) {
        end_initialization(attempt, answer, std::move(id));
      },
      [this, attempt, answer](caf::error& err) {
        end_initialization(attempt, answer,
                           fail(from_caf(err, errc::backend_unavailable)));
      });
}

void program_lifecycle::end_initialization(int64_t attempt,
                                           const promise<document>& answer,
                                           result<std::string> outcome) {
  auto change = program_transition{.expected_generation = attempt};
  if (outcome) {
    change.action = program_action::become_ready;
    change.backend_program_id = *outcome;
  } else {
    change.action = program_action::become_error;
    change.error_code = outcome.error().code;
    change.error_message = outcome.error().message;
  }
  record_end(change, answer, outcome ? no_error : outcome.error());
}

void program_lifecycle::record_end(const program_transition& change,
                                   const promise<document>& answer,
                                   const error& failure) {
  ask_store(
    core_.self, core_.ctx, access::read_write,
    [id = core_.facts.record.id, change](store& s) {
      return s.transition_program(id, change);
    },
    [this, change, answer, failure](result<program_record> changed) {
      auto& what = failure.code == errc::none && !changed ? changed.error()
                                                          : failure;
      if (changed) {
        adopt(std::move(*changed));
      } else if (is_retryable(changed.error().code)) {
        // No other node ends the initialization while this one lives.
        log_event(log_level::warn, "program", to_string(changed.error()),
                  {{"program", to_string(core_.facts.record.id)}});
        core_.after(record_delay, [this, change, failure] {
          record_end(change, {}, failure);
        });
      } else {
        // The record has left this attempt behind, so no run will use what it
        // has made.
        watch_.expire();
        if (!change.backend_program_id.empty())
          core_.delete_backend(change.backend_program_id);
      }
      if (what.code == errc::none)
        answer.deliver(document{to_json(core_.facts.record)});
      else
        answer.deliver(what);
      serve_waiting_calls(what);
    });
}

void program_lifecycle::close_lost_initialization() {
  // The runs of the earlier actor died with it, so no run uses its backend
  // program.
  if (!core_.facts.record.backend_program_id.empty())
    core_.delete_backend(core_.facts.record.backend_program_id);
  auto change = program_transition{
    .action = program_action::become_error,
    .expected_generation = core_.facts.record.generation,
    .error_code = errc::interrupted,
    .error_message = "The program actor died while it initialized"};
  watch_.hold();
  ask_store(
    core_.self, core_.ctx, access::read_write,
    [id = core_.facts.record.id, change](store& s) {
      return s.transition_program(id, change);
    },
    [this](result<program_record> outcome) { on_record(std::move(outcome)); });
}

// -- ephemeral programs -------------------------------------------------------

void program_lifecycle::accept_ephemeral(execute_call&& call) {
  auto status = core_.facts.record.status;
  if (runs_.stopping() || status == program_status::ready
      || status == program_status::archived) {
    runs_.accept(std::move(call));
    return core_.delete_backend(core_.backends.clear());
  }
  auto limit = core_.facts.configuration.max_concurrency
               + core_.facts.configuration.max_queue;
  if (waiting_calls_.size() >= limit)
    return call.answer.deliver(
      error{errc::overloaded, "Too many executions wait for the program"});
  waiting_calls_.push_back(std::move(call));
  if (waiting_calls_.size() > 1)
    return;
  switch (status) {
    case program_status::draft:
      return begin(program_action::initialize, {});
    case program_status::error:
      return begin(program_action::reinitialize, {});
    default:
      // Another node has begun to make the program ready.
      core_.after(reread_delay, [this] {
        watch_.expire();
        for (auto& x : std::exchange(waiting_calls_, {}))
          accept(std::move(x));
      });
  }
}

void program_lifecycle::serve_waiting_calls(const error& failure) {
  auto reread = failure.code == errc::invalid_transition
                || failure.code == errc::conflict;
  for (auto& call : std::exchange(waiting_calls_, {}))
    if (failure.code == errc::none)
      runs_.accept(std::move(call));
    else if (reread)
      accept(std::move(call));
    else
      call.answer.deliver(failure);
  core_.delete_backend(core_.backends.clear());
}

// -- archive ------------------------------------------------------------------

void program_lifecycle::archive(const action_call& call) {
  ask_store(
    core_.self, core_.ctx, access::read_write,
    [id = core_.facts.record.id](store& s) {
      return s.transition_program(
        id, program_transition{.action = program_action::archive});
    },
    [this, answer = call.answer](result<program_record> outcome) {
      if (!outcome)
        return answer.deliver(outcome.error());
      answer.deliver(document{to_json(*outcome)});
      adopt(std::move(*outcome));
    });
}

// -- update and destroy -------------------------------------------------------

void program_lifecycle::update(const action_call& call) {
  auto& arguments = call.arguments();
  auto& answer = call.answer;
  auto change = program_update{};
  if (arguments.contains("name"))
    change.name = text_or(arguments, "name");
  if (change.name && is_blank(*change.name))
    return answer.deliver(error{errc::invalid_option, "Name must be present"});
  auto configuration = configuration_from(arguments);
  if (!configuration)
    return answer.deliver(configuration.error());
  change.configuration = std::move(*configuration);
  ask_store(
    core_.self, core_.ctx, access::read_write,
    [id = core_.facts.record.id, change](store& s) {
      return s.update_program(id, change);
    },
    [this, answer](result<program_record> outcome) {
      if (!outcome)
        return answer.deliver(outcome.error());
      answer.deliver(document{to_json(*outcome)});
      adopt(std::move(*outcome));
    });
}

void program_lifecycle::destroy(const action_call& call) {
  if (core_.facts.record.status == program_status::archived
      && !core_.book.empty())
    return call.answer.deliver(program_drains());
  auto cascade = call.arguments().value("cascade", false);
  ask_store(
    core_.self, core_.ctx, access::read_write,
    [id = core_.facts.record.id, cascade](store& s) {
      return s.destroy_program(id, cascade);
    },
    [this, answer = call.answer](result<void> outcome) {
      if (!outcome)
        return answer.deliver(outcome.error());
      answer.deliver(document{});
      core_.self->quit();
    });
}

} // namespace dspex
