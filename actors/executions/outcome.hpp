#pragma once

#include "dspex/protocol.hpp"

namespace dspex {

/// Adds to an error which execution it is about, and how long that took.
/// `recorded_execution` reads the former.
[[nodiscard]] error about(const execution_record& x, error err);

/// Refuses a run under the id of another one.
[[nodiscard]] error id_is_taken(execution_id id);

/// Ends a run that a caller cancelled.
[[nodiscard]] error cancellation();

/// Returns what the caller of a finished execution receives.
/// @param details of a failure; the record keeps code and message only.
/// @pre `x` is terminal
[[nodiscard]] result<execution_result> outcome_of(const execution_record& x,
                                                  json details = nullptr);

} // namespace dspex
