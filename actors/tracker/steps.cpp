// Executions whose callers run the model themselves, and the end of history.

#include <cmath>
#include <utility>

#include "actors/actions/arguments.hpp"
#include "actors/executions/lookup.hpp"
#include "actors/executions/validate.hpp"
#include "actors/kit/ask_store.hpp"
#include "actors/kit/prune.hpp"
#include "actors/tracker/tracker.hpp"

namespace dspex {

namespace {

// 31 years: more is a mistake of units.
constexpr auto longest_ms = 1e12;

result<document> to_document(const result<execution_record>& outcome) {
  return outcome.map(
    [](const execution_record& x) { return document{to_json(x)}; });
}

result<execution_record> read_new(store& s, const json& arguments,
                                  size_t max_bytes) {
  auto program = find_program(s, text_or(arguments, "program"));
  if (!program)
    return fail(program.error());
  auto sig = signature_of(s, *program);
  if (!sig)
    return fail(sig.error());
  auto inputs = document{arguments["inputs"]};
  if (auto ok = make_valid(*sig, side::inputs, inputs, max_bytes); !ok)
    return fail(ok.error());
  auto x = execution_record{};
  x.id = execution_id::make();
  x.program_id = program->id;
  x.inputs = std::move(inputs);
  x.executed_at = x.inserted_at = x.updated_at = now();
  auto metadata = json::object();
  metadata["adapter_type"] = program->adapter_type;
  metadata["module"] = program->signature.module;
  metadata["version"] = program->signature.version;
  if (auto i = arguments.find("metadata"); i != arguments.end())
    for (auto& [key, value] : i->items())
      metadata[key] = value;
  x.metadata = document{std::move(metadata)};
  return x;
}

// The outputs as they are recorded; unchecked if the store will refuse the step
// anyway.
result<document> read_outputs(store& s, execution_id id, document outputs,
                              size_t max_bytes) {
  auto held = s.get_execution(id);
  if (!held)
    return fail(held.error());
  if (held->status != execution_status::running || !held->node.is_nil())
    return outputs;
  return s.get_program(held->program_id)
    .and_then([&](const program_record& x) { return signature_of(s, x); })
    .and_then([&](const any_signature& sig) {
      return make_valid(sig, side::outputs, outputs, max_bytes);
    })
    .map([&] { return outputs; });
}

result<execution_step> step_from(const std::string& action,
                                 const json& arguments) {
  auto result = execution_step{};
  if (action == "execution.mark_running")
    return result;
  auto ms = arguments["duration_ms"].get<double>();
  if (!(ms >= 0 && ms <= longest_ms))
    return fail(errc::invalid_option,
                "Argument duration_ms: must be between 0 and 1e12, got "
                  + dump_json(arguments["duration_ms"]));
  result.duration_us = std::llround(ms * 1000);
  if (action == "execution.mark_completed") {
    result.action = execution_action::mark_completed;
    result.outputs = document{arguments["outputs"]};
    return result;
  }
  result.action = execution_action::mark_failed;
  result.error_message = text_or(arguments, "error_message");
  if (auto i = arguments.find("error_code"); i != arguments.end()) {
    auto word = i->get<std::string>();
    result.error_code = errc_from_string(word);
    if (result.error_code == errc::none)
      return fail(errc::invalid_option,
                  "Argument error_code: no such value: \"" + word + '"');
  }
  return result;
}

} // namespace

caf::result<document> execution_tracker_state::create(const json& arguments) {
  auto answer = make_promise<document>(self_, errc::store_unavailable);
  ask_store(
    self_, ctx_, access::read_only,
    [arguments, limit = ctx_->config.limits.max_document_bytes](store& s) {
      return read_new(s, arguments, limit);
    },
    [this, answer](const result<execution_record>& x) {
      if (!x)
        return answer.deliver(x.error());
      ask_store(
        self_, ctx_, access::read_write,
        [x = *x](store& s) { return s.insert_execution(x); },
        [answer](const result<execution_record>& outcome) {
          answer.deliver(to_document(outcome));
        });
    });
  return caf::delegated<document>{};
}

caf::result<document> execution_tracker_state::step(const std::string& action,
                                                    const json& arguments) {
  auto id = execution_id_from(arguments);
  if (!id)
    return to_caf(id.error());
  auto x = step_from(action, arguments);
  if (!x)
    return to_caf(x.error());
  if (ctx_->in_flight.contains(*id))
    return to_caf({errc::conflict, "The execution is run by dspex; only one "
                                   "made with create_execution is moved by "
                                   "hand"});
  auto answer = make_promise<document>(self_, errc::store_unavailable);
  if (x->action != execution_action::mark_completed) {
    record_step(*id, *x, answer);
    return caf::delegated<document>{};
  }
  ask_store(
    self_, ctx_, access::read_only,
    [id = *id, outputs = x->outputs,
     limit = ctx_->config.limits.max_document_bytes](store& s) {
      return read_outputs(s, id, outputs, limit);
    },
    [this, id = *id, x = *x, answer](const result<document>& outputs) mutable {
      if (!outputs)
        return answer.deliver(outputs.error());
      x.outputs = *outputs;
      record_step(id, x, answer);
    });
  return caf::delegated<document>{};
}

void execution_tracker_state::record_step(execution_id id,
                                          const execution_step& x,
                                          const promise<document>& answer) {
  ask_store(
    self_, ctx_, access::read_write,
    [id, x](store& s) { return s.step_execution(id, x); },
    [answer](const result<execution_record>& outcome) {
      answer.deliver(to_document(outcome));
    });
}

// -- retention ----------------------------------------------------------------

caf::result<document> execution_tracker_state::prune(const json& arguments) {
  auto text = text_or(arguments, "older_than");
  auto time = timestamp_from_string(text);
  if (!time)
    return to_caf({errc::invalid_option,
                   "Argument older_than: no such value: \"" + text + '"'});
  auto answer = make_promise<document>(self_, errc::store_unavailable);
  auto x = prune_request{.older_than = *time};
  auto done = [answer](const result<void>& outcome, uint64_t dropped) {
    auto pruned = json{{"pruned", dropped}};
    if (outcome)
      return answer.deliver(document{std::move(pruned)});
    auto err = outcome.error();
    err.details = std::move(pruned);
    answer.deliver(err);
  };
  if (!arguments.contains("program")) {
    prune_all(self_, ctx_, x, done);
    return caf::delegated<document>{};
  }
  ask_store(
    self_, ctx_, access::read_only,
    [ref = text_or(arguments, "program")](store& s) {
      return find_program(s, ref);
    },
    [this, x, done, answer](const result<program_record>& program) mutable {
      if (!program)
        return answer.deliver(program.error());
      x.program = program->id;
      prune_all(self_, ctx_, x, done);
    });
  return caf::delegated<document>{};
}

} // namespace dspex
