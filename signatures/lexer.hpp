#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "signatures/issue.hpp"

namespace dspex::detail {

enum class token_kind {
  end,
  /// Letters, digits, `_` and characters beyond ASCII; the reader decides
  /// whether they make a name.
  name,
  number,
  string,
  arrow,
  comma,
  colon,
  bar,
  equals,
  open_paren,
  close_paren,
  open_bracket,
  close_bracket,
};

/// A word of the language, as a view into the text.
struct token {
  token_kind kind = token_kind::end;
  /// 0-based, in bytes.
  size_t offset = 0;
  /// The word as it is written; a string has its quotes.
  std::string_view text;
  /// What a string means; empty for other tokens.
  std::string value;
};

/// Renders a token for an error message.
[[nodiscard]] std::string describe(const token& what);

/// Cuts a text into tokens. The text must be valid UTF-8 and outlive the lexer.
///
/// Strings stand in single or double quotes. The escapes are those of the
/// other notations that users know: `\\`, `\'`, `\"`, `\n`, `\r`, `\t` and
/// `\uXXXX` (in pairs beyond the basic plane). Any other backslash stands for
/// itself, so that patterns can be written as they are: `'^\d+$'`.
class lexer {
public:
  explicit lexer(std::string_view text) : text_(text) {
  }

  /// Reads the next token; `false` if there is none, with the reason in `why`.
  [[nodiscard]] bool next(token& out, issue& why);

private:
  [[nodiscard]] bool read_string(token& out, issue& why);
  [[nodiscard]] bool read_unicode_escape(std::string& out, issue& why);
  [[nodiscard]] bool read_number(token& out, issue& why);
  void skip_digits();

  [[nodiscard]] char peek(size_t ahead = 0) const noexcept {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }

  std::string_view text_;
  size_t position_ = 0;
};

} // namespace dspex::detail
