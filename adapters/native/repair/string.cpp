#include "adapters/native/repair/string.hpp"

#include "adapters/native/repair/string_body.hpp"

namespace dspex::detail {

namespace {

using place = repair_reader::place;

// Reads what opens a string and what closes it: `parse_string` of json_repair.
class string_reader {
public:
  explicit string_reader(repair_reader& reader)
    : reader_(reader), in_(reader.text()) {
  }

  json read() {
    if (in_.now() == '#' || in_.now() == '/')
      return reader_.comment();
    while (in_.now() != 0 && !is_quote(in_.now())
           && !is_alphanumeric(in_.now()))
      ++in_.pos;
    if (in_.now() == 0)
      return "";
    if (auto plain = plain_string())
      return *plain;
    if (auto all = open())
      return *all;
    return close(string_body{reader_, string_}.read());
  }

private:
  // Reads a string that leaves no doubt: `_try_parse_simple_quoted_string`.
  std::optional<std::string> plain_string() {
    if (in_.now() != '"')
      return std::nullopt;
    auto end = in_.pos + 1;
    for (;; ++end) {
      auto c = in_.at(end);
      if (c == 0 || c == '\\' || c == '\n' || c == '\r')
        return std::nullopt;
      if (c == '"')
        break;
    }
    auto next = in_.at(in_.skip_blanks(end + 1));
    auto fits = reader_.is_in(place::key) ? next == ':'
                : reader_.is_in(place::value)
                  ? next == ',' || next == '}' || next == 0
                : reader_.is_in(place::element)
                  ? next == ',' || next == ']' || next == 0
                  : next == 0;
    if (!fits)
      return std::nullopt;
    auto start = in_.pos + 1;
    in_.pos = end + 1;
    return encode_text(in_.slice(start, end));
  }

  // Reads what opens the string: `_prepare_string_entry`.
  // @returns the value if that is all of it.
  std::optional<json> open() {
    auto c = in_.now();
    if (c == '\'') {
      string_.open = string_.close = '\'';
    } else if (c == 0x201C) {
      string_.open = 0x201C;
      string_.close = 0x201D;
    } else if (is_alphanumeric(c)) {
      if (auto word = word_value())
        return word;
      string_.is_bare = true;
    }
    if (!string_.is_bare)
      ++in_.pos;
    // A block of code in the string is read as the value:
    // `parse_json_llm_block`.
    if (in_.starts_with(U"```json", in_.pos)
        && in_.starts_with(U"```", in_.find(U"`", in_.pos + 7))) {
      in_.pos += 7;
      return reader_.value();
    }
    if (in_.now() == string_.open)
      return second_quote();
    return std::nullopt;
  }

  // Reads `true` and its like, whatever follows: `parse_boolean_or_null`.
  std::optional<json> word_value() {
    if (reader_.is_in(place::key))
      return std::nullopt;
    auto is_word = [&](std::u32string_view word) {
      auto pos = in_.pos;
      for (auto c : word) {
        auto x = in_.at(pos++);
        if (x != c && x + 32 != c)
          return false;
      }
      in_.pos = pos;
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

  // The quote that opens the string stands twice: an empty string, a habit, or
  // a slip. This is the end of `_prepare_string_entry`.
  std::optional<json> second_quote() {
    auto next = in_.at(in_.pos + 1);
    if ((reader_.is_in(place::key) && next == ':')
        || (reader_.is_in(place::value) && is_one_of(next, U",}"))
        || (reader_.is_in(place::element) && is_one_of(next, U",]"))) {
      ++in_.pos;
      return json("");
    }
    if (next == string_.open)
      return json("");
    auto end = in_.find({&string_.close, 1}, in_.pos + 1);
    if (in_.at(end + 1) == string_.close) {
      string_.is_doubled = true;
      ++in_.pos;
      return std::nullopt;
    }
    auto after = in_.at(in_.skip_blanks(in_.pos + 1));
    if (is_quote(after) || is_one_of(after, U"{[")) {
      ++in_.pos;
      return json("");
    }
    if (!is_one_of(after, U",]}"))
      ++in_.pos;
    return std::nullopt;
  }

  // Takes what closes the string, and strips what has no quote at its end:
  // `_finalize_string_result`.
  json close(char32_t c) {
    if (c != 0 && string_.is_bare && reader_.is_in(place::key) && is_blank(c)) {
      in_.pos = in_.skip_blanks(in_.pos);
      if (!is_one_of(in_.now(), U":,"))
        return "";
    }
    auto is_closed = c == string_.close;
    if (is_closed)
      ++in_.pos;
    if (!is_closed || string_.is_bare || string_.last() == '\n')
      while (is_blank(string_.last()))
        string_.text.pop_back();
    return encode_text(string_.text);
  }

  repair_reader& reader_;
  repair_text& in_;
  open_string string_;
};

} // namespace

json read_string(repair_reader& reader) {
  return string_reader{reader}.read();
}

} // namespace dspex::detail
