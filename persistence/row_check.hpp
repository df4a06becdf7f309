#pragma once

#include "persistence/store.hpp"

namespace dspex {

/// The checks that every store makes, whatever its engine could hold. A refusal
/// is `errc::store_rejected` and names the record and the column.
///
/// Every text and document must be valid UTF-8 without U+0000. A document is
/// nested at most 128 deep, so that it can be read back.

/// @{
/// Refuses a blank name, beside a text or document that cannot be kept.
[[nodiscard]] result<void> check_row(const signature_record& x);
[[nodiscard]] result<void> check_row(const program_record& x);
/// @}

/// Refuses an execution that has ended, or has an attribute of the end.
[[nodiscard]] result<void> check_live(const execution_record& x);

/// Refuses an execution that is not terminal, that has no end or no valid
/// duration, or that has an error though it completed.
[[nodiscard]] result<void> check_finished(const execution_record& x);

/// Checks every row of a batch.
[[nodiscard]] result<void> check_batch(const execution_batch& x);

/// Refuses an execution that is not pending, or that a node runs.
[[nodiscard]] result<void> check_made_by_hand(const execution_record& x);

/// Refuses a claim whose execution has no node that runs it.
[[nodiscard]] result<void> check_claim(const idempotency_claim& x);

} // namespace dspex
