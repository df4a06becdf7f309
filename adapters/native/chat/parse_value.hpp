#pragma once

#include <optional>
#include <string_view>

#include "adapters/native/python/type.hpp"

namespace dspex {

/// Reads the text of an output field as DSPy does: as mended JSON or a Python
/// literal where its type asks for it, then by pydantic's lax rules (`yes` is a
/// bool, `42.0` an int), without regard to the field's own constraints.
/// @returns nothing if the text is no such value, or JSON cannot carry it.
[[nodiscard]] std::optional<json>
parse_value(std::string_view text, const python_annotation& annotation);

/// Reads a value that a reply in JSON has, in the same way.
[[nodiscard]] std::optional<json>
parse_json_value(const json& value, const python_annotation& annotation);

} // namespace dspex
