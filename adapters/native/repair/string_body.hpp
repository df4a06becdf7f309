#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "adapters/native/repair/reader.hpp"

namespace dspex::detail {

/// A string that is being read: `StringParseState` of json_repair.
struct open_string {
  char32_t open = '"';
  char32_t close = '"';
  /// There are no quotes around the string.
  bool is_bare = false;
  /// There are two quotes on either side.
  bool is_doubled = false;
  /// A quote inside was taken for text, so the next one closes it.
  bool in_quotes = false;
  /// A container that begins next is text.
  bool container_next = false;
  /// No comma of the rest can end the string.
  bool to_the_end = false;
  /// How many low quotes are open.
  size_t low_quotes = 0;
  /// How many braces of the text are open.
  size_t braces = 0;
  /// Where a class of characters like `[abc]` begins in the text.
  std::optional<size_t> brackets_start;
  /// The brackets that opened the containers that are text.
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

/// Reads what stands between the quotes of a string: `_scan_string_body` of
/// json_repair.
///
/// Two lists of guesses are asked about each character in turn; the first that
/// has a verdict decides. Their order is json_repair's and must stay: nearly
/// every guess leans on those before it not having applied.
class string_body {
public:
  string_body(repair_reader& reader, open_string& string);

  /// Reads up to what closes the string.
  /// @returns the character there, which is not taken; 0 at the end.
  [[nodiscard]] char32_t read();

private:
  using place = repair_reader::place;

  enum class verdict : uint8_t {
    /// The guess does not apply; the next one is asked.
    none,
    /// The character is text.
    keep,
    /// The guess has done what was to be done: go on where the reader is now.
    next,
    /// The string ends in front of the character.
    stop,
  };

  using guess = verdict (string_body::*)(char32_t c);

  template <size_t N>
  [[nodiscard]] verdict ask(const guess (&guesses)[N], char32_t c);

  void take();

  // -- guesses about a character ----------------------------------------------

  [[nodiscard]] verdict end_of_bare_string(char32_t c);
  [[nodiscard]] verdict low_quotes(char32_t c);
  [[nodiscard]] verdict inline_container(char32_t c);
  [[nodiscard]] verdict comma_in_value(char32_t c);
  [[nodiscard]] verdict bracket_of_container(char32_t c);
  [[nodiscard]] verdict brace_without_quote(char32_t c);
  [[nodiscard]] verdict bracket_without_quote(char32_t c);
  [[nodiscard]] verdict brace_before_fence(char32_t c);

  // -- guesses about a character behind one that was taken --------------------

  [[nodiscard]] verdict escape(char32_t c);
  [[nodiscard]] verdict colon_in_key(char32_t c);
  [[nodiscard]] verdict straight_quote_for_low(char32_t c);
  [[nodiscard]] verdict quote_in_brackets(char32_t c);
  [[nodiscard]] verdict closing_quote(char32_t c);

  // -- parts of guesses -------------------------------------------------------

  [[nodiscard]] bool brace_lacks_quote();
  [[nodiscard]] bool fence_is_text(ptrdiff_t fence);
  [[nodiscard]] verdict escaped_code(size_t digits);
  [[nodiscard]] verdict quote_in_bare_value();
  [[nodiscard]] ptrdiff_t next_border();
  [[nodiscard]] verdict quote_before_comma(ptrdiff_t border);
  [[nodiscard]] verdict quote_before_quote(ptrdiff_t quote);
  [[nodiscard]] verdict quote_before_word(ptrdiff_t quote);
  [[nodiscard]] verdict quotes_in_element(ptrdiff_t quote);

  // -- member variables -------------------------------------------------------

  repair_reader& reader_;
  repair_text& in_;
  open_string& string_;
};

} // namespace dspex::detail
