#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dspex {

/// Reads a version of three numbers, e.g. `1.0.12`.
[[nodiscard]] std::optional<std::array<uint32_t, 3>>
parse_version(std::string_view text);

[[nodiscard]] inline bool is_version(std::string_view text) {
  return parse_version(text).has_value();
}

/// Orders versions by their numbers. A text that is no version comes first.
[[nodiscard]] inline bool version_less(std::string_view lhs,
                                       std::string_view rhs) {
  return parse_version(lhs) < parse_version(rhs);
}

/// Returns the version after this one in its last number, or `1.0.0` for a text
/// that is no version.
[[nodiscard]] std::string next_patch(std::string_view text);

} // namespace dspex
