#pragma once

#include "persistence/store.hpp"

namespace dspex {

/// What every store refuses, whatever its engine could hold: the answer is
/// `errc::store_rejected` and names the record and the column.
///
/// Text and documents must be valid UTF-8 without U+0000; documents are nested
/// at most 128 deep, so that they can be read back.

/// Refuses a blank name.
[[nodiscard]] result<void> check_row(const signature_record& x);
[[nodiscard]] result<void> check_row(const program_record& x);

/// Refuses an execution that has anything of an end.
[[nodiscard]] result<void> check_live(const execution_record& x);

/// Refuses an execution that is not terminal, has no duration or end, a
/// negative duration, or an error though it completed.
[[nodiscard]] result<void> check_finished(const execution_record& x);

/// Checks every row of a batch.
[[nodiscard]] result<void> check_batch(const execution_batch& x);

/// Refuses an execution that is not pending, or that a node runs.
[[nodiscard]] result<void> check_made_by_hand(const execution_record& x);

/// Refuses a claim without a node that runs the execution.
[[nodiscard]] result<void> check_claim(const idempotency_claim& x);

} // namespace dspex
