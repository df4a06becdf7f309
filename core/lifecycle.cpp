#include "core/lifecycle.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace dspex {

namespace {

/// One cell of a lifecycle table: a state to go to, or a refusal.
template <class Status>
struct cell {
  Status to{};
  errc refusal = errc::none;
  std::string_view why{};
};

template <class Status>
constexpr cell<Status> go(Status to) {
  return {to};
}

template <class Status>
constexpr cell<Status>
refuse(std::string_view why, errc code = errc::invalid_transition) {
  return {{}, code, why};
}

template <class Status, size_t Rows, size_t Columns>
using table = std::array<std::array<cell<Status>, Columns>, Rows>;

template <class Status, size_t Rows, size_t Columns, class Action>
result<Status>
look_up(const table<Status, Rows, Columns>& where, Action action, Status from) {
  auto& found
    = where.at(static_cast<size_t>(action)).at(static_cast<size_t>(from));
  if (found.refusal != errc::none)
    return fail(found.refusal, std::string{found.why});
  return found.to;
}

// Rows: activate, deprecate. Columns: draft, active, deprecated.
constexpr auto signature_table = [] {
  using enum signature_status;
  using s = signature_status;
  constexpr auto not_draft
    = refuse<s>("Only draft signatures can be activated");
  constexpr auto not_active
    = refuse<s>("Only active signatures can be deprecated");
  return table<s, 2, 3>{{
    {go(active), not_draft, not_draft},
    {not_active, go(deprecated), not_active},
  }};
}();

// Rows: initialize, reinitialize, archive, become_ready, become_error.
// Columns: draft, initializing, ready, error, archived.
constexpr auto program_table = [] {
  using enum program_status;
  using s = program_status;
  constexpr auto not_draft
    = refuse<s>("Only draft programs can be initialized");
  constexpr auto not_ended
    = refuse<s>("Only ready or failed programs can be reinitialized");
  constexpr auto busy = refuse<s>("Program is initializing", errc::conflict);
  constexpr auto gone = refuse<s>("Program is already archived");
  constexpr auto not_begun
    = refuse<s>("Only initializing programs can become ready or fail");
  return table<s, 5, 5>{{
    {go(initializing), not_draft, not_draft, not_draft, not_draft},
    {not_ended, not_ended, go(initializing), go(initializing), not_ended},
    {go(archived), busy, go(archived), go(archived), gone},
    {not_begun, go(ready), not_begun, not_begun, not_begun},
    {not_begun, go(error), not_begun, not_begun, not_begun},
  }};
}();

// Rows: mark_running, mark_completed, mark_failed.
// Columns: pending, running, completed, failed.
constexpr auto execution_table = [] {
  using enum execution_status;
  using s = execution_status;
  constexpr auto not_pending
    = refuse<s>("Only pending executions can be started");
  constexpr auto not_running
    = refuse<s>("Only running executions can be completed");
  constexpr auto finished = refuse<s>("Execution is already finished");
  return table<s, 3, 4>{{
    {go(running), not_pending, not_pending, not_pending},
    {not_running, go(completed), not_running, not_running},
    {go(failed), go(failed), finished, finished},
  }};
}();

constexpr auto archived_program = "Archived programs cannot be updated";

} // namespace

result<signature_status> next_status(signature_action action,
                                     signature_status from) {
  return look_up(signature_table, action, from);
}

result<program_status> next_status(program_action action, program_status from) {
  return look_up(program_table, action, from);
}

result<execution_status> next_status(execution_action action,
                                     execution_status from) {
  return look_up(execution_table, action, from);
}

void end_as_failed(execution_record& x, errc code, std::string message,
                   timestamp at) {
  x.status = execution_status::failed;
  x.error_code = code;
  x.error_message = std::move(message);
  x.duration_us = std::max((at - x.executed_at).count(), int64_t{0});
  x.finished_at = at;
  x.updated_at = at;
}

result<void> check_rename(program_status status) {
  if (status == program_status::archived)
    return fail(errc::invalid_transition, archived_program);
  return {};
}

result<void> check_configure(program_status status, bool backend_changes) {
  if (status == program_status::archived)
    return fail(errc::invalid_transition, archived_program);
  if (status == program_status::initializing)
    return fail(errc::conflict, "Program is initializing");
  if (status == program_status::ready && backend_changes)
    return fail(errc::conflict,
                "A ready program takes other modules, lm or tools with "
                "reinitialize only");
  return {};
}

result<void> check_destroy(program_status status) {
  if (status == program_status::draft || status == program_status::archived)
    return {};
  return fail(errc::conflict,
              "Only draft or archived programs can be destroyed");
}

result<void> check_new_execution(program_status status) {
  if (status == program_status::archived)
    return fail(errc::invalid_transition,
                "Program not ready for execution (status: archived)");
  return {};
}

result<void> check_new_program(signature_status status) {
  if (status == signature_status::deprecated)
    return fail(errc::invalid_transition, "Signature is deprecated");
  return {};
}

result<void> check_execute(const program_record& program) {
  switch (program.status) {
    case program_status::ready:
      return {};
    case program_status::error:
      return fail(errc::invalid_transition,
                  "Program is in error state: " + program.error_message);
    default:
      return fail(errc::invalid_transition,
                  "Program not ready for execution (status: "
                    + std::string{to_string(program.status)} + ")");
  }
}

} // namespace dspex
