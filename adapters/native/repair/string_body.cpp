#include "adapters/native/repair/string_body.hpp"

#include <algorithm>

#include "adapters/native/repair/lookahead.hpp"

namespace dspex::detail {

namespace {

int hex_digit(char32_t c) {
  if (is_digit(c))
    return static_cast<int>(c - '0');
  auto lower = c | 0x20;
  return c < 0x80 && lower >= 'a' && lower <= 'f'
           ? static_cast<int>(lower - 'a') + 10
           : -1;
}

} // namespace

string_body::string_body(repair_reader& reader, open_string& string)
  : reader_(reader), in_(reader.text()), string_(string) {
}

char32_t string_body::read() {
  static constexpr guess about_character[] = {
    &string_body::end_of_bare_string,    &string_body::low_quotes,
    &string_body::inline_container,      &string_body::comma_in_value,
    &string_body::bracket_of_container,  &string_body::brace_without_quote,
    &string_body::bracket_without_quote, &string_body::brace_before_fence,
  };
  static constexpr guess behind_character[] = {
    &string_body::escape,
    &string_body::colon_in_key,
    &string_body::straight_quote_for_low,
    &string_body::quote_in_brackets,
    &string_body::closing_quote,
  };
  auto c = in_.now();
  while (c != 0 && (c != string_.close || string_.low_quotes > 0)) {
    auto found = ask(about_character, c);
    if (found == verdict::none) {
      take();
      c = in_.now();
      if (c == 0)
        return c;
      found = ask(behind_character, c);
    }
    if (found == verdict::stop)
      return in_.now();
    if (found == verdict::keep)
      take();
    c = in_.now();
  }
  return c;
}

template <size_t N>
string_body::verdict string_body::ask(const guess (&guesses)[N], char32_t c) {
  for (auto x : guesses)
    if (auto found = (this->*x)(c); found != verdict::none)
      return found;
  return verdict::none;
}

void string_body::take() {
  auto c = in_.now();
  string_.append({&c, 1});
  ++in_.pos;
}

// -- guesses about a character ------------------------------------------------

// A string without quotes ends where its place does: `missing_quotes` at the
// head of `_scan_string_body`.
string_body::verdict string_body::end_of_bare_string(char32_t c) {
  auto ends = string_.is_bare
              && ((reader_.is_in(place::key) && (c == ':' || is_blank(c)))
                  || (reader_.is_in(place::element) && is_one_of(c, U"],")));
  return ends ? verdict::stop : verdict::none;
}

// What stands between low and high quotes is text, whatever it is:
// `_push_low_smart_quote_span`, `_pop_low_smart_quote_span`.
string_body::verdict string_body::low_quotes(char32_t c) {
  if (c == 0x201E && string_.last() != '\\') {
    ++string_.low_quotes;
    return verdict::keep;
  }
  if (string_.low_quotes > 0 && c == 0x201D) {
    --string_.low_quotes;
    return verdict::keep;
  }
  return verdict::none;
}

// A balanced container behind a comma that is text, or one with a bare name, is
// text as a whole: `pending_inline_container`, `_skip_inline_container`.
string_body::verdict string_body::inline_container(char32_t c) {
  auto starts_object = reader_.is_in(place::value) && c == '{'
                       && in_.at(in_.pos - 1) != '\\'
                       && name_and_colon(in_, in_.skip_blanks(in_.pos + 1));
  if ((!string_.container_next && !starts_object) || !is_one_of(c, U"{[(")
      || string_.last() == '\\')
    return verdict::none;
  auto end = inline_container_end(in_, in_.pos);
  if (end < 0)
    return verdict::none;
  string_.container_next = false;
  string_.containers.clear();
  string_.append(in_.slice(in_.pos, end));
  in_.pos = end;
  return verdict::next;
}

// A comma in a value may begin the next member: `classify_object_value_comma`.
string_body::verdict string_body::comma_in_value(char32_t c) {
  if (!reader_.is_in(place::value) || c != ',' || string_.container_next
      || !string_.containers.empty())
    return verdict::none;
  auto meaning = string_.to_the_end ? comma::text : judge_comma(in_);
  if (meaning == comma::member)
    return verdict::stop;
  if (meaning == comma::text_to_the_end)
    string_.to_the_end = true;
  string_.container_next = meaning == comma::container;
  return verdict::keep;
}

// Brackets of containers that are text are paired, and the closing ones are
// text: `update_inline_container_stack`.
string_body::verdict string_body::bracket_of_container(char32_t c) {
  auto& open = string_.containers;
  if (is_one_of(c, U"{[")) {
    if (string_.container_next || !open.empty())
      open += c;
    string_.container_next = false;
  }
  if (open.empty() || c != closing_bracket(open.back()))
    return verdict::none;
  open.pop_back();
  return verdict::keep;
}

// A brace in a value closes the object if the string lacks its quote, unless
// the text has a brace to close: `object_value_unmatched_opening_braces`,
// `rstring_delimiter_missing`.
string_body::verdict string_body::brace_without_quote(char32_t c) {
  if (!reader_.is_in(place::value) || c != '}'
      || string_.last() == string_.close)
    return verdict::none;
  if (string_.braces > 0)
    return verdict::keep;
  return brace_lacks_quote() ? verdict::stop : verdict::none;
}

bool string_body::brace_lacks_quote() {
  if (in_.at(in_.pos + 1) == '\\')
    return false;
  auto quote = in_.find({&string_.close, 1}, in_.pos + 1);
  if (in_.at(quote) != 0) {
    auto next = in_.skip_blanks(quote + 1);
    if (in_.at(next) == 0 || is_one_of(in_.at(next), U",}"))
      return false;
    auto open = in_.find({&string_.open, 1}, next);
    if (in_.at(open) == 0)
      return false;
    auto after = in_.at(in_.skip_blanks(open + 1));
    return after == 0 || after == ':';
  }
  if (in_.at(in_.find(U":", in_.pos + 1)) != 0)
    return true;
  auto next = in_.skip_blanks(in_.pos + 1);
  return in_.find(U"}", next) - next <= 1;
}

// A bracket in an array closes it if no quote follows: `ContextValues.ARRAY in
// self.context.context`.
string_body::verdict string_body::bracket_without_quote(char32_t c) {
  auto ends = c == ']' && reader_.is_anywhere_in(place::element)
              && string_.last() != string_.close
              && in_.at(in_.find({&string_.close, 1}, in_.pos)) == 0;
  return ends ? verdict::stop : verdict::none;
}

// A brace before the end of the text, or of the block of code that the JSON
// stands in, closes the object:
// `_brace_before_code_fence_belongs_to_string`.
string_body::verdict string_body::brace_before_fence(char32_t c) {
  if (!reader_.is_in(place::value) || c != '}')
    return verdict::none;
  auto next = in_.skip_blanks(in_.pos + 1);
  if (in_.starts_with(U"```", next))
    return fence_is_text(next) ? verdict::keep : verdict::stop;
  return in_.at(next) == 0 ? verdict::stop : verdict::none;
}

// Whether a code fence behind a brace is text of the string, not the end of
// the block that the JSON stands in.
bool string_body::fence_is_text(ptrdiff_t fence) {
  auto from = fence + 3;
  auto next = skip_to_member(in_, from);
  auto keeps_container = false;
  if (is_one_of(in_.at(next), U"{[(")) {
    if (auto end = inline_container_end(in_, next); end >= 0) {
      auto after = in_.skip_blanks(end);
      if (in_.at(after) == 0 || in_.at(after) == '}')
        return false;
      if (in_.at(after) == ',') {
        auto member = skip_to_member(in_, after + 1);
        if (in_.at(member) == 0 || in_.at(member) == '}'
            || member_starts(in_, member))
          return false;
      }
      keeps_container = true;
      from = end;
    }
  }
  auto close = std::u32string_view{&string_.close, 1};
  for (auto quote = in_.find(close, from); in_.at(quote) == string_.close;
       quote = in_.find(close, quote + 1)) {
    auto after = in_.at(in_.skip_blanks(quote + 1));
    if (after != 0 && !is_one_of(after, U",}]"))
      continue;
    string_.container_next = string_.container_next || keeps_container;
    return true;
  }
  return false;
}

// -- guesses about a character behind one that was taken ----------------------

// What follows a backslash, which is part of the text already, is an escape:
// `_normalize_escape_sequence`.
string_body::verdict string_body::escape(char32_t c) {
  if (string_.last() != '\\')
    return verdict::none;
  auto close = string_.low_quotes > 0 ? U'\0' : string_.close;
  auto replace = [&](char32_t x) {
    string_.replace_backslash({&x, 1});
    ++in_.pos;
  };
  if (string_.low_quotes > 0 && c == '"') {
    replace(c);
    --string_.low_quotes;
    return verdict::next;
  }
  if (c == '\\') {
    auto end = in_.pos + 1;
    while (in_.at(end) == '\\')
      ++end;
    auto count = end - in_.pos + 1;
    if (count % 2 == 0 && (in_.at(end) != close || close == 0)) {
      string_.replace_backslash(
        std::u32string(static_cast<size_t>(count / 2), '\\'));
      in_.pos = end;
      return verdict::next;
    }
  }
  if ((c == close && close != 0) || is_one_of(c, U"tnrb\\")) {
    replace(c == 't'   ? U'\t'
            : c == 'n' ? U'\n'
            : c == 'r' ? U'\r'
            : c == 'b' ? U'\b'
                       : c);
    while (string_.last() == '\\' && in_.now() != 0
           && (in_.now() == close || in_.now() == '\\'))
      replace(in_.now());
    return verdict::next;
  }
  if (c == 'u' || c == 'x')
    return escaped_code(c == 'u' ? 4 : 2);
  if (c == 0x201E || (is_quote(c) && c != close)) {
    replace(c);
    return verdict::next;
  }
  return verdict::none;
}

string_body::verdict string_body::escaped_code(size_t digits) {
  auto count = static_cast<ptrdiff_t>(digits);
  auto code = char32_t{0};
  for (auto i = ptrdiff_t{1}; i <= count; ++i) {
    auto digit = hex_digit(in_.at(in_.pos + i));
    if (digit < 0)
      return verdict::none;
    code = code * 16 + static_cast<char32_t>(digit);
  }
  in_.pos += count + 1;
  string_.text.pop_back();
  // json_repair leaves the halves of a pair apart, which no text can hold.
  if (string_.last() >= 0xD800 && string_.last() < 0xDC00 && code >= 0xDC00
      && code < 0xE000) {
    code = 0x10000 + ((string_.last() - 0xD800) << 10) + (code - 0xDC00);
    string_.text.pop_back();
  }
  string_.append({&code, 1});
  return verdict::next;
}

// A colon in a name ends it if the name lacks its quote: the check of `:` in
// `ContextValues.OBJECT_KEY`.
string_body::verdict string_body::colon_in_key(char32_t c) {
  if (c != ':' || string_.is_bare || !reader_.is_in(place::key))
    return verdict::none;
  auto quote = in_.find({&string_.open, 1}, in_.pos + 1);
  if (in_.at(quote) == 0)
    return verdict::stop;
  auto end = in_.find({&string_.close, 1}, quote + 1);
  auto ends = in_.at(end) != 0
              && is_one_of(in_.at(in_.skip_blanks(end + 1)), U",}");
  return ends ? verdict::stop : verdict::none;
}

// A straight quote closes a low one as well: `_in_low_smart_quote_span`.
string_body::verdict string_body::straight_quote_for_low(char32_t c) {
  if (string_.low_quotes == 0 || c != '"')
    return verdict::none;
  --string_.low_quotes;
  return verdict::keep;
}

// A quote in a class of characters like `["']` is text:
// `_quote_belongs_to_regex_character_class`.
string_body::verdict string_body::quote_in_brackets(char32_t c) {
  if (c != string_.close || !reader_.is_in(place::value)
      || !string_.brackets_start)
    return verdict::none;
  auto& text = string_.text;
  auto start = text.begin() + static_cast<ptrdiff_t>(*string_.brackets_start);
  auto is_class = std::none_of(start, text.end(), is_blank)
                  && in_.at(in_.find(U"]", in_.pos + 1)) == ']';
  return is_class ? verdict::keep : verdict::none;
}

// A quote closes the string, unless it has a different meaning here:
// `_handle_right_delimiter_candidate`. A quote that is left where it is closes
// the string unless low quotes are open.
string_body::verdict string_body::closing_quote(char32_t c) {
  if (c != string_.close || string_.text.empty() || string_.last() == '\\')
    return verdict::none;
  if (string_.is_doubled && in_.at(in_.pos + 1) == string_.close) {
    ++in_.pos;
    return verdict::next;
  }
  if (string_.is_bare && reader_.is_in(place::value))
    return quote_in_bare_value();
  if (string_.in_quotes) {
    string_.in_quotes = false;
    return verdict::keep;
  }
  auto border = next_border();
  auto found = in_.at(border);
  if (found == ',' && reader_.is_in(place::value))
    return quote_before_comma(border);
  if (found != string_.close || in_.at(border - 1) == '\\')
    return verdict::next;
  return quote_before_quote(border);
}

// A quote behind a value without quotes may open the name of the next member:
// `state.missing_quotes` in `_handle_right_delimiter_candidate`.
string_body::verdict string_body::quote_in_bare_value() {
  auto pos = in_.pos + 1;
  while (in_.at(pos) != 0 && in_.at(pos) != string_.close
         && in_.at(pos) != string_.open)
    ++pos;
  if (in_.at(pos) == 0 || in_.at(in_.skip_blanks(pos + 1)) != ':')
    return verdict::next;
  --in_.pos;
  return verdict::stop;
}

// The next quote, or what ends the key, the value or the element before it:
// `check_comma_in_object_value`.
ptrdiff_t string_body::next_border() {
  auto only_signs = true;
  auto pos = in_.pos + 1;
  for (auto x = in_.at(pos); x != 0 && x != string_.close && x != string_.open;
       x = in_.at(++pos)) {
    only_signs = only_signs && !is_letter(x);
    if ((reader_.is_anywhere_in(place::key) && is_one_of(x, U":}"))
        || (reader_.is_anywhere_in(place::value) && x == '}')
        || (reader_.is_anywhere_in(place::element) && is_one_of(x, U"],"))
        || (only_signs && reader_.is_in(place::value) && x == ','))
      break;
  }
  return pos;
}

// A quote before a comma is text if the value goes on to another quote that is
// followed by what ends a value: the first branch of
// `_handle_right_delimiter_candidate`.
string_body::verdict string_body::quote_before_comma(ptrdiff_t border) {
  auto quote = in_.find({&string_.close, 1}, border + 1);
  return is_one_of(in_.at(in_.skip_blanks(quote + 1)), U"},") ? verdict::keep
                                                              : verdict::next;
}

// Two quotes with nothing between them close the string; other pairs are judged
// by the place: the second branch of `_handle_right_delimiter_candidate`.
string_body::verdict string_body::quote_before_quote(ptrdiff_t quote) {
  auto in_value = reader_.is_in(place::value);
  auto between = in_.slice(in_.pos + 1, quote);
  auto only_blanks = std::all_of(between.begin(), between.end(), is_blank);
  auto before_member = in_value && member_follows_quote(in_, quote);
  if (only_blanks && !before_member)
    return verdict::stop;
  if (before_member)
    return verdict::keep;
  if (in_value)
    return quote_before_word(quote);
  if (reader_.is_in(place::element))
    return quotes_in_element(quote);
  return reader_.is_in(place::key) ? verdict::keep : verdict::next;
}

// A quote that opens a quoted word of the text is text, unless a name and a
// colon follow: `unmatched_delimiter` in `ContextValues.OBJECT_VALUE`.
string_body::verdict string_body::quote_before_word(ptrdiff_t quote) {
  auto end = in_.find({&string_.close, 1}, quote + 1) + 1;
  for (; in_.at(end) != 0 && in_.at(end) != ':'; ++end)
    if (is_one_of(in_.at(end), U",]}")
        || (in_.at(end) == string_.close && in_.at(end - 1) != '\\'))
      break;
  if (in_.at(end) == ':')
    return verdict::next;
  string_.in_quotes = true;
  return verdict::keep;
}

// A quote in an array is text if an even number of quotes follows before the
// array ends: `even_delimiters` in `ContextValues.ARRAY`.
string_body::verdict string_body::quotes_in_element(ptrdiff_t quote) {
  auto either = std::u32string{string_.close, U']'};
  auto even = true;
  while (even && in_.at(quote) == string_.close) {
    quote = in_.find(either, quote + 1);
    even = in_.at(quote) == string_.close;
    if (even)
      quote = in_.find(either, quote + 1);
  }
  if (!even)
    return verdict::stop;
  string_.in_quotes = true;
  return verdict::keep;
}

} // namespace dspex::detail
