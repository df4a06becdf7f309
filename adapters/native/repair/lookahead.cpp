#include "adapters/native/repair/lookahead.hpp"

#include <string>

#include "adapters/native/repair/bracket_scan.hpp"

namespace dspex::detail {

namespace {

bool is_name_character(char32_t c) {
  return is_alphanumeric(c) || c == '_' || c == '-';
}

char32_t closing_quote(char32_t c) {
  return c == 0x201C ? U'\u201D' : c;
}

bool is_line_end(char32_t c) {
  return c == '\n' || c == '\r';
}

ptrdiff_t skip_name(repair_text& in, ptrdiff_t pos) {
  while (is_name_character(in.at(pos)))
    ++pos;
  return pos;
}

bool colon_follows(repair_text& in, ptrdiff_t pos) {
  return in.at(in.skip_blanks(pos)) == ':';
}

// Whether a value that needs no guess follows the colon behind a bare name. Any
// other bare value has to end with the object before a string can: prose like
// `, floof: explanation` is text.
bool bare_member_value(repair_text& in, ptrdiff_t pos) {
  pos = in.skip_blanks(pos);
  auto c = in.at(pos);
  if (is_quote(c) || is_one_of(c, U"{[-") || is_digit(c))
    return true;
  for (auto word : {U"true", U"false", U"null"})
    if (in.starts_with(word, pos)) {
      auto next
        = in.at(pos + static_cast<ptrdiff_t>(std::u32string_view{word}.size()));
      if (next == 0 || is_blank(next) || is_one_of(next, U",}]"))
        return true;
    }
  return in.at(in.find(U"\"'\u201C\u201D}", pos)) == '}';
}

// Whether the bracket, inside a container, opens another.
bool nests(repair_text& in, ptrdiff_t pos) {
  auto before = pos - 1;
  while (is_blank(in.at(before)))
    --before;
  auto c = in.at(before);
  if (c == 0 || is_one_of(c, U"{[("))
    return true;
  if (c != ',' && c != ':')
    return false;
  auto next = in.skip_blanks(pos + 1);
  auto x = in.at(next);
  if (in.at(pos) != '{')
    return is_quote(x) || is_one_of(x, U"])-{[(tfn") || is_digit(x);
  if (x == '}' || is_quote(x))
    return true;
  return c == ':' && name_and_colon(in, next);
}

} // namespace

char32_t closing_bracket(char32_t c) {
  return c == '{' ? U'}' : c == '[' ? U']' : U')';
}

bool name_and_colon(repair_text& in, ptrdiff_t pos) {
  if (!is_alphanumeric(in.at(pos)) && in.at(pos) != '_')
    return false;
  return colon_follows(in, skip_name(in, pos));
}

comma judge_comma(repair_text& in) {
  auto next = in.skip_blanks(in.pos + 1);
  auto c = in.at(next);
  auto is_name = [&](char32_t quote, ptrdiff_t from) {
    auto end = in.find({&quote, 1}, from);
    return in.at(end) != 0 && colon_follows(in, end + 1) ? comma::member
                                                         : comma::text;
  };
  if (c == 0 || c == '}')
    return comma::member;
  if (is_quote(c))
    return is_name(c, next + 1);
  if (c == '`')
    return colon_follows(in, skip_name(in, next + 1)) ? comma::member
                                                      : comma::text;
  if (is_alphanumeric(c) || c == '_') {
    auto end = in.skip_blanks(skip_name(in, next));
    if (in.at(end) == ':' && bare_member_value(in, end + 1))
      return comma::member;
  }
  if (is_one_of(c, U"{["))
    return comma::container;
  auto special = in.find(U"\"'\u201C\u201D{[", next);
  auto found = in.at(special);
  if (found == 0)
    return comma::text_to_the_end;
  return is_one_of(found, U"{[") ? comma::text : is_name(found, special + 1);
}

ptrdiff_t skip_to_member(repair_text& in, ptrdiff_t pos) {
  for (;;) {
    pos = in.skip_blanks(pos);
    auto c = in.at(pos);
    auto next = in.at(pos + 1);
    if (c == '#' || (c == '/' && next == '/'))
      while (in.at(pos) != 0 && !is_line_end(in.at(pos)))
        ++pos;
    else if (c == '/' && next == '*')
      pos = in.skip_block_comment(pos);
    else
      return pos;
  }
}

bool member_starts(repair_text& in, ptrdiff_t pos) {
  auto c = in.at(pos);
  if (!is_quote(c))
    return name_and_colon(in, pos);
  auto quote = closing_quote(c);
  auto end = in.find({&quote, 1}, pos + 1);
  return in.at(end) == quote && colon_follows(in, end + 1);
}

bool member_follows_quote(repair_text& in, ptrdiff_t quote) {
  auto next = in.skip_blanks(quote + 1);
  return in.at(next) == ',' && member_starts(in, skip_to_member(in, next + 1));
}

ptrdiff_t inline_container_end(repair_text& in, ptrdiff_t pos) {
  auto closers = std::u32string{closing_bracket(in.at(pos))};
  for (auto i = pos + 1;; ++i) {
    auto c = in.at(i);
    if (c == 0)
      return -1;
    if (is_quote(c)) {
      auto quote = closing_quote(c);
      i = in.find({&quote, 1}, i + 1);
      if (in.at(i) != quote)
        return -1;
    } else if (is_one_of(c, U"{[(") && nests(in, i)) {
      closers += closing_bracket(c);
    } else if (c == closers.back()) {
      closers.pop_back();
      if (closers.empty())
        return i + 1;
    }
  }
}

bool is_tuple(repair_text& in) {
  auto scan = bracket_scan{};
  auto has_content = false;
  for (auto pos = in.pos + 1; pos < in.size(); ++pos) {
    auto c = in.at(pos);
    auto outside = scan.is_outside();
    if (scan.is_string(c)) {
      has_content = has_content || (outside && is_quote(c));
      continue;
    }
    if (outside && !is_blank(c) && c != ',' && c != ')')
      has_content = true;
    if (outside && c == ')')
      return !has_content;
    if (outside && c == ',')
      return true;
    if (c == ')' && scan.parentheses > 0)
      --scan.parentheses;
    scan.follow(c);
  }
  return !has_content;
}

bool parenthesis_starts_value(repair_text& in) {
  for (auto pos = in.pos - 1; pos >= 0 && !is_line_end(in.at(pos)); --pos)
    if (!is_blank(in.at(pos)))
      return false;
  auto inside = in.skip_blanks(in.pos + 1);
  auto first = in.at(inside);
  if (first == 0)
    return false;
  auto is_value = is_one_of(first, U"){[(-.") || is_quote(first)
                  || is_digit(first) || in.starts_with(U"true", inside)
                  || in.starts_with(U"false", inside)
                  || in.starts_with(U"null", inside);
  if (!is_value)
    return false;
  auto scan = bracket_scan{};
  for (auto pos = in.pos + 1; pos < in.size(); ++pos) {
    auto c = in.at(pos);
    if (scan.is_string(c))
      continue;
    if (c == ')') {
      if (scan.is_outside()) {
        for (++pos; pos < in.size() && !is_line_end(in.at(pos)); ++pos)
          if (!is_blank(in.at(pos)))
            return false;
        return true;
      }
      --scan.parentheses;
    }
    scan.follow(c);
  }
  return true;
}

} // namespace dspex::detail
