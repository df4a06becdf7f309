#pragma once

#include <cstddef>

#include "dspex/any_signature.hpp"

namespace dspex {

/// Checks the inputs or outputs of an execution against its signature, and
/// makes `values` what is recorded (`2.0` of an `int` is `2`).
/// @returns `invalid_input` (`Input validation failed: ...`) or
///          `invalid_output` (`Output validation failed: ...`) with every
///          problem; then `values` are as they were.
[[nodiscard]] result<void> make_valid(const any_signature& sig, side which,
                                      json& values);

/// The same for a shared document of a caller, which may be too large: beyond
/// `max_bytes` it is not looked at.
[[nodiscard]] result<void> make_valid(const any_signature& sig, side which,
                                      document& values, size_t max_bytes);

} // namespace dspex
