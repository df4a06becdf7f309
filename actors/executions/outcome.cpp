#include "actors/executions/outcome.hpp"

#include <utility>

namespace dspex {

error about(const execution_record& x, error err) {
  if (!err.details.is_object())
    err.details = json::object();
  err.details["execution_id"] = to_string(x.id);
  if (x.duration_us)
    err.details["duration_ms"] = static_cast<double>(*x.duration_us) / 1000.0;
  return err;
}

error id_is_taken(execution_id id) {
  return {errc::conflict, "Execution id is already used: " + to_string(id)};
}

error cancellation() {
  return {errc::cancelled, "The execution was cancelled"};
}

std::optional<execution_id> recorded_execution(const error& why) {
  if (!why.details.is_object())
    return std::nullopt;
  auto i = why.details.find("execution_id");
  if (i == why.details.end() || !i->is_string())
    return std::nullopt;
  return execution_id::parse(i->get_ref<const std::string&>());
}

result<execution_result> outcome_of(const execution_record& x, json details) {
  if (x.status == execution_status::completed)
    return execution_result{x.id, x.outputs, *x.duration_us, x.status};
  return fail(about(x, {x.error_code, x.error_message, std::move(details)}));
}

} // namespace dspex
