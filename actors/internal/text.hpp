#pragma once

#include <string_view>

namespace dspex {

/// Whether a name for people says nothing.
[[nodiscard]] inline bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

} // namespace dspex
