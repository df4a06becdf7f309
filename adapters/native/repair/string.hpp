#pragma once

#include <optional>
#include <string>

#include "adapters/native/repair/reader.hpp"

namespace dspex::detail {

inline bool is_one_of(char32_t c, std::u32string_view wanted) {
  return c != 0 && wanted.find(c) != std::u32string_view::npos;
}

inline char32_t closing_bracket(char32_t c) {
  return c == '{' ? U'}' : c == '[' ? U']' : U')';
}

// A string that is being read.
struct repair_reader::open_string {
  char32_t open = '"';
  char32_t close = '"';
  // Without quotes.
  bool is_bare = false;
  // In two quotes on either side.
  bool is_doubled = false;
  // A quote inside was taken for text, so the next one closes it.
  bool in_quotes = false;
  bool container_next = false;
  // No comma of the rest can end the string.
  bool to_the_end = false;
  // How many low quotes are open.
  size_t low_quotes = 0;
  size_t braces = 0;
  std::optional<size_t> brackets_start;
  std::u32string containers;
  std::u32string text;

  [[nodiscard]] char32_t last() const {
    return text.empty() ? U'\0' : text.back();
  }

  void append(std::u32string_view more) {
    for (auto c : more) {
      text += c;
      if (c == '{')
        ++braces;
      else if (c == '}' && braces > 0)
        --braces;
      else if (c == '[')
        brackets_start = text.size();
      else if (c == ']')
        brackets_start.reset();
    }
  }

  void replace_backslash(std::u32string_view by) {
    text.pop_back();
    append(by);
  }
};

} // namespace dspex::detail
