#pragma once

#include <cstddef>

#include "adapters/native/repair/text.hpp"

namespace dspex::detail {

/// Follows brackets and quotes through a text, to tell which characters are
/// inside them.
struct bracket_scan {
  ptrdiff_t parentheses = 0;
  ptrdiff_t brackets = 0;
  ptrdiff_t braces = 0;
  char32_t quote = 0;
  bool escaped = false;

  [[nodiscard]] bool is_outside() const {
    return parentheses == 0 && brackets == 0 && braces == 0;
  }

  /// Whether the character is inside a string, an escape, or a quote.
  bool is_string(char32_t c) {
    if (c == '\\') {
      escaped = !escaped;
      return true;
    }
    auto is_plain = !escaped;
    escaped = false;
    if (quote != 0) {
      if (c == quote && is_plain)
        quote = 0;
      return true;
    }
    if (!is_quote(c) || !is_plain)
      return false;
    quote = c;
    return true;
  }

  void follow(char32_t c) {
    if (c == '(')
      ++parentheses;
    else if (c == '[')
      ++brackets;
    else if (c == ']' && brackets > 0)
      --brackets;
    else if (c == '{')
      ++braces;
    else if (c == '}' && braces > 0)
      --braces;
  }
};

} // namespace dspex::detail
