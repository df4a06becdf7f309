#include "runtime/client/impl.hpp"

namespace dspex {

namespace {

double milliseconds(std::chrono::microseconds x) {
  return static_cast<double>(x.count()) / 1000.0;
}

} // namespace

// -- runs by hand -------------------------------------------------------------

result<execution_record> client::create_execution(const record_ref& program,
                                                  json inputs,
                                                  json metadata) const {
  return wait(*this, &client::create_execution_async, program,
              std::move(inputs), std::move(metadata));
}

future_result<execution_record>
client::create_execution_async(const record_ref& program, json inputs,
                               json metadata) const {
  auto arguments = one_argument("program", program);
  arguments["inputs"] = std::move(inputs);
  arguments["metadata"] = std::move(metadata);
  return impl_->ask("execution.create", std::move(arguments),
                    execution_record_from_json);
}

result<execution_record> client::mark_running(execution_id id) const {
  return wait(*this, &client::mark_running_async, id);
}

future_result<execution_record>
client::mark_running_async(execution_id id) const {
  return impl_->ask("execution.mark_running", one_argument("execution", id),
                    execution_record_from_json);
}

result<execution_record>
client::mark_completed(execution_id id, json outputs,
                       std::chrono::microseconds duration) const {
  return wait(*this, &client::mark_completed_async, id, std::move(outputs),
              duration);
}

future_result<execution_record>
client::mark_completed_async(execution_id id, json outputs,
                             std::chrono::microseconds duration) const {
  auto arguments = one_argument("execution", id);
  arguments["outputs"] = std::move(outputs);
  arguments["duration_ms"] = milliseconds(duration);
  return impl_->ask("execution.mark_completed", std::move(arguments),
                    execution_record_from_json);
}

result<execution_record>
client::mark_failed(execution_id id, const std::string& error_message,
                    std::chrono::microseconds duration, errc error_code) const {
  return wait(*this, &client::mark_failed_async, id, error_message, duration,
              error_code);
}

future_result<execution_record>
client::mark_failed_async(execution_id id, const std::string& error_message,
                          std::chrono::microseconds duration,
                          errc error_code) const {
  auto arguments = one_argument("execution", id);
  arguments["error_message"] = error_message;
  arguments["duration_ms"] = milliseconds(duration);
  arguments["error_code"] = std::string{to_string(error_code)};
  return impl_->ask("execution.mark_failed", std::move(arguments),
                    execution_record_from_json);
}

// -- records ------------------------------------------------------------------

result<execution_record> client::get_execution(execution_id id) const {
  return wait(*this, &client::get_execution_async, id);
}

future_result<execution_record>
client::get_execution_async(execution_id id) const {
  return impl_->ask("execution.get", one_argument("execution", id),
                    execution_record_from_json);
}

namespace {

json list_arguments(const execution_filter& filter, const page_request& where) {
  auto arguments = json::object();
  add(arguments, "program", filter.program);
  add(arguments, "status", filter.status);
  add(arguments, "error_code", filter.error_code);
  add(arguments, "since", filter.since);
  add(arguments, "until", filter.until);
  add(arguments, where);
  return arguments;
}

} // namespace

result<page<execution_record>>
client::list_executions(const execution_filter& filter,
                        const page_request& where) const {
  return wait(*this, &client::list_executions_async, filter, where);
}

future_result<page<execution_record>>
client::list_executions_async(const execution_filter& filter,
                              const page_request& where) const {
  return impl_->ask("execution.list", list_arguments(filter, where),
                    page_of(execution_record_from_json));
}

result<page<execution_record>>
client::executions_by_program(const record_ref& program,
                              execution_filter filter,
                              const page_request& where) const {
  return wait(*this, &client::executions_by_program_async, program,
              std::move(filter), where);
}

future_result<page<execution_record>>
client::executions_by_program_async(const record_ref& program,
                                    execution_filter filter,
                                    const page_request& where) const {
  auto answer = pending<page<execution_record>>{};
  auto with_id = [node = impl_, filter = std::move(filter), where,
                  done = answer.done()](result<program_id> id) mutable {
    if (!id)
      return done(fail(id.error()));
    filter.program = *id;
    node->ask("execution.list", list_arguments(filter, where),
              page_of(execution_record_from_json), done);
  };
  impl_->with_program_id(program, std::move(with_id));
  return std::move(answer.future);
}

result<page<execution_record>> client::recent_executions(uint32_t limit) const {
  return wait(*this, &client::recent_executions_async, limit);
}

future_result<page<execution_record>>
client::recent_executions_async(uint32_t limit) const {
  return list_executions_async({}, {.limit = limit, .cursor = {}});
}

result<uint64_t> client::prune(timestamp older_than,
                               const std::optional<record_ref>& program) const {
  return wait(*this, &client::prune_async, older_than, program);
}

future_result<uint64_t>
client::prune_async(timestamp older_than,
                    const std::optional<record_ref>& program) const {
  auto arguments = json::object();
  arguments["older_than"] = to_string(older_than);
  if (program)
    arguments["program"] = program->text();
  return impl_->ask("execution.prune", std::move(arguments),
                    [](const json& reply) -> result<uint64_t> {
                      return reply["pruned"].get<uint64_t>();
                    });
}

} // namespace dspex
