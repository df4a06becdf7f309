#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dspex {

/// Whether a name for people says nothing: it is empty or white space of ASCII.
/// Actors, program files and stores refuse the same names by it.
[[nodiscard]] inline bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

/// Returns the start of a text: at most `max_bytes` of it, cut between
/// characters. An ellipsis marks that something was cut off.
[[nodiscard]] std::string shorten(std::string_view text, size_t max_bytes);

} // namespace dspex
