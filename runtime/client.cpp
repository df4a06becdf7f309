#include "dspex/client.hpp"

#include <utility>

#include <caf/send.hpp>

#include "messages/list_arguments.hpp"
#include "messages/log.hpp"
#include "runtime/client_impl.hpp"

namespace dspex {

namespace {

// The one identity of an embedded node.
constexpr auto caller = "system";

template <class T>
using reader = result<T> (*)(const json&);

template <class T>
result<T> read_with(reader<T> read, result<json> reply) {
  if (!reply)
    return fail(reply.error());
  return read(*reply);
}

template <class T>
result<page<T>> read_page(reader<T> read, result<json> reply) {
  if (!reply)
    return fail(reply.error());
  auto out = page<T>{};
  for (auto& x : (*reply)["items"]) {
    auto item = read(x);
    if (!item)
      return fail(item.error());
    out.items.push_back(std::move(*item));
  }
  if (auto& next = (*reply)["next"]; next.is_string())
    out.next = next.get<std::string>();
  return out;
}

template <class T>
void add(json& arguments, const char* name, const std::optional<T>& value) {
  if (!value)
    return;
  if constexpr (std::is_same_v<T, std::string>)
    arguments[name] = *value;
  else
    arguments[name] = std::string{to_string(*value)};
}

void add(json& arguments, const page_request& where) {
  arguments["limit"] = where.limit;
  if (!where.cursor.empty())
    arguments["cursor"] = where.cursor;
}

// What a caller hears of a call that nobody could take.
std::function<error()> why_dropped(const context_ptr& ctx) {
  return [ctx]() -> error {
    if (ctx->stopping)
      return {errc::shutting_down, "The node is stopping"};
    return {errc::backend_unavailable, "The actor that held the request ended "
                                       "before it could answer"};
  };
}

// The thread belongs to an actor, which must not die of its caller's fault.
void call_guarded(const client::execution_callback& done,
                  result<execution_result> outcome) {
  try {
    done(std::move(outcome));
  } catch (const std::exception& ex) {
    log().error("a callback of execute_program_async threw: {}", ex.what());
  }
}

client::execution_callback guarded(const context_ptr& ctx,
                                   client::execution_callback done) {
  return [ctx, done = std::move(done)](result<execution_result> outcome) {
    // A call that nobody took is answered from within it.
    if (!outcome && outcome.error().details.is_null())
      ctx->tasks.run([done, outcome] { call_guarded(done, outcome); });
    else
      call_guarded(done, std::move(outcome));
  };
}

json one(const char* name, const record_ref& ref) {
  auto result = json::object();
  result[name] = ref.text();
  return result;
}

} // namespace

client::client(std::shared_ptr<impl> ptr) : impl_(std::move(ptr)) {
}

// -- any action ---------------------------------------------------------------

result<json> client::call(const std::string& action, json arguments) const {
  auto answer = std::make_shared<std::promise<result<document>>>();
  auto future = answer->get_future();
  auto done = [answer](result<document> x) { answer->set_value(std::move(x)); };
  caf::anon_send(impl_->ctx->gateway.get(),
                 action_call{{caller, action, document{std::move(arguments)}},
                             {std::move(done), why_dropped(impl_->ctx)}});
  return future.get().map([](const document& x) { return *x; });
}

// -- signatures ---------------------------------------------------------------

result<void> client::define_module(const std::string& module,
                                   const std::string& signature,
                                   const module_options& options) const {
  auto arguments = json::object();
  arguments["module"] = module;
  arguments["signature"] = signature;
  arguments["instructions"] = options.instructions;
  arguments["version"] = options.version;
  arguments["description"] = options.description;
  return call("signature.define", std::move(arguments)).map([](const json&) {});
}

result<signature_record>
client::create_signature_from_module(const std::string& module,
                                     const std::optional<std::string>& name,
                                     const std::string& description) const {
  auto arguments = one("module", module);
  add(arguments, "name", name);
  if (!description.empty())
    arguments["description"] = description;
  return read_with(signature_record_from_json,
                   call("signature.create", std::move(arguments)));
}

result<signature_record> client::get_signature(const record_ref& ref) const {
  return read_with(signature_record_from_json,
                   call("signature.get", one("signature", ref)));
}

result<page<signature_record>>
client::list_signatures(const signature_filter& filter,
                        const page_request& where) const {
  auto arguments = json::object();
  add(arguments, "module", filter.module);
  add(arguments, "name", filter.name);
  add(arguments, "status", filter.status);
  add(arguments, where);
  return read_page(signature_record_from_json,
                   call("signature.list", std::move(arguments)));
}

result<page<signature_record>>
client::list_active_signatures(const page_request& where) const {
  auto filter = signature_filter{};
  filter.status = signature_status::active;
  return list_signatures(filter, where);
}

result<signature_record>
client::activate_signature(const record_ref& ref) const {
  return read_with(signature_record_from_json,
                   call("signature.activate", one("signature", ref)));
}

result<signature_record>
client::deprecate_signature(const record_ref& ref) const {
  return read_with(signature_record_from_json,
                   call("signature.deprecate", one("signature", ref)));
}

result<bool> client::validate_module(const std::string& module) const {
  return explain_module(module).map(
    [](const module_report& x) { return x.valid; });
}

result<module_report> client::explain_module(const std::string& module) const {
  return call("signature.explain", one("module", module))
    .map([](const json& reply) {
      return module_report{reply["valid"].get<bool>(),
                           reply["reasons"].get<std::vector<std::string>>()};
    });
}

// -- programs -----------------------------------------------------------------

result<program_record>
client::create_program(const std::string& module,
                       const program_options& options) const {
  auto arguments = one("module", module);
  add(arguments, "name", options.name);
  add(arguments, "adapter_type", options.adapter);
  arguments["configuration"] = options.configuration;
  return read_with(program_record_from_json,
                   call("program.create", std::move(arguments)));
}

result<program_record> client::get_program(const record_ref& ref) const {
  return read_with(program_record_from_json,
                   call("program.get", one("program", ref)));
}

result<page<program_record>>
client::list_programs(const program_filter& filter,
                      const page_request& where) const {
  auto arguments = json::object();
  add(arguments, "name", filter.name);
  add(arguments, "status", filter.status);
  add(arguments, "signature", filter.signature);
  add(arguments, "adapter_type", filter.adapter_type);
  add(arguments, where);
  return read_page(program_record_from_json,
                   call("program.list", std::move(arguments)));
}

result<program_record> client::initialize_program(const record_ref& ref) const {
  return read_with(program_record_from_json,
                   call("program.initialize", one("program", ref)));
}

result<program_record> client::archive_program(const record_ref& ref) const {
  return read_with(program_record_from_json,
                   call("program.archive", one("program", ref)));
}

result<program_statistics>
client::get_program_statistics(const record_ref& ref) const {
  return read_with(program_statistics_from_json,
                   call("program.stats", one("program", ref)));
}

// -- executions ---------------------------------------------------------------

execution_id client::execute_program_async(const record_ref& program,
                                           json inputs, json options,
                                           execution_callback done) const {
  auto id = execution_id::make();
  if (auto i = options.find("execution_id");
      i != options.end() && i->is_string())
    if (auto given = execution_id::parse(i->get<std::string>()))
      id = *given;
  auto call = execute_call{
    {caller, program.text(), id, document{std::move(inputs)},
     document{std::move(options)}},
    {guarded(impl_->ctx, std::move(done)), why_dropped(impl_->ctx)}};
  caf::anon_send(impl_->ctx->gateway.get(), std::move(call));
  return id;
}

execution_handle client::execute_program_async(const record_ref& program,
                                               json inputs,
                                               json options) const {
  auto answer = std::make_shared<std::promise<result<execution_result>>>();
  auto future = answer->get_future();
  auto id = execute_program_async(
    program, std::move(inputs), std::move(options),
    [answer](result<execution_result> x) { answer->set_value(std::move(x)); });
  return {id, std::move(future),
          [self = *this, id]() -> result<void> { return self.cancel(id); }};
}

result<execution_result> client::execute_program(const record_ref& program,
                                                 json inputs,
                                                 json options) const {
  return execute_program_async(program, std::move(inputs), std::move(options))
    .get();
}

result<void> client::cancel(execution_id id) const {
  return call("execution.cancel", one("execution", id)).map([](const json&) {});
}

result<execution_record> client::get_execution(execution_id id) const {
  return read_with(execution_record_from_json,
                   call("execution.get", one("execution", id)));
}

result<page<execution_record>>
client::list_executions(const execution_filter& filter,
                        const page_request& where) const {
  auto arguments = json::object();
  add(arguments, "program", filter.program);
  add(arguments, "status", filter.status);
  add(arguments, "error_code", filter.error_code);
  add(arguments, "since", filter.since);
  add(arguments, "until", filter.until);
  add(arguments, where);
  return read_page(execution_record_from_json,
                   call("execution.list", std::move(arguments)));
}

result<page<execution_record>>
client::executions_by_program(const record_ref& program,
                              execution_filter filter,
                              const page_request& where) const {
  filter.program = program_id::parse(program.text());
  if (!filter.program) {
    auto found = get_program(program);
    if (!found)
      return fail(found.error());
    filter.program = found->id;
  }
  return list_executions(filter, where);
}

result<page<execution_record>> client::recent_executions(uint32_t limit) const {
  return list_executions({}, {.limit = limit, .cursor = {}});
}

} // namespace dspex
