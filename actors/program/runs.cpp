#include "actors/program/runs.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "actors/executions/outcome.hpp"
#include "actors/executions/validate.hpp"
#include "core/backoff.hpp"
#include "core/lifecycle.hpp"

namespace dspex {

namespace {

// How long a run waits before another attempt on a backend.
constexpr auto retries = backoff{.initial = std::chrono::milliseconds{100},
                                 .max = std::chrono::milliseconds{102'400},
                                 .jitter = 0.5};

// The metadata of a run: those of its program, what the caller asked for, and
// the caller's own.
document metadata_of(const program_facts& facts, const json& given,
                     const execute_options& options) {
  if (given.empty())
    return facts.metadata;
  auto metadata = *facts.metadata;
  metadata["options"] = given;
  for (auto& [key, value] : options.metadata.items())
    metadata[key] = value;
  return document{std::move(metadata)};
}

} // namespace

void program_runs::init() {
  gauge_.emplace(core_.ctx);
  random_.seed(
    static_cast<uint32_t>(std::hash<program_id>{}(core_.facts.record.id)));
}

// -- admission ----------------------------------------------------------------

result<void> program_runs::admit() const {
  if (stopping_)
    return fail(core_.end_of_service());
  if (auto ok = check_execute(core_.facts.record); !ok)
    return ok;
  if (core_.ctx->saturated)
    return fail(errc::overloaded, "Too many executions wait for the store");
  auto& limits = core_.facts.configuration;
  if (core_.book.running() + core_.book.waiting()
      >= limits.max_concurrency + limits.max_queue)
    return fail(errc::overloaded,
                "Program is at its limit of "
                  + std::to_string(limits.max_concurrency) + " running and "
                  + std::to_string(limits.max_queue) + " waiting executions");
  return {};
}

void program_runs::accept(execute_call&& call) {
  auto& request = call.request;
  auto& caller = call.answer;
  auto& facts = core_.facts;
  if (auto ok = admit(); !ok)
    return caller.deliver(ok.error());
  auto options = parse_execute_options(*request.options);
  if (!options)
    return caller.deliver(options.error());
  auto id = options->id.value_or(request.id.is_nil() ? execution_id::make()
                                                     : request.id);
  if (auto* found = core_.book.find(id)) {
    // The same request once more: this run only waits for that one's answer.
    auto* other = found->check.get();
    if (!options->idempotency_key || other == nullptr
        || other->key != *options->idempotency_key)
      return caller.deliver(id_is_taken(id));
    id = execution_id::make();
  }
  auto in_flight = call.run != nullptr && call.run->id() == id
                     ? std::move(call.run)
                     : core_.ctx->in_flight.add(id);
  // Another program of this node runs under the id.
  if (in_flight == nullptr)
    return caller.deliver(id_is_taken(id));
  auto& x = core_.book.add(id);
  x.in_flight = std::move(in_flight);
  auto cancelled = !x.in_flight->take(core_.self->address());
  x.caller = std::move(caller);
  x.on_chunk = std::move(call.on_chunk);
  x.on = core_.backends.enter();
  x.durability = options->durability.value_or(facts.configuration.durability);
  x.accepted = core_.last_used;
  x.lasts_at = x.accepted + core_.ctx->config.tracker.live_after;
  auto& r = x.record;
  r.program_id = facts.record.id;
  r.inputs = std::move(request.inputs);
  r.executed_at = now();
  r.inserted_at = r.updated_at = r.executed_at;
  r.node = core_.ctx->node;
  r.metadata = metadata_of(facts, *request.options, *options);
  core_.book.set_deadline(
    x, x.accepted + options->timeout.value_or(facts.configuration.timeout));
  arm_deadline();
  if (cancelled)
    return end(x, fail(cancellation()), core_.clock_now());
  if (auto ok = make_valid(facts.signature, side::inputs, r.inputs,
                           core_.ctx->config.limits.max_document_bytes);
      !ok)
    return end(x, fail(ok.error()), core_.clock_now());
  if (!options->id && !options->idempotency_key)
    return enqueue(x);
  x.check = std::make_unique<precondition>();
  x.check->given_id = options->id.has_value();
  x.check->key = options->idempotency_key.value_or("");
  claims_.ask(x);
}

void program_runs::enqueue(run& x) {
  auto& r = x.record;
  note_accepted(*core_.ctx, r);
  auto starts = core_.book.enqueue(x,
                                   core_.facts.configuration.max_concurrency);
  if (starts) {
    r.status = execution_status::running;
    r.started_at = x.check == nullptr ? r.executed_at : now();
  }
  x.in_flight->show(r);
  // The claim of a key has put the run into the live table.
  if (is_claimed(x))
    x.in_flight->note_stored();
  auto t = x.check == nullptr ? x.accepted : core_.clock_now();
  if (is_claimed(x) || x.lasts_at <= t)
    courier_.tell_lasting(x);
  if (starts)
    start(x);
  gauge_->update(core_.book.running(), core_.book.waiting());
}

// -- running ------------------------------------------------------------------

void program_runs::start(run& x) {
  x.on->present = true;
  courier_.start(x);
}

void program_runs::start_waiting(time_point t) {
  auto places = core_.facts.configuration.max_concurrency;
  while (auto* x = core_.book.start_next(places, t)) {
    x->record.status = execution_status::running;
    x->record.started_at = now();
    x->in_flight->start(*x->record.started_at);
    if (x->told)
      courier_.tell(execution_started{x->record.id, *x->record.started_at});
    start(*x);
  }
  gauge_->update(core_.book.running(), core_.book.waiting());
}

void program_runs::on_chunk(const backend_chunk& msg) {
  auto* x = core_.book.find(msg.id, run_phase::running);
  if (x != nullptr && x->record.attempt == msg.attempt)
    x->on_chunk(msg.chunk);
}

void program_runs::on_replies(backend_replies& msg) {
  auto t = core_.clock_now();
  for (auto& x : msg.items)
    on_done(x, t);
}

void program_runs::on_done(backend_done& msg, time_point t) {
  auto* found = core_.book.find(msg.id, run_phase::running);
  if (found == nullptr || found->record.attempt != msg.attempt)
    return;
  auto& x = *found;
  auto& outputs = msg.reply.outputs;
  auto& added = msg.reply.metadata;
  if (!added.is_null() && !added.is_object())
    added = json::object({{"raw_metadata", std::move(added)}});
  if (outputs)
    if (auto ok = make_valid(core_.facts.signature, side::outputs, *outputs);
        !ok) {
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
           < core_.facts.configuration.retry_max_attempts)
    return retry_later(x);
  end(x, std::move(outputs), t);
}

void program_runs::retry_later(run& x) {
  x.holder = nullptr;
  auto delay = retries.delay(static_cast<size_t>(x.record.attempt), random_);
  ++x.record.attempt;
  core_.after(delay, [this, id = x.record.id, attempt = x.record.attempt] {
    auto* again = core_.book.find(id, run_phase::running);
    if (again != nullptr && again->record.attempt == attempt)
      start(*again);
  });
}

result<void> program_runs::cancel(execution_id id, error why) {
  auto* x = core_.book.find(id);
  if (x == nullptr || x->at == run_phase::ended)
    return fail(errc::invalid_transition, "Execution is already finished");
  if (x->at == run_phase::following) {
    drop(*x, why);
    return {};
  }
  if (x->at == run_phase::running && x->holder)
    if (auto front = core_.front())
      core_.self->send(front, backend_cancel{id});
  end(*x, fail(std::move(why)), core_.clock_now());
  return {};
}

void program_runs::on_down(const caf::actor_addr& who,
                           const caf::error& reason) {
  auto why = from_caf(reason, errc::backend_unavailable);
  auto& adapter = core_.facts.record.adapter_type;
  // The text of an exception is passed on, though which run caused it is not
  // known.
  auto text = why.code == errc::internal
                ? "Execution exception: " + why.message
                : "The adapter " + adapter
                    + " died while it held the execution";
  auto lost = backend_replies{};
  for (auto& [id, x] : core_.book)
    if (x.at == run_phase::running && x.holder == who)
      lost.items.push_back(
        {id, x.record.attempt, {fail(errc::backend_unavailable, text)}});
  // The replies that the front sent before it died are in the mailbox, and
  // still count. So these go behind them.
  if (!lost.items.empty())
    core_.self->send(core_.self, std::move(lost));
}

// -- ending -------------------------------------------------------------------

void program_runs::end(run& x, result<json>&& outputs, time_point t) {
  auto was = leave(x);
  // A run that is recorded is noted as accepted, even if it never stood in
  // line.
  if (was == run_phase::accepted || was == run_phase::checking)
    note_accepted(*core_.ctx, x.record);
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
  note_ended(*core_.ctx, r);
  if (x.durability == durability::async)
    x.unconfirmed = std::make_shared<unconfirmed_answer>(core_.ctx, r.id);
  core_.book.set_deadline(x, std::max(t, x.deadline)
                               + core_.ctx->config.store.timeout);
  arm_deadline();
  courier_.hand_over(x);
  start_waiting(t);
}

run_phase program_runs::leave(run& x) {
  auto was = core_.book.finish(x);
  gauge_->update(core_.book.running(), core_.book.waiting());
  core_.delete_backend(core_.backends.leave(*x.on));
  return was;
}

void program_runs::drop(run& x, const error& why) {
  x.caller.deliver(why);
  forget(x, nullptr);
}

void program_runs::share(run& x, const result<execution_result>& outcome) {
  x.caller.deliver(outcome);
  forget(x, &outcome);
}

void program_runs::abandon(run& x, const error& why) {
  x.caller.deliver(about(x.record, why));
  end(x, fail(why), core_.clock_now());
}

void program_runs::forget(run& x, const result<execution_result>* shared) {
  leave(x);
  auto gone = core_.book.take(x.record.id);
  claims_.settle(gone.mapped(), shared);
  quit_when_drained();
}

void program_runs::on_committed(executions_committed& msg) {
  for (auto& item : msg.items) {
    auto gone = core_.book.take(item.id);
    if (!gone)
      continue;
    auto& x = gone.mapped();
    if (x.unconfirmed && item.outcome)
      x.unconfirmed->committed();
    auto outcome = item.outcome ? outcome_of(x.record, x.error_details)
                                : fail(about(x.record, item.outcome.error()));
    claims_.settle(x, &outcome);
    quit_when_drained();
    x.caller.deliver(std::move(outcome));
  }
  core_.last_used = core_.clock_now();
}

// -- deadlines ----------------------------------------------------------------

void program_runs::arm_deadline() {
  auto first = core_.book.next_deadline();
  if (!first || (armed_for_ && *armed_for_ <= *first))
    return;
  armed_for_ = first;
  core_.after(std::max(*first - core_.clock_now(), time_point::duration{0}),
              [this, t = *first] {
                if (armed_for_ == t)
                  on_deadline();
              });
}

void program_runs::on_deadline() {
  armed_for_.reset();
  auto t = core_.clock_now();
  while (auto* x = core_.book.take_due(t)) {
    if (x->deadline > t)
      courier_.tell_lasting(*x);
    // The record of an ended run stays on its way; only the caller waits no
    // longer.
    else if (x->at == run_phase::ended)
      x->caller.deliver(
        about(x->record, {errc::store_unavailable,
                          "The store did not confirm the execution in time"}));
    else
      static_cast<void>(cancel(
        x->record.id, {errc::timeout, "The execution did not finish in time"}));
  }
  arm_deadline();
}

// -- the end of service -------------------------------------------------------

void program_runs::drain() {
  draining_ = true;
  auto grace = core_.facts.configuration.drain_timeout;
  if (stopping_)
    grace = std::min(grace, core_.ctx->drain_limit);
  core_.after(grace, [this] { end_drain(); });
  quit_when_drained();
}

void program_runs::stop(caf::error reason) {
  stopping_ = std::move(reason);
  drain();
}

void program_runs::end_drain() {
  auto open = std::vector<execution_id>{};
  for (auto& [id, x] : core_.book)
    if (x.at != run_phase::ended)
      open.push_back(id);
  auto why = stopping_ ? core_.end_of_service()
                       : error{errc::cancelled, "The program was archived"};
  for (auto& id : open)
    static_cast<void>(cancel(id, why));
  if (!stopping_)
    return;
  // A store that is away, or a tracker that is gone for good, would keep a
  // stopping program for ever. So it waits for their confirmations only for so
  // long.
  core_.after(store_deadline(*core_.ctx),
              [this] { core_.self->quit(*stopping_); });
}

void program_runs::quit_when_drained() {
  if (!draining_ || !core_.book.empty())
    return;
  draining_ = false;
  if (stopping_)
    core_.self->quit(*stopping_);
}

} // namespace dspex
