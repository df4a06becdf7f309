#pragma once

#include <string>

#include "dspex/records.hpp"

namespace dspex {

/// The transitions of signatures, programs and executions as pure functions.
/// This is the one place that knows which action is allowed in which state, and
/// how a refusal reads. Stores apply the functions inside the transaction that
/// makes the change.

/// The actions that change the state of a signature.
enum class signature_action : uint8_t { activate, deprecate };

/// The actions that change the state of a program.
enum class program_action : uint8_t {
  initialize,
  reinitialize,
  archive,
  /// Ends an initialization after which the backend has the program.
  become_ready,
  /// Ends an initialization that failed, or whose node died.
  become_error,
};

/// Returns the state after `action`, or the refusal: `invalid_transition`, or
/// `conflict` for a program that is initializing.
[[nodiscard]] result<signature_status> next_status(signature_action action,
                                                   signature_status from);
[[nodiscard]] result<program_status> next_status(program_action action,
                                                 program_status from);

/// The steps of an execution whose caller runs the model itself.
enum class execution_action : uint8_t {
  mark_running,
  mark_completed,
  mark_failed
};

[[nodiscard]] result<execution_status> next_status(execution_action action,
                                                   execution_status from);

/// Ends an execution whose runner is gone. Its duration is the time from its
/// acceptance to `at`, or zero if the clock went back.
void end_as_failed(execution_record& x, errc code, std::string message,
                   timestamp at);

/// Returns whether an execution that ended with this code sets its idempotency
/// key free, so that the request may be run again.
[[nodiscard]] constexpr bool frees_key(errc code) noexcept {
  return code == errc::overloaded || code == errc::store_unavailable
         || code == errc::interrupted;
}

/// Returns nothing if a program may be renamed in this state.
[[nodiscard]] result<void> check_rename(program_status status);

/// Returns nothing if a program may get another configuration in this state.
/// @param backend_changes whether `modules`, `lm` or `tools` differ. A ready
///        program takes another value for these with `reinitialize` only.
[[nodiscard]] result<void> check_configure(program_status status,
                                           bool backend_changes);

/// Returns nothing if a program may be destroyed in this state.
[[nodiscard]] result<void> check_destroy(program_status status);

/// Returns nothing if an execution may be created by hand in this state.
[[nodiscard]] result<void> check_new_execution(program_status status);

/// Returns nothing if a program may be made on a signature in this state.
[[nodiscard]] result<void> check_new_program(signature_status status);

/// Returns nothing if a program may run, or why not: `invalid_transition`,
/// `Program not ready for execution (status: draft)` or `Program is in error
/// state: <message>`.
[[nodiscard]] result<void> check_execute(const program_record& program);

} // namespace dspex
