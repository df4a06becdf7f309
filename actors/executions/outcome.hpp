#pragma once

#include "dspex/protocol.hpp"

namespace dspex {

/// Adds to an error which execution it is about, and how long that took.
[[nodiscard]] error about(const execution_record& x, error err);

/// What the caller of a finished execution hears.
/// @param details of a failure; the record keeps code and message only.
/// @pre `x` is terminal
[[nodiscard]] result<execution_result> outcome_of(const execution_record& x,
                                                  json details = nullptr);

} // namespace dspex
