#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dspex {

/// Whether a name for people says nothing.
[[nodiscard]] inline bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// The start of a text, at most `max_bytes` of it and cut between characters;
/// what is cut off is marked by an ellipsis.
[[nodiscard]] std::string shorten(std::string_view text, size_t max_bytes);

} // namespace dspex
