#include "adapters/native/repair/string.hpp"

#include <algorithm>

namespace dspex::detail {

namespace {

constexpr auto openers = std::u32string_view{U"{[("};

int hex_digit(char32_t c) {
  if (c >= '0' && c <= '9')
    return static_cast<int>(c - '0');
  auto lower = c | 0x20;
  return c < 0x80 && lower >= 'a' && lower <= 'f'
           ? static_cast<int>(lower - 'a') + 10
           : -1;
}

} // namespace

json repair_reader::string() {
  if (now() == '#' || now() == '/')
    return comment();
  while (now() != 0 && !is_quote(now()) && !is_alphanumeric(now()))
    ++pos_;
  if (now() == 0)
    return "";
  if (auto plain = plain_string())
    return *plain;
  auto s = open_string{};
  if (auto result = open(s))
    return *result;
  return close(s, scan(s));
}

// A string that leaves no doubt.
std::optional<std::string> repair_reader::plain_string() {
  if (now() != '"')
    return std::nullopt;
  auto end = pos_ + 1;
  for (;; ++end) {
    auto c = at(end);
    if (c == 0 || c == '\\' || c == '\n' || c == '\r')
      return std::nullopt;
    if (c == '"')
      break;
  }
  auto next = at(skip_blanks(end + 1));
  auto fits = is_in(place::key)       ? next == ':'
              : is_in(place::value)   ? next == ',' || next == '}' || next == 0
              : is_in(place::element) ? next == ',' || next == ']' || next == 0
                                      : next == 0;
  if (!fits)
    return std::nullopt;
  auto start = static_cast<size_t>(pos_) + 1;
  auto length = static_cast<size_t>(end) - start;
  pos_ = end + 1;
  return encode_text(std::u32string_view{text_}.substr(start, length));
}

// Reads what opens the string. Returns the value if that is all of it.
std::optional<json> repair_reader::open(open_string& s) {
  auto c = now();
  if (c == '\'') {
    s.open = s.close = '\'';
  } else if (c == 0x201C) {
    s.open = 0x201C;
    s.close = 0x201D;
  } else if (is_alphanumeric(c)) {
    if (auto word = word_value())
      return word;
    s.is_bare = true;
  }
  if (!s.is_bare)
    ++pos_;
  if (starts_with(U"```json", pos_)
      && starts_with(U"```", find(U"`", pos_ + 7))) {
    pos_ += 7;
    return value();
  }
  if (now() == s.open)
    return second_quote(s);
  return std::nullopt;
}

// `true` and its like, whatever follows.
std::optional<json> repair_reader::word_value() {
  if (is_in(place::key))
    return std::nullopt;
  auto is_word = [&](std::u32string_view word) {
    auto pos = pos_;
    for (auto c : word) {
      auto x = at(pos++);
      if (x != c && x + 32 != c)
        return false;
    }
    pos_ = pos;
    return true;
  };
  if (is_word(U"true"))
    return json(true);
  if (is_word(U"false"))
    return json(false);
  if (is_word(U"null"))
    return json(nullptr);
  return std::nullopt;
}

// The quote that opens it stands twice: an empty string, a habit, or a slip.
std::optional<json> repair_reader::second_quote(open_string& s) {
  auto next = at(pos_ + 1);
  if ((is_in(place::key) && next == ':')
      || (is_in(place::value) && is_one_of(next, U",}"))
      || (is_in(place::element) && is_one_of(next, U",]"))) {
    ++pos_;
    return json("");
  }
  if (next == s.open)
    return json("");
  auto end = find({&s.close, 1}, pos_ + 1);
  if (at(end + 1) == s.close) {
    s.is_doubled = true;
    ++pos_;
    return std::nullopt;
  }
  auto after = at(skip_blanks(pos_ + 1));
  if (is_quote(after) || is_one_of(after, U"{[")) {
    ++pos_;
    return json("");
  }
  if (!is_one_of(after, U",]}"))
    ++pos_;
  return std::nullopt;
}

// Reads up to what closes the string, and returns it.
char32_t repair_reader::scan(open_string& s) {
  auto c = now();
  auto keep = [&] {
    s.append({&c, 1});
    ++pos_;
    c = now();
  };
  while (c != 0 && (c != s.close || s.low_quotes > 0)) {
    auto in_value = is_in(place::value);
    if (s.is_bare
        && ((is_in(place::key) && (c == ':' || is_blank(c)))
            || (is_in(place::element) && is_one_of(c, U"],"))))
      return c;
    if (c == 0x201E && s.last() != '\\') {
      ++s.low_quotes;
      keep();
      continue;
    }
    if (s.low_quotes > 0 && c == 0x201D) {
      --s.low_quotes;
      keep();
      continue;
    }
    auto starts_object = in_value && c == '{' && at(pos_ - 1) != '\\'
                         && name_and_colon(skip_blanks(pos_ + 1));
    if ((s.container_next || starts_object) && is_one_of(c, openers)
        && s.last() != '\\') {
      if (auto end = inline_container_end(pos_); end >= 0) {
        s.container_next = false;
        s.containers.clear();
        s.append(std::u32string_view{text_}.substr(
          static_cast<size_t>(pos_), static_cast<size_t>(end - pos_)));
        pos_ = end;
        c = now();
        continue;
      }
    }
    if (in_value && c == ',' && !s.container_next && s.containers.empty()) {
      auto meaning = s.to_the_end ? comma::text : judge_comma();
      if (meaning == comma::member)
        return c;
      if (meaning == comma::text_to_the_end)
        s.to_the_end = true;
      s.container_next = meaning == comma::container;
      keep();
      continue;
    }
    if (is_one_of(c, U"{[")) {
      if (s.container_next || !s.containers.empty())
        s.containers += c;
      s.container_next = false;
    }
    if (!s.containers.empty() && c == closing_bracket(s.containers.back())) {
      s.containers.pop_back();
      keep();
      continue;
    }
    if (in_value && c == '}' && s.last() != s.close) {
      if (s.braces > 0) {
        keep();
        continue;
      }
      if (brace_ends(s))
        return now();
    }
    if (c == ']' && is_anywhere_in(place::element) && s.last() != s.close
        && at(find({&s.close, 1}, pos_)) == 0)
      return c;
    if (in_value && c == '}') {
      auto next = skip_blanks(pos_ + 1);
      if (starts_with(U"```", next)) {
        if (!fence_is_text(s, next))
          return c;
        keep();
        continue;
      }
      if (at(next) == 0)
        return c;
    }
    keep();
    if (c == 0)
      return c;
    if (s.last() == '\\' && escape(s, c)) {
      c = now();
      continue;
    }
    if (c == ':' && !s.is_bare && is_in(place::key)) {
      auto quote = find({&s.open, 1}, pos_ + 1);
      if (at(quote) == 0)
        return c;
      auto end = find({&s.close, 1}, quote + 1);
      if (at(end) != 0 && is_one_of(at(skip_blanks(end + 1)), U",}"))
        return c;
    }
    if (s.low_quotes > 0 && c == '"') {
      --s.low_quotes;
      keep();
      continue;
    }
    if (c != s.close)
      continue;
    if (is_in(place::value) && s.brackets_start
        && std::none_of(s.text.begin()
                          + static_cast<ptrdiff_t>(*s.brackets_start),
                        s.text.end(), is_blank)
        && at(find(U"]", pos_ + 1)) == ']') {
      keep();
      continue;
    }
    if (s.text.empty() || s.last() == '\\')
      continue;
    if (quote_ends(s, c))
      return c;
  }
  return c;
}

// Whether the brace closes the object, since the string lacks its quote.
bool repair_reader::brace_ends(open_string& s) {
  if (at(pos_ + 1) == '\\')
    return false;
  auto quote = find({&s.close, 1}, pos_ + 1);
  if (at(quote) != 0) {
    auto next = skip_blanks(quote + 1);
    if (at(next) == 0 || is_one_of(at(next), U",}"))
      return false;
    auto open = find({&s.open, 1}, next);
    if (at(open) == 0)
      return false;
    auto after = at(skip_blanks(open + 1));
    return after == 0 || after == ':';
  }
  if (at(find(U":", pos_ + 1)) != 0)
    return true;
  auto next = skip_blanks(pos_ + 1);
  return find(U"}", next) - next <= 1;
}

// Reads what follows a backslash, which is part of the text already.
bool repair_reader::escape(open_string& s, char32_t c) {
  auto close = s.low_quotes > 0 ? U'\0' : s.close;
  auto take = [&](char32_t x) {
    s.replace_backslash({&x, 1});
    ++pos_;
  };
  if (s.low_quotes > 0 && c == '"') {
    take(c);
    --s.low_quotes;
    return true;
  }
  if (c == '\\') {
    auto end = pos_ + 1;
    while (at(end) == '\\')
      ++end;
    auto count = end - pos_ + 1;
    if (count % 2 == 0 && (at(end) != close || close == 0)) {
      s.replace_backslash(std::u32string(static_cast<size_t>(count / 2), '\\'));
      pos_ = end;
      return true;
    }
  }
  if ((c == close && close != 0) || is_one_of(c, U"tnrb\\")) {
    take(c == 't'   ? U'\t'
         : c == 'n' ? U'\n'
         : c == 'r' ? U'\r'
         : c == 'b' ? U'\b'
                    : c);
    while (s.last() == '\\' && now() != 0 && (now() == close || now() == '\\'))
      take(now());
    return true;
  }
  if (c == 'u' || c == 'x') {
    auto count = c == 'u' ? 4 : 2;
    auto code = char32_t{0};
    for (auto i = 1; i <= count; ++i) {
      auto digit = hex_digit(at(pos_ + i));
      if (digit < 0)
        return false;
      code = code * 16 + static_cast<char32_t>(digit);
    }
    pos_ += count + 1;
    s.text.pop_back();
    // json_repair leaves the halves of a pair apart, which no text can hold.
    if (s.last() >= 0xD800 && s.last() < 0xDC00 && code >= 0xDC00
        && code < 0xE000) {
      code = 0x10000 + ((s.last() - 0xD800) << 10) + (code - 0xDC00);
      s.text.pop_back();
    }
    s.append({&code, 1});
    return true;
  }
  if (c == 0x201E || (is_quote(c) && c != close)) {
    take(c);
    return true;
  }
  return false;
}

json repair_reader::close(open_string& s, char32_t c) {
  if (c != 0 && s.is_bare && is_in(place::key) && is_blank(c)) {
    pos_ = skip_blanks(pos_);
    if (!is_one_of(now(), U":,"))
      return "";
  }
  auto is_closed = c == s.close;
  if (is_closed)
    ++pos_;
  if (!is_closed || s.is_bare || s.last() == '\n')
    while (is_blank(s.last()))
      s.text.pop_back();
  return encode_text(s.text);
}

} // namespace dspex::detail
