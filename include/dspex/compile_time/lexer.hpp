#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dspex/compile_time/fixed_string.hpp"

namespace dspex::compile_time {

/// A fault of a text, and its place.
struct fault {
  /// The place in the text, 0-based, in bytes.
  size_t offset = 0;
  /// What was expected and what was found; empty if there is no fault.
  sentence what;
};

enum class token_kind : uint8_t {
  end,
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

/// A word of the language, as a view into the text; a string with its quotes.
struct token {
  token_kind kind = token_kind::end;
  /// The place in the text, 0-based, in bytes.
  size_t offset = 0;
  std::string_view text;
};

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Whether the byte continues a code point of UTF-8.
[[nodiscard]] constexpr bool continues(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u;
}

/// Reads the hexadecimal digits of one `\uXXXX`. Returns -1 if one is no such
/// digit.
[[nodiscard]] constexpr int32_t read_code_unit(std::string_view digits) {
  if (digits.size() < 4)
    return -1;
  int32_t result = 0;
  for (auto c : digits.substr(0, 4)) {
    auto lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    auto is_hex = is_digit(lower) || (lower >= 'a' && lower <= 'f');
    if (!is_hex)
      return -1;
    result = result * 16 + (is_digit(lower) ? lower - '0' : lower - 'a' + 10);
  }
  return result;
}

/// The bytes that a string of the language stands for, one after another.
///
/// Two strings that are written differently may mean the same: `'a'`, `"a"`
/// and `'\u0061'` do.
class string_bytes {
public:
  /// @param quoted a string without faults, with its quotes.
  explicit constexpr string_bytes(std::string_view quoted)
    : rest_(quoted.substr(1, quoted.size() - 2)) {
  }

  /// Returns the next byte, or -1 at the end.
  constexpr int next() {
    if (pending_count_ > 0)
      return pending_[--pending_count_];
    if (rest_.empty())
      return -1;
    auto c = take(1);
    if (c != '\\' || rest_.empty())
      return static_cast<unsigned char>(c);
    switch (rest_.front()) {
      case '\\':
      case '\'':
      case '"':
        return take(1);
      case 'n':
        take(1);
        return '\n';
      case 'r':
        take(1);
        return '\r';
      case 't':
        take(1);
        return '\t';
      case 'u':
        return decode();
      default:
        return c;
    }
  }

private:
  /// Drops `count` bytes and returns the first of them.
  constexpr char take(size_t count) {
    auto c = rest_.front();
    rest_.remove_prefix(count);
    return c;
  }

  /// Turns `uXXXX`, or two of these, into UTF-8.
  constexpr int decode() {
    auto unit = static_cast<uint32_t>(read_code_unit(rest_.substr(1)));
    take(5);
    if (unit >= 0xD800 && unit <= 0xDBFF) {
      auto low = static_cast<uint32_t>(read_code_unit(rest_.substr(2)));
      take(6);
      unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
    if (unit < 0x80)
      return static_cast<int>(unit);
    auto first = unit < 0x800 ? 0xC0u : unit < 0x10000 ? 0xE0u : 0xF0u;
    for (auto limit = first == 0xC0u   ? 1
                      : first == 0xE0u ? 2
                                       : 3;
         limit > 0; --limit) {
      pending_[pending_count_++]
        = static_cast<unsigned char>(0x80u | (unit & 0x3Fu));
      unit >>= 6;
    }
    return static_cast<int>(first | unit);
  }

  std::string_view rest_;
  /// The bytes of the present code point, the last byte first.
  unsigned char pending_[3] = {};
  size_t pending_count_ = 0;
};

[[nodiscard]] constexpr bool same_string(std::string_view lhs,
                                         std::string_view rhs) {
  string_bytes a{lhs};
  string_bytes b{rhs};
  for (;;) {
    auto x = a.next();
    if (x != b.next())
      return false;
    if (x < 0)
      return true;
  }
}

/// Cuts a text into tokens, as `signatures/lexer.hpp` does at run time.
class lexer {
public:
  explicit constexpr lexer(std::string_view text) : text_(text) {
  }

  /// Reads the next token; `false` if there is none, with the reason in `why`.
  [[nodiscard]] constexpr bool next(token& out, fault& why) {
    while (position_ < text_.size() && is_space(peek()))
      ++position_;
    out = {token_kind::end, position_, {}};
    if (position_ == text_.size())
      return true;
    auto c = peek();
    bool ok = true;
    if (c == '"' || c == '\'')
      ok = skip_string(out, why);
    else if (is_digit(c) || (c == '-' && is_digit(peek(1))))
      ok = skip_number(out, why);
    else if (is_word(c))
      skip_name(out);
    else
      ok = skip_punctuation(out, why);
    out.text = text_.substr(out.offset, position_ - out.offset);
    return ok;
  }

private:
  [[nodiscard]] constexpr char peek(size_t ahead = 0) const noexcept {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }

  static constexpr bool is_space(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }

  static constexpr bool is_word(char c) noexcept {
    return is_letter(c) || is_digit(c) || c == '_'
           || static_cast<unsigned char>(c) >= 0x80u;
  }

  static constexpr token_kind punctuation(char c) noexcept {
    switch (c) {
      case ',':
        return token_kind::comma;
      case ':':
        return token_kind::colon;
      case '|':
        return token_kind::bar;
      case '=':
        return token_kind::equals;
      case '(':
        return token_kind::open_paren;
      case ')':
        return token_kind::close_paren;
      case '[':
        return token_kind::open_bracket;
      case ']':
        return token_kind::close_bracket;
      default:
        return token_kind::end;
    }
  }

  constexpr void skip_name(token& out) {
    out.kind = token_kind::name;
    while (position_ < text_.size() && is_word(peek()))
      ++position_;
  }

  constexpr bool skip_punctuation(token& out, fault& why) {
    if (peek() == '-' && peek(1) == '>') {
      out.kind = token_kind::arrow;
      position_ += 2;
      return true;
    }
    out.kind = punctuation(peek());
    if (out.kind == token_kind::end) {
      why.offset = position_;
      why.what
        .add("expected a name, a type or punctuation of the language, found ")
        .add_quoted(text_.substr(position_, 1));
      return false;
    }
    ++position_;
    return true;
  }

  constexpr bool skip_string(token& out, fault& why) {
    auto quote = peek();
    for (++position_; position_ < text_.size(); ++position_) {
      if (peek() == quote) {
        out.kind = token_kind::string;
        ++position_;
        return true;
      }
      if (peek() != '\\')
        continue;
      auto escaped = peek(1);
      if (escaped == 'u') {
        if (!skip_code_point(why))
          return false;
      } else if (escaped == '\\' || escaped == '\'' || escaped == '"') {
        ++position_;
      }
    }
    why.offset = text_.size();
    why.what.add("expected a closing ")
      .add(quote == '"' ? "double quote" : "single quote")
      .add(" for the string that begins with ")
      .add_quoted(text_.substr(out.offset));
    return false;
  }

  /// Skips `\uXXXX`, or two of these, except for the last byte.
  constexpr bool skip_code_point(fault& why) {
    auto unit = read_code_unit(text_.substr(position_ + 2));
    auto size = size_t{6};
    auto ok = unit > 0 && (unit < 0xDC00 || unit > 0xDFFF);
    if (ok && unit >= 0xD800 && unit <= 0xDBFF) {
      auto low = peek(6) == '\\' && peek(7) == 'u'
                   ? read_code_unit(text_.substr(position_ + 8))
                   : -1;
      ok = low >= 0xDC00 && low <= 0xDFFF;
      size = 12;
    }
    if (!ok) {
      why.offset = position_;
      why.what
        .add("expected \\u and the four hexadecimal digits of a character, "
             "found ")
        .add_quoted(text_.substr(position_, 6));
      return false;
    }
    position_ += size - 1;
    return true;
  }

  constexpr bool skip_number(token& out, fault& why) {
    if (peek() == '-')
      ++position_;
    if (peek() == '0' && is_digit(peek(1))) {
      why.offset = out.offset;
      why.what.add("expected a number without leading zeros, found ")
        .add_quoted(text_.substr(out.offset, 8));
      return false;
    }
    skip_digits();
    if (peek() == '.' && is_digit(peek(1))) {
      ++position_;
      skip_digits();
    }
    auto sign = peek(1) == '-' || peek(1) == '+' ? size_t{1} : size_t{0};
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
      position_ += 1 + sign;
      skip_digits();
    }
    out.kind = token_kind::number;
    return true;
  }

  constexpr void skip_digits() {
    while (is_digit(peek()))
      ++position_;
  }

  std::string_view text_;
  size_t position_ = 0;
};

} // namespace dspex::compile_time
