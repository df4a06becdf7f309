#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/id.hpp"
#include "dspex/json.hpp"

namespace dspex {

// -- status words -------------------------------------------------------------

/// The lifecycle of a signature: `draft` -> `active` -> `deprecated`.
enum class signature_status : uint8_t { draft, active, deprecated };

/// The lifecycle of a program: `draft` -> `initializing` -> `ready` or `error`.
/// A program in `ready` or `error` can be initialized again, and a program in
/// any state but `initializing` can be `archived`, which is its end.
enum class program_status : uint8_t {
  draft,
  initializing,
  ready,
  error,
  archived,
};

/// The lifecycle of an execution; `completed` and `failed` are terminal.
enum class execution_status : uint8_t { pending, running, completed, failed };

/// @{
/// The word that users see and stores keep, e.g. `draft`.
[[nodiscard]] std::string_view to_string(signature_status x) noexcept;
[[nodiscard]] std::string_view to_string(program_status x) noexcept;
[[nodiscard]] std::string_view to_string(execution_status x) noexcept;
/// @}

/// @{
/// Reads what `to_string` writes; empty for any other word.
[[nodiscard]] std::optional<signature_status>
signature_status_from_string(std::string_view word) noexcept;
[[nodiscard]] std::optional<program_status>
program_status_from_string(std::string_view word) noexcept;
[[nodiscard]] std::optional<execution_status>
execution_status_from_string(std::string_view word) noexcept;
/// @}

/// Returns whether an execution in this state has ended; its record never
/// changes again.
[[nodiscard]] constexpr bool is_terminal(execution_status x) noexcept {
  return x == execution_status::completed || x == execution_status::failed;
}

// -- records ------------------------------------------------------------------

/// A recorded version of a signature module. No two records have the same
/// `module` and `version`.
struct signature_record {
  signature_id id;
  /// The name that people read; it is never blank.
  std::string name;
  /// The signature module, e.g. `Support.Triage`.
  std::string module;
  /// Canonical arrays of fields, as `any_signature::to_json` prints them.
  document inputs;
  document outputs;
  std::string instructions;
  std::string description;
  std::string version = "1.0.0";
  /// The hash of inputs, outputs and instructions together.
  std::string content_hash;
  signature_status status = signature_status::draft;
  timestamp inserted_at;
  timestamp updated_at;

  friend bool operator==(const signature_record&, const signature_record&)
    = default;
};

/// The part of its signature's record that a program record carries.
struct signature_summary {
  signature_id id;
  std::string module;
  std::string version;
  signature_status status = signature_status::draft;

  friend bool operator==(const signature_summary&, const signature_summary&)
    = default;
};

/// A program: one signature bound to one backend, with its lifecycle state.
///
/// Large because each column of the record is a member.
struct program_record {
  program_id id;
  std::string name;
  /// Every read fills in the whole summary; an insert needs `signature.id`
  /// only.
  signature_summary signature;
  std::string adapter_type;
  program_status status = program_status::draft;
  /// The configuration as its creator gave it; a configuration with unknown
  /// keys was refused.
  document configuration = document::object();
  /// The id that the backend has given the program; empty until the program is
  /// `ready`.
  std::string backend_program_id;
  /// The totals of the program's lifetime: the rows in the store and the
  /// pruned rows together.
  uint64_t completed_count = 0;
  uint64_t failed_count = 0;
  uint64_t pruned_completed = 0;
  uint64_t pruned_failed = 0;
  /// The sum over all finished executions, in microseconds.
  uint64_t duration_us_sum = 0;
  std::optional<timestamp> last_executed_at;
  /// The reason why the program is in `error`; `errc::none` and an empty text
  /// in every other state.
  errc error_code = errc::none;
  std::string error_message;
  /// Whether `quick_execute` made the program; lists hide such programs.
  bool ephemeral = false;
  /// The node that initializes the program at present.
  std::optional<node_id> owner_node;
  /// The number of transitions so far. Of two that race, the loser has read a
  /// smaller number than the store holds.
  int64_t generation = 0;
  timestamp inserted_at;
  timestamp updated_at;

  /// Returns how many executions finished, the pruned ones included.
  [[nodiscard]] uint64_t execution_count() const noexcept {
    return completed_count + failed_count;
  }

  friend bool operator==(const program_record&, const program_record&)
    = default;
};

/// The durable record of one run.
///
/// Large because each column of the record is a member.
struct execution_record {
  execution_id id;
  dspex::program_id program_id;
  document inputs = document::object();
  /// JSON null unless the execution is `completed`.
  document outputs;
  execution_status status = execution_status::pending;
  errc error_code = errc::none;
  /// The number of the try; the first try is 1.
  int32_t attempt = 1;
  std::string error_message;
  /// The time from acceptance to the end; unset until the execution has ended.
  std::optional<int64_t> duration_us;
  /// The time at which the program accepted the execution.
  timestamp executed_at;
  std::optional<timestamp> started_at;
  std::optional<timestamp> finished_at;
  /// The adapter type, the options, the module and version of the signature,
  /// the keys that the caller added, and the usage of the model.
  document metadata = document::object();
  /// The node that runs the execution, or ran it; nil if its caller does.
  node_id node;
  timestamp inserted_at;
  timestamp updated_at;

  /// Returns `duration_us` in milliseconds.
  [[nodiscard]] std::optional<double> duration_ms() const noexcept {
    if (!duration_us)
      return std::nullopt;
    return static_cast<double>(*duration_us) / 1000.0;
  }

  friend bool operator==(const execution_record&, const execution_record&)
    = default;
};

// -- statistics ---------------------------------------------------------------

/// The totals of one program over its lifetime. Reading them costs the same
/// however much history there is.
struct program_statistics {
  /// The number of finished executions.
  uint64_t total_executions = 0;
  uint64_t successful_executions = 0;
  uint64_t failed_executions = 0;
  /// 0 if no execution has finished.
  double success_rate = 0;
  /// In milliseconds, like the percentiles; unset if no execution has finished.
  std::optional<double> average_duration_ms;
  /// The percentiles are within 6 % of the true value.
  std::optional<double> p50_ms;
  std::optional<double> p95_ms;
  std::optional<double> p99_ms;
  /// The number of executions that are accepted and not finished.
  uint64_t in_progress = 0;

  friend bool operator==(const program_statistics&, const program_statistics&)
    = default;
};

/// A program and what it has done, at one glance.
struct program_stats {
  program_id id;
  std::string name;
  program_status status = program_status::draft;
  uint64_t execution_count = 0;
  std::optional<timestamp> last_executed_at;
  std::string adapter_type;
  /// Empty until the program is `ready`.
  std::string backend_program_id;
  program_statistics statistics;

  friend bool operator==(const program_stats&, const program_stats&) = default;
};

// -- reading lists ------------------------------------------------------------

/// Tells which part of a list to read. Lists are newest first. A page continues
/// after the last id of the page before, so that inserts in between disturb
/// nothing.
struct page_request {
  /// 1..1000.
  uint32_t limit = 50;
  /// `page::next` of the page before; empty for the first page.
  std::string cursor{};
};

/// A part of a list, newest first.
template <class T>
struct page {
  std::vector<T> items{};
  /// The cursor of the next page; empty if there is none.
  std::string next{};
};

/// Selects signatures; unset members do not filter.
struct signature_filter {
  std::optional<std::string> module{};
  std::optional<std::string> name{};
  std::optional<signature_status> status{};
};

/// Selects programs; unset members do not filter.
struct program_filter {
  std::optional<std::string> name{};
  std::optional<signature_id> signature{};
  std::optional<std::string> adapter_type{};
  std::optional<program_status> status{};
  /// Whether the list shows ephemeral programs, too.
  bool include_ephemeral = false;
};

/// Selects executions; unset members do not filter.
struct execution_filter {
  std::optional<program_id> program{};
  std::optional<execution_status> status{};
  std::optional<errc> error_code{};
  /// @{
  /// Selects `since <= executed_at < until`.
  std::optional<timestamp> since{};
  std::optional<timestamp> until{};
  /// @}
};

// -- rendering ----------------------------------------------------------------

/// @{
/// Renders the attributes in the order of the contract. Programs show
/// `execution_count`, executions `duration_ms`; unset attributes are null.
[[nodiscard]] json to_json(const signature_record& x);
[[nodiscard]] json to_json(const program_record& x);
[[nodiscard]] json to_json(const execution_record& x);
[[nodiscard]] json to_json(const program_statistics& x);
/// Renders one flat object, the statistics last.
[[nodiscard]] json to_json(const program_stats& x);
/// @}

/// @{
/// Reads what `to_json` prints. `errc::invalid_input` names the attribute that
/// is missing or of the wrong type.
[[nodiscard]] result<signature_record>
signature_record_from_json(const json& x);
[[nodiscard]] result<program_record> program_record_from_json(const json& x);
[[nodiscard]] result<execution_record>
execution_record_from_json(const json& x);
[[nodiscard]] result<program_statistics>
program_statistics_from_json(const json& x);
/// @}

} // namespace dspex
