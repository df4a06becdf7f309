#pragma once

#include <cstddef>

#include "dspex/any_signature.hpp"

namespace dspex {

/// Checks the inputs or outputs of an execution against its signature.
/// @returns the values as they are recorded (`2.0` of an `int` is `2`), or
///          `invalid_input` (`Input validation failed: ...`) or
///          `invalid_output` (`Output validation failed: ...`) with every
///          problem.
[[nodiscard]] result<json> validate(const any_signature& sig, side which,
                                    json values);

/// The same, but takes `values` only if they are valid.
[[nodiscard]] result<json> take_valid(const any_signature& sig, side which,
                                      json& values);

/// The same for a shared document of a caller, which may be too large: beyond
/// `max_bytes` it is not looked at. Replaces `values` if something in it is
/// recorded otherwise than it was given.
[[nodiscard]] result<void> make_valid(const any_signature& sig, side which,
                                      document& values, size_t max_bytes);

} // namespace dspex
