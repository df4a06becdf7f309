#include "adapters/native/repair/string.hpp"

// What stands ahead in the text decides what a quote, a comma or a brace in a
// string means.

namespace dspex::detail {

namespace {

bool is_name_character(char32_t c) {
  return is_alphanumeric(c) || c == '_' || c == '-';
}

char32_t closing_quote(char32_t c) {
  return c == 0x201C ? U'\u201D' : c;
}

} // namespace

bool repair_reader::name_and_colon(ptrdiff_t pos) {
  if (!is_alphanumeric(at(pos)) && at(pos) != '_')
    return false;
  while (is_name_character(at(pos)))
    ++pos;
  return at(skip_blanks(pos)) == ':';
}

bool repair_reader::bare_member_value(ptrdiff_t pos) {
  pos = skip_blanks(pos);
  auto c = at(pos);
  if (is_quote(c) || is_one_of(c, U"{[-") || (c >= '0' && c <= '9'))
    return true;
  for (auto word : {U"true", U"false", U"null"})
    if (starts_with(word, pos)) {
      auto next
        = at(pos + static_cast<ptrdiff_t>(std::u32string_view{word}.size()));
      if (next == 0 || is_blank(next) || is_one_of(next, U",}]"))
        return true;
    }
  return at(find(U"\"'\u201C\u201D}", pos)) == '}';
}

repair_reader::comma repair_reader::judge_comma() {
  auto next = skip_blanks(pos_ + 1);
  auto c = at(next);
  auto is_name = [&](char32_t quote, ptrdiff_t from) {
    auto end = find({&quote, 1}, from);
    return at(end) != 0 && at(skip_blanks(end + 1)) == ':' ? comma::member
                                                           : comma::text;
  };
  if (c == 0 || c == '}')
    return comma::member;
  if (is_quote(c))
    return is_name(c, next + 1);
  if (c == '`') {
    auto end = next + 1;
    while (is_name_character(at(end)))
      ++end;
    return at(skip_blanks(end)) == ':' ? comma::member : comma::text;
  }
  if (is_alphanumeric(c) || c == '_') {
    auto end = next;
    while (is_name_character(at(end)))
      ++end;
    end = skip_blanks(end);
    if (at(end) == ':' && bare_member_value(end + 1))
      return comma::member;
  }
  if (is_one_of(c, U"{["))
    return comma::container;
  auto special = find(U"\"'\u201C\u201D{[", next);
  auto found = at(special);
  if (found == 0)
    return comma::text_to_the_end;
  return is_one_of(found, U"{[") ? comma::text : is_name(found, special + 1);
}

ptrdiff_t repair_reader::skip_to_member(ptrdiff_t pos) {
  auto saved = pos_;
  pos_ = pos;
  for (;;) {
    pos_ = skip_blanks(pos_);
    auto next = at(pos_ + 1);
    if (now() == '#' || (now() == '/' && next == '/')) {
      while (now() != 0 && now() != '\n' && now() != '\r')
        ++pos_;
    } else if (now() == '/' && next == '*') {
      skip_comment();
    } else {
      break;
    }
  }
  std::swap(saved, pos_);
  return saved;
}

bool repair_reader::member_starts(ptrdiff_t pos) {
  auto c = at(pos);
  if (!is_quote(c))
    return name_and_colon(pos);
  auto quote = closing_quote(c);
  auto end = find({&quote, 1}, pos + 1);
  return at(end) == quote && at(skip_blanks(end + 1)) == ':';
}

bool repair_reader::member_follows_quote(ptrdiff_t quote) {
  auto next = skip_blanks(quote + 1);
  return at(next) == ',' && member_starts(skip_to_member(next + 1));
}

// Whether the quote closes the string. One that does not is kept as text, or
// skipped, and `c` is what follows.
bool repair_reader::quote_ends(open_string& s, char32_t& c) {
  auto keep = [&] {
    s.append({&c, 1});
    ++pos_;
    c = now();
    return false;
  };
  auto in_value = is_in(place::value);
  auto is_end = [&](char32_t x) { return x == s.close || x == s.open; };
  if (s.is_doubled && at(pos_ + 1) == s.close) {
    ++pos_;
    return false;
  }
  if (s.is_bare && in_value) {
    auto pos = pos_ + 1;
    while (at(pos) != 0 && !is_end(at(pos)))
      ++pos;
    if (at(pos) == 0 || at(skip_blanks(pos + 1)) != ':')
      return false;
    // It opens the next name.
    --pos_;
    c = now();
    return true;
  }
  if (s.in_quotes) {
    s.in_quotes = false;
    return keep();
  }
  auto only_signs = true;
  auto pos = pos_ + 1;
  for (; at(pos) != 0 && !is_end(at(pos)); ++pos) {
    auto x = at(pos);
    only_signs = only_signs && !is_letter(x);
    if ((is_anywhere_in(place::key) && is_one_of(x, U":}"))
        || (is_anywhere_in(place::value) && x == '}')
        || (is_anywhere_in(place::element) && is_one_of(x, U"],"))
        || (only_signs && in_value && x == ','))
      break;
  }
  auto found = at(pos);
  if (found == ',' && in_value) {
    auto quote = find({&s.close, 1}, pos + 1);
    return is_one_of(at(skip_blanks(quote + 1)), U"},") && keep();
  }
  if (found != s.close || at(pos - 1) == '\\')
    return false;
  auto only_blanks = true;
  for (auto i = pos_ + 1; i < pos; ++i)
    only_blanks = only_blanks && is_blank(at(i));
  auto before_member = in_value && member_follows_quote(pos);
  if (only_blanks && !before_member)
    return true;
  if (in_value) {
    if (before_member)
      return keep();
    auto end = find({&s.close, 1}, pos + 1) + 1;
    for (; at(end) != 0 && at(end) != ':'; ++end)
      if (is_one_of(at(end), U",]}")
          || (at(end) == s.close && at(end - 1) != '\\'))
        break;
    if (at(end) == ':')
      return false;
    s.in_quotes = true;
    return keep();
  }
  if (is_in(place::element)) {
    auto either = std::u32string{s.close, U']'};
    auto even = true;
    while (even && at(pos) == s.close) {
      pos = find(either, pos + 1);
      even = at(pos) == s.close;
      if (even)
        pos = find(either, pos + 1);
    }
    if (!even)
      return true;
    s.in_quotes = true;
    return keep();
  }
  return is_in(place::key) && keep();
}

// The position behind a balanced container inside a string, or -1.
ptrdiff_t repair_reader::inline_container_end(ptrdiff_t pos) {
  auto closers = std::u32string{closing_bracket(at(pos))};
  for (auto i = pos + 1;; ++i) {
    auto c = at(i);
    if (c == 0)
      return -1;
    if (is_quote(c)) {
      auto quote = closing_quote(c);
      i = find({&quote, 1}, i + 1);
      if (at(i) != quote)
        return -1;
    } else if (is_one_of(c, U"{[(") && nests(i)) {
      closers += closing_bracket(c);
    } else if (c == closers.back()) {
      closers.pop_back();
      if (closers.empty())
        return i + 1;
    }
  }
}

// Whether the bracket, inside a container, opens another.
bool repair_reader::nests(ptrdiff_t pos) {
  auto before = pos - 1;
  while (is_blank(at(before)))
    --before;
  auto c = at(before);
  if (c == 0 || is_one_of(c, U"{[("))
    return true;
  if (c != ',' && c != ':')
    return false;
  auto next = skip_blanks(pos + 1);
  auto x = at(next);
  if (at(pos) != '{')
    return is_quote(x) || is_one_of(x, U"])-{[(tfn") || (x >= '0' && x <= '9');
  if (x == '}' || is_quote(x))
    return true;
  return c == ':' && name_and_colon(next);
}

// Whether a code fence behind a brace is text of the string, not the end of
// the block that the JSON stands in.
bool repair_reader::fence_is_text(open_string& s, ptrdiff_t fence) {
  auto from = fence + 3;
  auto next = skip_to_member(from);
  auto keeps_container = false;
  if (is_one_of(at(next), U"{[(")) {
    if (auto end = inline_container_end(next); end >= 0) {
      auto after = skip_blanks(end);
      if (at(after) == 0 || at(after) == '}')
        return false;
      if (at(after) == ',') {
        auto member = skip_to_member(after + 1);
        if (at(member) == 0 || at(member) == '}' || member_starts(member))
          return false;
      }
      keeps_container = true;
      from = end;
    }
  }
  for (auto quote = find({&s.close, 1}, from); at(quote) == s.close;
       quote = find({&s.close, 1}, quote + 1)) {
    auto after = at(skip_blanks(quote + 1));
    if (after != 0 && !is_one_of(after, U",}]"))
      continue;
    s.container_next = s.container_next || keeps_container;
    return true;
  }
  return false;
}

} // namespace dspex::detail
