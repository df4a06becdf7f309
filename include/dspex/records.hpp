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

/// The lifecycle of a program; see SPEC "Programs" for the transitions.
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

/// Whether an execution has ended: then its record never changes again.
[[nodiscard]] constexpr bool is_terminal(execution_status x) noexcept {
  return x == execution_status::completed || x == execution_status::failed;
}

// -- records ------------------------------------------------------------------

/// A recorded version of a signature module. (`module`, `version`) is unique.
struct signature_record {
  signature_id id;
  /// For people; never blank.
  std::string name;
  /// The signature module, e.g. `Support.Triage`.
  std::string module;
  /// Canonical arrays of fields, as `any_signature::to_json` prints them.
  document inputs;
  document outputs;
  std::string instructions;
  std::string description;
  std::string version = "1.0.0";
  /// Of inputs, outputs and instructions.
  std::string content_hash;
  signature_status status = signature_status::draft;
  timestamp inserted_at;
  timestamp updated_at;

  friend bool operator==(const signature_record&, const signature_record&)
    = default;
};

/// What a program record tells about its signature on every read.
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
  /// Filled in by reads; only `signature.id` matters for inserts.
  signature_summary signature;
  std::string adapter_type;
  program_status status = program_status::draft;
  /// As given at creation; unknown keys were refused then.
  document configuration = document::object();
  /// How the backend calls the program; empty until it is `ready`.
  std::string backend_program_id;
  /// Lifetime totals: rows in the store plus pruned rows.
  uint64_t completed_count = 0;
  uint64_t failed_count = 0;
  uint64_t pruned_completed = 0;
  uint64_t pruned_failed = 0;
  /// Over all finished executions, in microseconds.
  uint64_t duration_us_sum = 0;
  std::optional<timestamp> last_executed_at;
  /// Why the program is in `error`; `errc::none` and empty otherwise.
  errc error_code = errc::none;
  std::string error_message;
  /// Made by `quick_execute`; hidden from lists.
  bool ephemeral = false;
  /// The node that initializes it at present.
  std::optional<node_id> owner_node;
  /// Grows by one with every transition; the loser of a race has a stale one.
  int64_t generation = 0;
  timestamp inserted_at;
  timestamp updated_at;

  /// All that finished, also what was pruned since.
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
  /// JSON null unless completed.
  document outputs;
  execution_status status = execution_status::pending;
  errc error_code = errc::none;
  /// 1 for the first try.
  int32_t attempt = 1;
  std::string error_message;
  /// Accepted to finished; unset until terminal.
  std::optional<int64_t> duration_us;
  /// When the program accepted it.
  timestamp executed_at;
  std::optional<timestamp> started_at;
  std::optional<timestamp> finished_at;
  /// adapter_type, options, signature module and version, the caller's own
  /// keys, usage of the model.
  document metadata = document::object();
  /// The node that runs it, or ran it.
  node_id node;
  timestamp inserted_at;
  timestamp updated_at;

  friend bool operator==(const execution_record&, const execution_record&)
    = default;
};

// -- statistics ---------------------------------------------------------------

/// Totals of one program over its lifetime; the cost of reading them does not
/// depend on how much history there is.
struct program_statistics {
  /// Finished executions.
  uint64_t total_executions = 0;
  uint64_t successful_executions = 0;
  uint64_t failed_executions = 0;
  /// 0 if none finished.
  double success_rate = 0;
  /// Unset if none finished; milliseconds, like the percentiles.
  std::optional<double> average_duration_ms;
  /// Within 6 % of the true value.
  std::optional<double> p50_ms;
  std::optional<double> p95_ms;
  std::optional<double> p99_ms;
  /// Accepted and not finished.
  uint64_t in_progress = 0;

  friend bool operator==(const program_statistics&, const program_statistics&)
    = default;
};

/// What a program is and what it has done, at one glance.
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

/// Which part of a list to read. Lists are newest first; pages continue after
/// the last id of the page before, so inserts in between disturb nothing.
struct page_request {
  /// 1..1000.
  uint32_t limit = 50;
  /// `page::next` of the page before; empty for the first.
  std::string cursor{};
};

/// A part of a list, newest first.
template <class T>
struct page {
  std::vector<T> items{};
  /// Empty if there is nothing more.
  std::string next{};
};

/// Unset members do not filter.
struct signature_filter {
  std::optional<std::string> module{};
  std::optional<std::string> name{};
  std::optional<signature_status> status{};
};

/// Unset members do not filter.
struct program_filter {
  std::optional<std::string> name{};
  std::optional<signature_id> signature{};
  std::optional<std::string> adapter_type{};
  std::optional<program_status> status{};
  /// Ephemeral programs are hidden unless asked for.
  bool include_ephemeral = false;
};

/// Unset members do not filter.
struct execution_filter {
  std::optional<program_id> program{};
  std::optional<execution_status> status{};
  std::optional<errc> error_code{};
  /// `since <= executed_at < until`.
  std::optional<timestamp> since{};
  std::optional<timestamp> until{};
};

// -- rendering ----------------------------------------------------------------

/// @{
/// Renders the attributes in the order of the contract. Programs show
/// `execution_count`, executions `duration_ms`; unset attributes are null.
[[nodiscard]] json to_json(const signature_record& x);
[[nodiscard]] json to_json(const program_record& x);
[[nodiscard]] json to_json(const execution_record& x);
[[nodiscard]] json to_json(const program_statistics& x);
/// One flat object, the statistics last.
[[nodiscard]] json to_json(const program_stats& x);
/// @}

/// @{
/// Reads what `to_json` prints, strictly: `errc::invalid_input` names what is
/// missing or of the wrong type.
[[nodiscard]] result<signature_record>
signature_record_from_json(const json& x);
[[nodiscard]] result<program_record> program_record_from_json(const json& x);
[[nodiscard]] result<execution_record>
execution_record_from_json(const json& x);
[[nodiscard]] result<program_statistics>
program_statistics_from_json(const json& x);
/// @}

} // namespace dspex
