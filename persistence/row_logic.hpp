#pragma once

#include "persistence/histogram.hpp"
#include "persistence/store.hpp"

namespace dspex {

/// The rules that all stores share, as pure functions.

/// Applies a transition to a record, or returns why it is refused; a refused
/// transition leaves the record as it is. `reinitialize` and `archive` keep
/// `backend_program_id`, so that the caller can delete the backend program;
/// `become_error` clears it.
[[nodiscard]] result<void> apply_transition(program_record& program,
                                            const program_transition& x,
                                            timestamp at);

/// @{
/// Changes the free attributes of a record; a refused change leaves the record
/// as it is.
void apply_update(signature_record& signature, const signature_update& x,
                  timestamp at);
[[nodiscard]] result<void> apply_update(program_record& program,
                                        const program_update& x, timestamp at);
/// @}

/// Applies a step by hand to an execution, or returns why it is refused; a
/// refused step leaves the record as it is.
[[nodiscard]] result<void> apply_step(execution_record& execution,
                                      const execution_step& x, timestamp at);

/// Returns the transition that closes an initialization whose node has died.
[[nodiscard]] program_transition interrupted_initialization(int64_t generation);

/// Returns the terminal row for an execution that a dead node left.
[[nodiscard]] execution_record interrupted_execution(execution_record x,
                                                     timestamp at);

/// The sums that finished executions add to the counters of their program.
struct program_delta {
  uint64_t completed = 0;
  uint64_t failed = 0;
  uint64_t duration_us = 0;
  std::optional<timestamp> last_executed_at;
  histogram durations;

  /// @pre `x` is terminal and has a duration.
  void add(const execution_record& x);
};

/// Adds two durations. A sum beyond the highest 63-bit value, which every store
/// can hold, is that value.
[[nodiscard]] uint64_t add_durations(uint64_t lhs, uint64_t rhs) noexcept;

[[nodiscard]] program_statistics make_statistics(const program_record& program,
                                                 const histogram& durations,
                                                 uint64_t in_progress);

/// A page request after its checks.
struct page_bounds {
  uint32_t limit = 50;
  /// The page holds only ids that are smaller than this one.
  std::optional<uuid> before;
};

/// Checks a page request; returns `errc::invalid_option` for a limit outside
/// 1..1000 or a broken cursor.
[[nodiscard]] result<page_bounds> read_page_request(const page_request& x);

/// Returns the cursor that continues after `last`.
[[nodiscard]] std::string make_cursor(const uuid& last);

/// @{
/// The errors that all stores return in the same words.
[[nodiscard]] error no_signature(signature_id id);
[[nodiscard]] error no_program(program_id id);
[[nodiscard]] error no_execution(execution_id id);
[[nodiscard]] error used_execution_id(execution_id id);
[[nodiscard]] error signature_in_use(program_id by);
[[nodiscard]] error same_ephemeral(program_id other);
[[nodiscard]] error program_drains();
[[nodiscard]] error program_has_executions();
[[nodiscard]] error unknown_program(const execution_record& x);
[[nodiscard]] error opened_read_only();
/// @}

} // namespace dspex
