#include "dspex/records.hpp"

#include <array>

namespace dspex {

// -- status words -------------------------------------------------------------

namespace {

constexpr auto signature_words
  = std::array<std::string_view, 3>{"draft", "active", "deprecated"};
constexpr auto program_words = std::array<std::string_view, 5>{
  "draft", "initializing", "ready", "error", "archived"};
constexpr auto execution_words = std::array<std::string_view, 4>{
  "pending", "running", "completed", "failed"};

template <class Enum, size_t N>
std::optional<Enum> find_word(const std::array<std::string_view, N>& words,
                              std::string_view word) noexcept {
  for (size_t i = 0; i < N; ++i)
    if (words[i] == word)
      return static_cast<Enum>(i);
  return std::nullopt;
}

} // namespace

std::string_view to_string(signature_status x) noexcept {
  return signature_words[static_cast<size_t>(x)];
}

std::string_view to_string(program_status x) noexcept {
  return program_words[static_cast<size_t>(x)];
}

std::string_view to_string(execution_status x) noexcept {
  return execution_words[static_cast<size_t>(x)];
}

std::optional<signature_status>
signature_status_from_string(std::string_view word) noexcept {
  return find_word<signature_status>(signature_words, word);
}

std::optional<program_status>
program_status_from_string(std::string_view word) noexcept {
  return find_word<program_status>(program_words, word);
}

std::optional<execution_status>
execution_status_from_string(std::string_view word) noexcept {
  return find_word<execution_status>(execution_words, word);
}

// -- printing -----------------------------------------------------------------

namespace {

json optional_text(const std::string& x) {
  return x.empty() ? json(nullptr) : json(x);
}

json optional_code(errc x) {
  return x == errc::none ? json(nullptr) : json(to_string(x));
}

json optional_time(const std::optional<timestamp>& x) {
  return x ? json(to_string(*x)) : json(nullptr);
}

template <class T>
json optional_number(const std::optional<T>& x) {
  return x ? json(*x) : json(nullptr);
}

} // namespace

json to_json(const signature_record& x) {
  auto out = json::object();
  out["id"] = to_string(x.id);
  out["name"] = x.name;
  out["module"] = x.module;
  out["inputs"] = *x.inputs;
  out["outputs"] = *x.outputs;
  out["instructions"] = x.instructions;
  out["description"] = x.description;
  out["version"] = x.version;
  out["content_hash"] = x.content_hash;
  out["status"] = to_string(x.status);
  out["inserted_at"] = to_string(x.inserted_at);
  out["updated_at"] = to_string(x.updated_at);
  return out;
}

json to_json(const program_record& x) {
  auto sig = json::object();
  sig["id"] = to_string(x.signature.id);
  sig["module"] = x.signature.module;
  sig["version"] = x.signature.version;
  sig["status"] = to_string(x.signature.status);
  auto out = json::object();
  out["id"] = to_string(x.id);
  out["name"] = x.name;
  out["signature_id"] = to_string(x.signature.id);
  out["signature"] = std::move(sig);
  out["adapter_type"] = x.adapter_type;
  out["status"] = to_string(x.status);
  out["configuration"] = *x.configuration;
  out["backend_program_id"] = optional_text(x.backend_program_id);
  out["dspy_program_id"] = optional_text(x.backend_program_id);
  out["execution_count"] = x.execution_count();
  out["completed_count"] = x.completed_count;
  out["failed_count"] = x.failed_count;
  out["pruned_completed"] = x.pruned_completed;
  out["pruned_failed"] = x.pruned_failed;
  out["duration_us_sum"] = x.duration_us_sum;
  out["last_executed_at"] = optional_time(x.last_executed_at);
  out["error_message"] = optional_text(x.error_message);
  out["error_code"] = optional_code(x.error_code);
  out["ephemeral"] = x.ephemeral;
  out["owner_node"] = x.owner_node ? json(to_string(*x.owner_node)) : nullptr;
  out["generation"] = x.generation;
  out["inserted_at"] = to_string(x.inserted_at);
  out["updated_at"] = to_string(x.updated_at);
  return out;
}

json to_json(const execution_record& x) {
  auto out = json::object();
  out["id"] = to_string(x.id);
  out["program_id"] = to_string(x.program_id);
  out["inputs"] = *x.inputs;
  out["outputs"] = *x.outputs;
  out["status"] = to_string(x.status);
  out["duration_ms"] = x.duration_us
                         ? json(static_cast<double>(*x.duration_us) / 1000.0)
                         : json(nullptr);
  out["duration_us"] = optional_number(x.duration_us);
  out["error_code"] = optional_code(x.error_code);
  out["error_message"] = optional_text(x.error_message);
  out["attempt"] = x.attempt;
  out["executed_at"] = to_string(x.executed_at);
  out["started_at"] = optional_time(x.started_at);
  out["finished_at"] = optional_time(x.finished_at);
  out["metadata"] = *x.metadata;
  out["node"] = x.node.is_nil() ? json(nullptr) : json(to_string(x.node));
  out["inserted_at"] = to_string(x.inserted_at);
  out["updated_at"] = to_string(x.updated_at);
  return out;
}

json to_json(const program_statistics& x) {
  auto out = json::object();
  out["total_executions"] = x.total_executions;
  out["successful_executions"] = x.successful_executions;
  out["failed_executions"] = x.failed_executions;
  out["success_rate"] = x.success_rate;
  out["average_duration_ms"] = optional_number(x.average_duration_ms);
  out["p50_ms"] = optional_number(x.p50_ms);
  out["p95_ms"] = optional_number(x.p95_ms);
  out["p99_ms"] = optional_number(x.p99_ms);
  out["in_progress"] = x.in_progress;
  return out;
}

json to_json(const program_stats& x) {
  auto out = json::object();
  out["id"] = to_string(x.id);
  out["name"] = x.name;
  out["status"] = to_string(x.status);
  out["execution_count"] = x.execution_count;
  out["last_executed_at"] = optional_time(x.last_executed_at);
  out["adapter_type"] = x.adapter_type;
  out["backend_program_id"] = optional_text(x.backend_program_id);
  out.update(to_json(x.statistics));
  return out;
}

} // namespace dspex
