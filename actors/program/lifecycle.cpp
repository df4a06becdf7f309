// The transitions of a program.

#include "core/lifecycle.hpp"

#include <algorithm>
#include <utility>

#include "actors/actions/arguments.hpp"
#include "actors/kit/ask_store.hpp"
#include "actors/program/program.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "persistence/row_logic.hpp"

namespace dspex {

namespace {

// The end of an initialization that the store could not take is recorded again
// after this long.
constexpr auto record_delay = std::chrono::seconds{1};

// How often an ephemeral program looks whether another node made it ready.
constexpr auto look_delay = std::chrono::milliseconds{50};

const auto no_error = error{errc::none, {}};

result<std::optional<document>> configuration_from(const json& arguments) {
  auto i = arguments.find("configuration");
  if (i == arguments.end())
    return std::nullopt;
  return parse_program_configuration(*i).map(
    [&](const program_configuration&) { return std::optional{document{*i}}; });
}

} // namespace

caf::result<document> program_state::handle(const action_request& request) {
  auto answer = make_promise<document>(self_, errc::backend_unavailable);
  answer.hold(open_actions_);
  touch(clock_now());
  auto& arguments = *request.arguments;
  if (request.action == "program.initialize")
    begin(program_action::initialize, answer);
  else if (request.action == "program.reinitialize")
    reinitialize(arguments, answer);
  else if (request.action == "program.archive")
    archive(answer);
  else if (request.action == "program.update")
    update(arguments, answer);
  else if (request.action == "program.destroy")
    destroy(arguments, answer);
  else if (request.action == "execution.cancel")
    cancel_behind_run(request, answer);
  else
    answer.deliver(
      error{errc::invalid_option, "Unknown action: " + request.action});
  return caf::delegated<document>{};
}

// -- initialize ---------------------------------------------------------------

void program_state::begin(program_action how, const promise<document>& answer,
                          std::optional<document> configuration) {
  auto change = program_transition{.action = how,
                                   .node = ctx_->node,
                                   .configuration = std::move(configuration)};
  ask_store(
    self_, ctx_, access::read_write,
    [id = facts_.record.id, change](store& s) {
      return s.transition_program(id, change);
    },
    [this, answer](result<program_record> outcome) {
      if (outcome) {
        adopt(std::move(*outcome));
        return prepare_backend(answer);
      }
      // Another node may have been quicker: the next run looks again.
      watch_.expire();
      answer.deliver(outcome.error());
      serve_waiting_calls(outcome.error());
    });
}

void program_state::reinitialize(const json& arguments,
                                 const promise<document>& answer) {
  auto configuration = configuration_from(arguments);
  if (!configuration)
    return answer.deliver(configuration.error());
  begin(program_action::reinitialize, answer, std::move(*configuration));
}

void program_state::prepare_backend(const promise<document>& answer) {
  auto attempt = facts_.record.generation;
  auto front = ctx_->adapters.at(facts_.record.adapter_type).get();
  if (!front)
    return end_initialization(
      attempt, answer,
      fail(errc::backend_unavailable,
           "The adapter " + facts_.record.adapter_type + " is restarting"));
  self_
    ->request(front, facts_.configuration.init_timeout,
              backend_create{backends_.program()})
    .then(
      [this, attempt, answer](std::string& id) {
        end_initialization(attempt, answer, std::move(id));
      },
      [this, attempt, answer](caf::error& err) {
        end_initialization(attempt, answer,
                           fail(from_caf(err, errc::backend_unavailable)));
      });
}

void program_state::end_initialization(int64_t attempt,
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

void program_state::record_end(const program_transition& change,
                               const promise<document>& answer,
                               const error& failure) {
  ask_store(
    self_, ctx_, access::read_write,
    [id = facts_.record.id, change](store& s) {
      return s.transition_program(id, change);
    },
    [this, change, answer, failure](result<program_record> changed) {
      auto& what = failure.code == errc::none && !changed ? changed.error()
                                                          : failure;
      if (changed) {
        adopt(std::move(*changed));
      } else if (is_retryable(changed.error().code)) {
        // Nobody else ends it while this node lives.
        log_event(log_level::warn, "program", to_string(changed.error()),
                  {{"program", to_string(facts_.record.id)}});
        after(record_delay,
              [this, change, failure] { record_end(change, {}, failure); });
      } else {
        // The program has moved on without this attempt.
        watch_.expire();
        if (!change.backend_program_id.empty())
          delete_backend(change.backend_program_id);
      }
      if (what.code == errc::none)
        answer.deliver(document{to_json(facts_.record)});
      else
        answer.deliver(what);
      serve_waiting_calls(what);
    });
}

void program_state::close_lost_initialization() {
  // Its runs died with the actor.
  if (!facts_.record.backend_program_id.empty())
    delete_backend(facts_.record.backend_program_id);
  auto change = program_transition{
    .action = program_action::become_error,
    .expected_generation = facts_.record.generation,
    .error_code = errc::interrupted,
    .error_message = "The program actor died while it initialized"};
  watch_.hold();
  ask_store(
    self_, ctx_, access::read_write,
    [id = facts_.record.id, change](store& s) {
      return s.transition_program(id, change);
    },
    [this](result<program_record> outcome) { on_record(std::move(outcome)); });
}

// -- ephemeral programs -------------------------------------------------------

void program_state::accept_ephemeral(execute_call&& call) {
  if (stopping_ || facts_.record.status == program_status::ready
      || facts_.record.status == program_status::archived) {
    accept(std::move(call));
    return delete_backend(backends_.clear());
  }
  auto limit = facts_.configuration.max_concurrency
               + facts_.configuration.max_queue;
  if (waiting_for_backend_.size() >= limit)
    return call.answer.deliver(
      error{errc::overloaded, "Too many executions wait for the program"});
  waiting_for_backend_.push_back(std::move(call));
  if (waiting_for_backend_.size() > 1)
    return;
  switch (facts_.record.status) {
    case program_status::draft:
      return begin(program_action::initialize, {});
    case program_status::error:
      return begin(program_action::reinitialize, {});
    default:
      // Another node has begun.
      after(look_delay, [this] {
        watch_.expire();
        for (auto& x : std::exchange(waiting_for_backend_, {}))
          accept_fresh(std::move(x));
      });
  }
}

void program_state::serve_waiting_calls(const error& failure) {
  auto look_again = failure.code == errc::invalid_transition
                    || failure.code == errc::conflict;
  for (auto& call : std::exchange(waiting_for_backend_, {}))
    if (failure.code == errc::none)
      accept(std::move(call));
    else if (look_again)
      accept_fresh(std::move(call));
    else
      call.answer.deliver(failure);
  delete_backend(backends_.clear());
}

// -- archive ------------------------------------------------------------------

void program_state::archive(const promise<document>& answer) {
  ask_store(
    self_, ctx_, access::read_write,
    [id = facts_.record.id](store& s) {
      return s.transition_program(
        id, program_transition{.action = program_action::archive});
    },
    [this, answer](result<program_record> outcome) {
      if (!outcome)
        return answer.deliver(outcome.error());
      answer.deliver(document{to_json(*outcome)});
      adopt(std::move(*outcome));
    });
}

void program_state::drain() {
  draining_ = true;
  auto grace = facts_.configuration.drain_timeout;
  if (stopping_)
    grace = std::min(grace, ctx_->drain_limit);
  after(grace, [this] { end_drain(); });
  quit_when_drained();
}

void program_state::end_drain() {
  auto open = std::vector<execution_id>{};
  for (auto& [id, x] : book_)
    if (x.at != run_phase::ended)
      open.push_back(id);
  auto why = stopping_ ? end_of_service()
                       : error{errc::cancelled, "The program was archived"};
  for (auto& id : open)
    static_cast<void>(cancel(id, why));
  if (stopping_)
    wait_for_confirmations();
}

void program_state::quit_when_drained() {
  if (!draining_ || !book_.empty())
    return;
  draining_ = false;
  if (stopping_)
    self_->quit(*stopping_);
}

void program_state::wait_for_confirmations() {
  auto t = clock_now();
  if (!confirmed_until_) {
    confirmed_until_ = t + store_deadline(*ctx_);
    after(store_deadline(*ctx_), [this] { end_drain(); });
  } else if (t >= *confirmed_until_) {
    self_->quit(*stopping_);
  }
}

// -- update and destroy -------------------------------------------------------

void program_state::update(const json& arguments,
                           const promise<document>& answer) {
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
    self_, ctx_, access::read_write,
    [id = facts_.record.id, change](store& s) {
      return s.update_program(id, change);
    },
    [this, answer](result<program_record> outcome) {
      if (!outcome)
        return answer.deliver(outcome.error());
      answer.deliver(document{to_json(*outcome)});
      adopt(std::move(*outcome));
    });
}

void program_state::destroy(const json& arguments,
                            const promise<document>& answer) {
  if (facts_.record.status == program_status::archived && !book_.empty())
    return answer.deliver(program_drains());
  auto cascade = arguments.value("cascade", false);
  ask_store(
    self_, ctx_, access::read_write,
    [id = facts_.record.id, cascade](store& s) {
      return s.destroy_program(id, cascade);
    },
    [this, answer](result<void> outcome) {
      if (!outcome)
        return answer.deliver(outcome.error());
      answer.deliver(document{});
      self_->quit();
    });
}

} // namespace dspex
