#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dspex/compile_time/lexer.hpp"

namespace dspex::compile_time {

/// Returns the byte at which `text` stops being UTF-8 without U+0000; its size
/// if the whole text is.
[[nodiscard]] constexpr size_t find_bad_text(std::string_view text) noexcept {
  for (size_t i = 0; i < text.size();) {
    auto first = static_cast<unsigned char>(text[i]);
    auto length = first < 0x80u   ? size_t{1}
                  : first < 0xC2u ? size_t{0}
                  : first < 0xE0u ? size_t{2}
                  : first < 0xF0u ? size_t{3}
                  : first < 0xF5u ? size_t{4}
                                  : size_t{0};
    if (first == 0 || length == 0 || text.size() - i < length)
      return i;
    uint32_t code_point = length == 1 ? first : first & (0x7Fu >> length);
    for (size_t j = 1; j < length; ++j) {
      if (!continues(text[i + j]))
        return i;
      code_point = (code_point << 6)
                   | (static_cast<unsigned char>(text[i + j]) & 0x3Fu);
    }
    auto is_too_long = (length == 3 && code_point < 0x800)
                       || (length == 4 && code_point < 0x10000);
    auto is_surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (is_too_long || is_surrogate || code_point > 0x10FFFF)
      return i;
    i += length;
  }
  return text.size();
}

/// Returns the 1-based column of a byte, in code points.
[[nodiscard]] constexpr size_t column_of(std::string_view text,
                                         size_t offset) noexcept {
  size_t result = 1;
  for (auto c : text.substr(0, offset))
    result += continues(c) ? 0 : 1;
  return result;
}

} // namespace dspex::compile_time
