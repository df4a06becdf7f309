#pragma once

#include <string>

#include "dspex/records.hpp"

namespace dspex {

/// The transitions of signatures and programs as pure functions: the one place
/// that knows which action is allowed in which state and how a refusal reads.
/// Stores apply them inside the transaction that makes the change.

enum class signature_action : uint8_t { activate, deprecate };

enum class program_action : uint8_t {
  initialize,
  reinitialize,
  archive,
  /// The end of an initialization: the backend has the program.
  become_ready,
  /// The end of an initialization: it failed, or its node died.
  become_error,
};

/// Returns the state after `action`, or the refusal (`invalid_transition`, or
/// `conflict` where the contract says so).
[[nodiscard]] result<signature_status> next_status(signature_action action,
                                                   signature_status from);
[[nodiscard]] result<program_status> next_status(program_action action,
                                                 program_status from);

/// The steps of an execution whose model its caller runs.
enum class execution_action : uint8_t {
  mark_running,
  mark_completed,
  mark_failed
};

[[nodiscard]] result<execution_status> next_status(execution_action action,
                                                   execution_status from);

/// Ends an execution whose runner is gone. It lasted from its acceptance to
/// `at`, or no time if the clock went back.
void end_as_failed(execution_record& x, errc code, std::string message,
                   timestamp at);

/// Whether an execution that ended with this code sets its idempotency key
/// free: the request may then be run again.
[[nodiscard]] constexpr bool frees_key(errc code) noexcept {
  return code == errc::overloaded || code == errc::store_unavailable
         || code == errc::interrupted;
}

/// Returns nothing if a program may be renamed in this state.
[[nodiscard]] result<void> check_rename(program_status status);

/// Returns nothing if a program may get another configuration in this state.
/// @param backend_changes whether `modules`, `lm` or `tools` differ: a ready
///        program takes these with `reinitialize` only.
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
