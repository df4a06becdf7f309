#include "signatures/lexer.hpp"

#include <charconv>

#include "signatures/values/text.hpp"

namespace dspex::detail {

namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c)
         || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

token_kind punctuation(char c) noexcept {
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

} // namespace

std::string describe(const token& what) {
  if (what.kind == token_kind::end)
    return "the end";
  if (what.kind == token_kind::string)
    return "the string " + shorten(what.text, 60);
  return '"' + shorten(what.text, 60) + '"';
}

bool lexer::next(token& out, issue& why) {
  while (position_ < text_.size()
         && std::string_view{" \t\n\r\v\f"}.find(text_[position_])
              != std::string_view::npos)
    ++position_;
  out.kind = token_kind::end;
  out.offset = position_;
  out.text = {};
  out.value.clear();
  if (position_ == text_.size())
    return true;
  auto c = peek();
  if (c == '"' || c == '\'')
    return read_string(out, why);
  if (is_digit(c) || (c == '-' && is_digit(peek(1))))
    return read_number(out, why);
  if (c == '-' && peek(1) == '>') {
    out.kind = token_kind::arrow;
    position_ += 2;
  } else if (is_word(c)) {
    out.kind = token_kind::name;
    while (position_ < text_.size() && is_word(text_[position_]))
      ++position_;
  } else {
    out.kind = punctuation(c);
    ++position_;
    if (out.kind == token_kind::end) {
      why = {out.offset, "a name, a type or punctuation of the language",
             brief(json(std::string(1, c)))};
      return false;
    }
  }
  out.text = text_.substr(out.offset, position_ - out.offset);
  return true;
}

bool lexer::read_string(token& out, issue& why) {
  auto quote = text_[position_++];
  while (position_ < text_.size()) {
    auto c = text_[position_++];
    if (c == quote) {
      out.kind = token_kind::string;
      out.text = text_.substr(out.offset, position_ - out.offset);
      return true;
    }
    if (c != '\\') {
      out.value += c;
      continue;
    }
    switch (peek()) {
      case '\\':
      case '\'':
      case '"':
        out.value += text_[position_++];
        break;
      case 'n':
        out.value += '\n';
        ++position_;
        break;
      case 'r':
        out.value += '\r';
        ++position_;
        break;
      case 't':
        out.value += '\t';
        ++position_;
        break;
      case 'u':
        if (!read_unicode_escape(out.value, why))
          return false;
        break;
      default:
        out.value += '\\';
    }
  }
  why = {text_.size(),
         std::string{"a closing "} + (quote == '"' ? "'\"'" : "\"'\"")
           + " for the string at column "
           + std::to_string(count_code_points(text_.substr(0, out.offset)) + 1),
         "the end"};
  return false;
}

bool lexer::read_unicode_escape(std::string& out, issue& why) {
  auto start = position_ - 1;
  // Reads `uXXXX` at the position.
  auto read_unit = [this](uint32_t& unit) {
    auto digits = text_.substr(std::min(position_ + 1, text_.size()), 4);
    auto* end = digits.data() + digits.size();
    auto result = std::from_chars(digits.data(), end, unit, 16);
    position_ += 5;
    return digits.size() == 4 && result.ec == std::errc{} && result.ptr == end;
  };
  uint32_t code_point = 0;
  auto ok = read_unit(code_point);
  if (ok && code_point >= 0xD800 && code_point <= 0xDBFF) {
    uint32_t low = 0;
    ok = peek() == '\\' && peek(1) == 'u';
    if (ok) {
      ++position_;
      ok = read_unit(low) && low >= 0xDC00 && low <= 0xDFFF;
    }
    code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
  } else if (code_point >= 0xDC00 && code_point <= 0xDFFF) {
    ok = false;
  }
  if (!ok || code_point == 0) {
    why = {start, "\\u and the four hexadecimal digits of a character",
           '"' + shorten(text_.substr(start), 6) + '"'};
    return false;
  }
  append_utf8(out, static_cast<char32_t>(code_point));
  return true;
}

void lexer::skip_digits() {
  while (is_digit(peek()))
    ++position_;
}

bool lexer::read_number(token& out, issue& why) {
  if (peek() == '-')
    ++position_;
  if (peek() == '0' && is_digit(peek(1))) {
    why = {out.offset, "a number without leading zeros",
           '"' + shorten(text_.substr(out.offset), 8) + '"'};
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
  out.text = text_.substr(out.offset, position_ - out.offset);
  return true;
}

} // namespace dspex::detail
