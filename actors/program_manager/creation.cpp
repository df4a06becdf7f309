// How programs are made: by `program.create`, and by `program.quick_execute`
// for a single run.

#include <utility>

#include "actors/actions/arguments.hpp"
#include "actors/kit/ask_store.hpp"
#include "actors/program_manager/program_manager.hpp"
#include "config/execute_options.hpp"
#include "config/program_configuration.hpp"
#include "core/text.hpp"

namespace dspex {

namespace {

document to_document(const execution_result& x) {
  auto reply = json::object();
  reply["execution_id"] = to_string(x.id);
  reply["status"] = std::string{to_string(x.status)};
  reply["outputs"] = *x.outputs;
  reply["duration_ms"] = static_cast<double>(x.duration_us) / 1000.0;
  return document{std::move(reply)};
}

} // namespace

void program_manager_state::create(const action_call& call) {
  auto reuse = call.arguments().value("reuse", false);
  with_new_record(call.arguments(), [this, reuse, answer = call.answer](
                                      result<program_record> record) {
    if (!record)
      return answer.deliver(record.error());
    ask_store(
      self_, ctx_, access::read_write,
      [x = std::move(*record), reuse](store& s) {
        return reuse ? s.find_or_insert_program(x) : s.insert_program(x);
      },
      [answer](const result<program_record>& outcome) {
        answer.deliver(outcome.map(
          [](const program_record& x) { return document{to_json(x)}; }));
      });
  });
}

void program_manager_state::quick_execute(const action_call& call) {
  auto& arguments = call.arguments();
  auto options = arguments.value("options", json::object());
  // Invalid options are refused before anything is recorded for the call.
  if (auto ok = parse_execute_options(options); !ok)
    return call.answer.deliver(ok.error());
  auto done = [answer = call.answer](const result<execution_result>& outcome) {
    answer.deliver(outcome.map(to_document));
  };
  auto run = execute_call{
    {call.request.caller,
     {},
     execution_id::make(),
     document{arguments["inputs"]},
     document{std::move(options)}},
    {std::move(done), errc::backend_unavailable, stopping_flag(ctx_)}};
  with_new_record(arguments, [this, run](result<program_record> record) {
    if (!record)
      return run.answer.deliver(record.error());
    record->ephemeral = true;
    ask_store(
      self_, ctx_, access::read_write,
      [x = std::move(*record)](store& s) { return s.insert_program(x); },
      [this, run](const result<program_record>& found) mutable {
        if (!found)
          return run.answer.deliver(found.error());
        run.program = found->id;
        execute(std::move(run));
      });
  });
}

void program_manager_state::with_new_record(
  const json& arguments, std::function<void(result<program_record>)> then) {
  auto registry = ctx_->registry.get();
  if (!registry)
    return then(
      fail(restarting("signature registry", errc::store_unavailable)));
  self_
    ->request(registry, 2 * store_deadline(*ctx_),
              signature_wanted{text_or(arguments, "module")})
    .then(
      [this, then, arguments](const signature_record& found) {
        then(make_record(found, arguments));
      },
      [then](caf::error& err) {
        auto reason = from_caf(err, errc::store_unavailable);
        if (reason.code != errc::invalid_transition)
          reason.message = "Failed to create signature: " + reason.message;
        then(fail(std::move(reason)));
      });
}

result<program_record>
program_manager_state::make_record(const signature_record& signature,
                                   const json& arguments) const {
  auto record = program_record{};
  record.id = program_id::make();
  record.name = text_or(arguments, "name", signature.module);
  if (is_blank(record.name))
    return fail(errc::invalid_option, "Name must be present");
  record.adapter_type = text_or(arguments, "adapter_type",
                                ctx_->config.adapters.default_adapter);
  if (ctx_->adapters.count(record.adapter_type) == 0) {
    auto known = std::string{};
    for (auto& [type, _] : ctx_->adapters)
      known += (known.empty() ? "" : ", ") + type;
    return fail(errc::invalid_option, "Unknown adapter: " + record.adapter_type
                                        + " (known: " + known + ')');
  }
  if (auto i = arguments.find("configuration"); i != arguments.end()) {
    if (auto ok = parse_program_configuration(*i); !ok)
      return fail(ok.error());
    record.configuration = document{*i};
  }
  record.signature.id = signature.id;
  record.inserted_at = record.updated_at = now();
  return record;
}

} // namespace dspex
