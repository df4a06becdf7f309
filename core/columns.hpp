#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "dspex/records.hpp"

namespace dspex {

/// The attributes of each kind of record, one list a kind, in the order of the
/// contract. The JSON of the records, the attributes of `domain()`, the checks
/// of a row and the tables of every SQL engine follow from these lists.
/// docs/architecture.md tells how to add a column.

/// What JSON shows or demands beyond what the type of an attribute says.
enum class attribute_form : uint8_t {
  by_type,
  /// An empty text and a nil id are null.
  null_if_empty,
  /// The document must be an array.
  array,
  /// The document must be an object.
  object,
};

/// An attribute that is a column of the record's table, too.
struct column {
  const char* name;
  attribute_form form = attribute_form::by_type;
};

/// An attribute that JSON shows and reads, but that is no column of the table.
struct part {
  const char* name;
  attribute_form form = attribute_form::by_type;
};

/// An attribute that follows from others: JSON shows it, and nothing reads it.
struct derived {
  const char* name;
  attribute_form form = attribute_form::by_type;
};

/// The status word of one of the three lifecycles.
template <class T>
concept lifecycle_status = std::same_as<T, signature_status> || std::same_as<
  T, program_status> || std::same_as<T, execution_status>;

/// Reads what `to_string` writes; empty for any other word.
template <lifecycle_status T>
[[nodiscard]] std::optional<T>
status_from_string(std::string_view word) noexcept {
  if constexpr (std::same_as<T, signature_status>)
    return signature_status_from_string(word);
  else if constexpr (std::same_as<T, program_status>)
    return program_status_from_string(word);
  else
    return execution_status_from_string(word);
}

/// `Record`, const or not.
template <class T, class Record>
concept maybe_const = std::same_as<std::remove_const_t<T>, Record>;

/// @{
/// Calls `f(what, value)` for each attribute in order; `what` is a `column`, a
/// `part` or a `derived`.
template <maybe_const<signature_record> T, class F>
void for_each_attribute(T& x, F&& f) {
  f(column{"id"}, x.id);
  f(column{"name"}, x.name);
  f(column{"module"}, x.module);
  f(column{"inputs", attribute_form::array}, x.inputs);
  f(column{"outputs", attribute_form::array}, x.outputs);
  f(column{"instructions"}, x.instructions);
  f(column{"description"}, x.description);
  f(column{"version"}, x.version);
  f(column{"content_hash"}, x.content_hash);
  f(column{"status"}, x.status);
  f(column{"inserted_at"}, x.inserted_at);
  f(column{"updated_at"}, x.updated_at);
}

template <maybe_const<signature_summary> T, class F>
void for_each_attribute(T& x, F&& f) {
  f(part{"id"}, x.id);
  f(part{"module"}, x.module);
  f(part{"version"}, x.version);
  f(part{"status"}, x.status);
}

template <maybe_const<program_record> T, class F>
void for_each_attribute(T& x, F&& f) {
  f(column{"id"}, x.id);
  f(column{"name"}, x.name);
  f(column{"signature_id"}, x.signature.id);
  f(part{"signature"}, x.signature);
  f(column{"adapter_type"}, x.adapter_type);
  f(column{"status"}, x.status);
  f(column{"configuration", attribute_form::object}, x.configuration);
  f(column{"backend_program_id", attribute_form::null_if_empty},
    x.backend_program_id);
  f(derived{"dspy_program_id", attribute_form::null_if_empty},
    x.backend_program_id);
  f(derived{"execution_count"}, x.execution_count());
  f(column{"completed_count"}, x.completed_count);
  f(column{"failed_count"}, x.failed_count);
  f(column{"pruned_completed"}, x.pruned_completed);
  f(column{"pruned_failed"}, x.pruned_failed);
  f(column{"duration_us_sum"}, x.duration_us_sum);
  f(column{"last_executed_at"}, x.last_executed_at);
  f(column{"error_message", attribute_form::null_if_empty}, x.error_message);
  f(column{"error_code"}, x.error_code);
  f(column{"ephemeral"}, x.ephemeral);
  f(column{"owner_node"}, x.owner_node);
  f(column{"generation"}, x.generation);
  f(column{"inserted_at"}, x.inserted_at);
  f(column{"updated_at"}, x.updated_at);
}

template <maybe_const<execution_record> T, class F>
void for_each_attribute(T& x, F&& f) {
  f(column{"id"}, x.id);
  f(column{"program_id"}, x.program_id);
  f(column{"inputs"}, x.inputs);
  f(column{"outputs"}, x.outputs);
  f(column{"status"}, x.status);
  f(derived{"duration_ms"}, x.duration_ms());
  f(column{"duration_us"}, x.duration_us);
  f(column{"error_code"}, x.error_code);
  f(column{"error_message", attribute_form::null_if_empty}, x.error_message);
  f(column{"attempt"}, x.attempt);
  f(column{"executed_at"}, x.executed_at);
  f(column{"started_at"}, x.started_at);
  f(column{"finished_at"}, x.finished_at);
  f(column{"metadata", attribute_form::object}, x.metadata);
  f(column{"node", attribute_form::null_if_empty}, x.node);
  f(column{"inserted_at"}, x.inserted_at);
  f(column{"updated_at"}, x.updated_at);
}

template <maybe_const<program_statistics> T, class F>
void for_each_attribute(T& x, F&& f) {
  f(part{"total_executions"}, x.total_executions);
  f(part{"successful_executions"}, x.successful_executions);
  f(part{"failed_executions"}, x.failed_executions);
  f(part{"success_rate"}, x.success_rate);
  f(part{"average_duration_ms"}, x.average_duration_ms);
  f(part{"p50_ms"}, x.p50_ms);
  f(part{"p95_ms"}, x.p95_ms);
  f(part{"p99_ms"}, x.p99_ms);
  f(part{"in_progress"}, x.in_progress);
}

/// The statistics come last, in one flat object with the others.
template <maybe_const<program_stats> T, class F>
void for_each_attribute(T& x, F&& f) {
  f(part{"id"}, x.id);
  f(part{"name"}, x.name);
  f(part{"status"}, x.status);
  f(part{"execution_count"}, x.execution_count);
  f(part{"last_executed_at"}, x.last_executed_at);
  f(part{"adapter_type"}, x.adapter_type);
  f(part{"backend_program_id", attribute_form::null_if_empty},
    x.backend_program_id);
  for_each_attribute(x.statistics, f);
}
/// @}

/// Calls `f(name, member)` for each column of the record's table, in the order
/// that every statement and row of the stores has.
template <class Record, class F>
void for_each_column(Record& x, F&& f) {
  for_each_attribute(x, [&f](auto what, auto&& value) {
    if constexpr (std::same_as<decltype(what), column>)
      f(what.name, value);
  });
}

/// Returns the names of all attributes.
template <class Record>
[[nodiscard]] std::vector<std::string> attribute_names() {
  auto out = std::vector<std::string>{};
  auto blank = Record{};
  for_each_attribute(blank,
                     [&](auto what, auto&&) { out.emplace_back(what.name); });
  return out;
}

/// Returns the names of the columns.
template <class Record>
[[nodiscard]] std::vector<std::string> column_names() {
  auto out = std::vector<std::string>{};
  auto blank = Record{};
  for_each_column(blank,
                  [&](const char* name, auto&) { out.emplace_back(name); });
  return out;
}

} // namespace dspex
