#pragma once

#include <optional>
#include <string_view>

#include "dspex/any_signature.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// Reads the text of one output field as DSPy does: by its type, leniently
/// (`yes` is a bool, `42.0` an int), without regard to constraints.
///
/// Unlike DSPy it reads literals that are no strings (`1`, `True`).
/// @returns nothing if the text is no such value; also for `nan`, `inf` and
///          integers beyond 64 bits, which JSON cannot carry.
[[nodiscard]] std::optional<json> parse_value(std::string_view text,
                                              const field_type& type);

/// Whether a field of this type may be missing from a reply and is null then.
[[nodiscard]] bool allows_none(const field_type& type);

} // namespace dspex
