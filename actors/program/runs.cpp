// The runs of a program, from admission to the answer.

#include <algorithm>
#include <utility>

#include <caf/send.hpp>

#include "actors/actions/arguments.hpp"
#include "actors/executions/outcome.hpp"
#include "actors/executions/validate.hpp"
#include "actors/program/program.hpp"
#include "core/lifecycle.hpp"

namespace dspex {

namespace {

// The first delay before another attempt on a backend; doubled each time, and
// spread by half of it both ways.
constexpr auto retry_delay = std::chrono::milliseconds{100};

} // namespace

// -- admission ----------------------------------------------------------------

error program_state::end_of_service() const {
  if (ctx_->stopping)
    return {errc::shutting_down, "The node is stopping"};
  return {errc::backend_unavailable, "The program manager is restarting"};
}

result<void> program_state::admit() const {
  if (stopping_)
    return fail(end_of_service());
  if (auto ok = check_execute(facts_.record); !ok)
    return ok;
  if (ctx_->saturated)
    return fail(errc::overloaded, "Too many executions wait for the store");
  if (book_.running() + book_.waiting()
      >= facts_.configuration.max_concurrency + facts_.configuration.max_queue)
    return fail(errc::overloaded,
                "Program is at its limit of "
                  + std::to_string(facts_.configuration.max_concurrency)
                  + " running and "
                  + std::to_string(facts_.configuration.max_queue)
                  + " waiting executions");
  return {};
}

void program_state::accept_fresh(execute_call&& call) {
  auto t = clock_now();
  touch(t);
  auto serve = [this](execute_call& x) {
    if (facts_.record.ephemeral)
      accept_ephemeral(std::move(x));
    else
      accept(std::move(x));
  };
  if (watch_.is_fresh(t))
    return serve(call);
  with_fresh_record([this, serve, call = std::move(call)]() mutable {
    touch(clock_now());
    serve(call);
  });
}

void program_state::accept(execute_call&& call) {
  auto& request = call.request;
  auto& caller = call.answer;
  if (auto ok = admit(); !ok)
    return caller.deliver(ok.error());
  auto options = parse_execute_options(*request.options);
  if (!options)
    return caller.deliver(options.error());
  auto id = options->id.value_or(request.id.is_nil() ? execution_id::make()
                                                     : request.id);
  if (auto* found = book_.find(id)) {
    // The same request once more: this run only waits for that one's answer.
    auto* other = found->check.get();
    if (!options->idempotency_key || other == nullptr
        || other->key != *options->idempotency_key)
      return caller.deliver(error{
        errc::conflict, "Execution id is already used: " + to_string(id)});
    id = execution_id::make();
  }
  auto& x = book_.add(id);
  x.caller = std::move(caller);
  x.on_chunk = std::move(call.on_chunk);
  x.on = backends_.enter();
  x.durability = options->durability.value_or(facts_.configuration.durability);
  // `accept_fresh` has just set it, which saves reading the clock again.
  x.accepted = last_used_;
  auto& r = x.record;
  r.program_id = facts_.record.id;
  r.inputs = std::move(request.inputs);
  r.executed_at = now();
  r.inserted_at = r.updated_at = r.executed_at;
  r.node = ctx_->node;
  r.metadata = facts_.metadata;
  if (!request.options->empty()) {
    auto metadata = *facts_.metadata;
    metadata["options"] = *request.options;
    for (auto& [key, value] : options->metadata.items())
      metadata[key] = value;
    r.metadata = document{std::move(metadata)};
  }
  book_.set_deadline(
    x, x.accepted + options->timeout.value_or(facts_.configuration.timeout));
  arm_deadline();
  if (auto ok = make_valid(facts_.signature, side::inputs, r.inputs,
                           ctx_->config.limits.max_document_bytes);
      !ok)
    return end(x, fail(ok.error()), clock_now());
  if (!options->id && !options->idempotency_key)
    return enqueue(x);
  x.check = std::make_unique<precondition>();
  x.check->given_id = options->id.has_value();
  x.check->key = options->idempotency_key.value_or("");
  check(x);
}

void program_state::enqueue(run& x) {
  auto& r = x.record;
  note_accepted(*ctx_, r);
  auto starts = book_.enqueue(x, facts_.configuration.max_concurrency);
  if (starts) {
    r.status = execution_status::running;
    r.started_at = x.check == nullptr ? r.executed_at : now();
  }
  // Whoever knows the id before it is used may ask for it at once.
  if (x.check != nullptr)
    announce(x);
  else
    announce_soon(x);
  if (starts)
    start(x);
  gauge_->update(book_.running(), book_.waiting());
}

// -- running ------------------------------------------------------------------

void program_state::start(run& x) {
  x.on->present = true;
  start_soon(x);
}

void program_state::start_waiting(time_point t) {
  while (auto* x = book_.start_next(facts_.configuration.max_concurrency, t)) {
    x->record.status = execution_status::running;
    x->record.started_at = now();
    if (x->announced)
      tell(execution_started{x->record.id, *x->record.started_at});
    start(*x);
  }
  gauge_->update(book_.running(), book_.waiting());
}

void program_state::on_backend_chunk(const backend_chunk& msg) {
  auto* x = book_.find(msg.id, run_phase::running);
  if (x != nullptr && x->record.attempt == msg.attempt)
    x->on_chunk(msg.chunk);
}

void program_state::on_backend_done(backend_done& msg, time_point t) {
  auto* found = book_.find(msg.id, run_phase::running);
  if (found == nullptr || found->record.attempt != msg.attempt)
    return;
  auto& x = *found;
  auto& outputs = msg.reply.outputs;
  auto& added = msg.reply.metadata;
  if (!added.is_null() && !added.is_object())
    added = json::object({{"raw_metadata", std::move(added)}});
  if (outputs)
    if (auto ok = make_valid(facts_.signature, side::outputs, *outputs); !ok) {
      added["raw"] = std::move(*outputs);
      outputs = fail(std::move(ok.error()));
    }
  if (!added.empty()) {
    auto metadata = *x.record.metadata;
    metadata.update(added);
    x.record.metadata = document{std::move(metadata)};
  }
  auto code = outputs ? errc::none : outputs.error().code;
  if ((code == errc::backend_unavailable || code == errc::overloaded)
      && static_cast<size_t>(x.record.attempt)
           < facts_.configuration.retry_max_attempts)
    return retry_later(x);
  end(x, std::move(outputs), t);
}

void program_state::retry_later(run& x) {
  x.holder = nullptr;
  auto factor = 1 << std::min(x.record.attempt - 1, 10);
  auto spread = std::uniform_real_distribution<double>{0.5, 1.5}(random_);
  ++x.record.attempt;
  auto delay
    = std::chrono::duration_cast<caf::timespan>(retry_delay * factor * spread);
  after(delay, [this, id = x.record.id, attempt = x.record.attempt] {
    auto* again = book_.find(id, run_phase::running);
    if (again != nullptr && again->record.attempt == attempt)
      start(*again);
  });
}

result<void> program_state::cancel(execution_id id, error why) {
  auto* found = book_.find(id);
  if (found == nullptr || found->at == run_phase::ended)
    return fail(errc::invalid_transition, "Execution is already finished");
  auto& x = *found;
  if (x.at == run_phase::following) {
    drop(x, why);
    return {};
  }
  if (x.at == run_phase::running && x.holder)
    if (auto front = ctx_->adapters.at(facts_.record.adapter_type).get())
      self_->send(front, backend_cancel{id});
  end(x, fail(std::move(why)), clock_now());
  return {};
}

void program_state::cancel_behind_run(const action_request& request,
                                      const promise<document>& answer) {
  // The run may wait for the record: in line behind it.
  with_fresh_record([this, request, answer] {
    auto id = execution_id::parse(text_or(*request.arguments, "execution"));
    if (id && book_.find(*id) != nullptr) {
      auto ok = cancel(*id, {errc::cancelled, "The execution was cancelled"});
      return answer.deliver(ok.map([] { return document{}; }));
    }
    if (auto tracker = ctx_->tracker.get())
      return answer.delegate(tracker, request);
    answer.deliver(error{errc::store_unavailable, "The tracker is restarting"});
  });
}

// -- ending -------------------------------------------------------------------

void program_state::end(run& x, result<json>&& outputs, time_point t) {
  auto was = leave(x);
  // Refused before it stood in line, yet recorded.
  if (was == run_phase::accepted || was == run_phase::checking)
    note_accepted(*ctx_, x.record);
  auto elapsed
    = std::chrono::duration_cast<std::chrono::microseconds>(t - x.accepted);
  auto& r = x.record;
  r.duration_us = elapsed.count();
  r.finished_at = r.executed_at + elapsed;
  r.updated_at = *r.finished_at;
  if (outputs) {
    r.status = execution_status::completed;
    r.outputs = document{std::move(*outputs)};
  } else {
    r.status = execution_status::failed;
    r.error_code = outputs.error().code;
    r.error_message = outputs.error().message;
    x.error_details = outputs.error().details;
  }
  note_ended(*ctx_, r);
  if (x.durability == durability::async)
    x.unconfirmed = std::make_shared<unconfirmed_answer>(ctx_, r.id);
  book_.set_deadline(x, std::max(t, x.deadline) + ctx_->config.store.timeout);
  arm_deadline();
  hand_over(x);
  start_waiting(t);
}

run_phase program_state::leave(run& x) {
  auto was = book_.finish(x);
  gauge_->update(book_.running(), book_.waiting());
  delete_backend(backends_.leave(*x.on));
  return was;
}

void program_state::on_committed(executions_committed& msg) {
  for (auto& item : msg.items) {
    auto gone = book_.take(item.id);
    if (!gone)
      continue;
    auto& x = gone.mapped();
    if (x.unconfirmed && item.outcome)
      x.unconfirmed->committed();
    auto outcome = item.outcome ? outcome_of(x.record, x.error_details)
                                : fail(about(x.record, item.outcome.error()));
    settle(x, &outcome);
    x.caller.deliver(std::move(outcome));
  }
  touch(clock_now());
}

// -- deadlines ----------------------------------------------------------------

void program_state::arm_deadline() {
  auto first = book_.next_deadline();
  if (!first || (armed_for_ && *armed_for_ <= *first))
    return;
  armed_for_ = first;
  after(std::max(*first - clock_now(), time_point::duration{0}),
        [this, epoch = ++deadline_epoch_] {
          if (epoch == deadline_epoch_)
            on_deadline();
        });
}

void program_state::on_deadline() {
  armed_for_.reset();
  auto t = clock_now();
  while (auto* x = book_.take_due(t)) {
    // The record of an ended run stays on its way; only the caller waits no
    // longer.
    if (x->at == run_phase::ended)
      x->caller.deliver(
        about(x->record, {errc::store_unavailable,
                          "The store did not confirm the execution in time"}));
    else
      static_cast<void>(cancel(
        x->record.id, {errc::timeout, "The execution did not finish in time"}));
  }
  arm_deadline();
}

} // namespace dspex
