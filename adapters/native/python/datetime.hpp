#pragma once

#include <optional>
#include <string>

#include "dspex/json.hpp"

namespace dspex {

/// Reads a date and time as pydantic does: ISO 8601, also with a space or a
/// small letter between the parts, or seconds (beyond 2e10: milliseconds) since
/// 1970.
/// @returns it in ISO 8601, a number in UTC; nothing if it is neither.
[[nodiscard]] std::optional<std::string>
read_python_datetime(const json& value);

/// Reads a date in the same way: `2026-01-31`, or a moment at midnight.
[[nodiscard]] std::optional<std::string> read_python_date(const json& value);

} // namespace dspex
