#include <algorithm>

#include "adapters/native/repair/string.hpp"

namespace dspex::detail {

namespace {

constexpr size_t max_members = 10'000;

// Follows brackets and quotes through a text: what `(` of them means.
struct bracket_scan {
  ptrdiff_t parentheses = 0;
  ptrdiff_t brackets = 0;
  ptrdiff_t braces = 0;
  char32_t quote = 0;
  bool escaped = false;

  [[nodiscard]] bool is_outside() const {
    return parentheses == 0 && brackets == 0 && braces == 0;
  }

  // Whether the character is inside a string, an escape, or a quote.
  bool is_string(char32_t c) {
    if (c == '\\') {
      escaped = !escaped;
      return true;
    }
    auto is_plain = !escaped;
    escaped = false;
    if (quote != 0) {
      if (c == quote && is_plain)
        quote = 0;
      return true;
    }
    if (!is_quote(c) || !is_plain)
      return false;
    quote = c;
    return true;
  }

  void follow(char32_t c) {
    if (c == '(')
      ++parentheses;
    else if (c == '[')
      ++brackets;
    else if (c == ']' && brackets > 0)
      --brackets;
    else if (c == '{')
      ++braces;
    else if (c == '}' && braces > 0)
      --braces;
  }
};

// The last member, if it is an array that further rows may belong to.
json* last_array(json& members) {
  if (members.empty())
    return nullptr;
  auto last = std::prev(members.end());
  return last.key().empty() || !last->is_array() ? nullptr : &*last;
}

// The length that all arrays in an array have; 0 if there is none.
size_t row_length(const json& rows) {
  auto length = size_t{0};
  for (auto& x : rows) {
    if (!x.is_array())
      continue;
    if (length != 0 && x.size() != length)
      return 0;
    length = x.size();
    if (length == 0)
      return 0;
  }
  return length;
}

// Makes rows of the scalars at the end.
void group_into_rows(json& rows, size_t length) {
  auto tail = std::vector<json>{};
  while (!rows.empty() && !rows.back().is_array()) {
    tail.push_back(std::move(rows.back()));
    rows.erase(rows.size() - 1);
  }
  std::reverse(tail.begin(), tail.end());
  if (tail.size() % length != 0) {
    for (auto& x : tail)
      rows.push_back(std::move(x));
    return;
  }
  for (size_t i = 0; i < tail.size(); i += length) {
    auto row = json::array();
    for (size_t j = i; j < i + length; ++j)
      row.push_back(std::move(tail[j]));
    rows.push_back(std::move(row));
  }
}

} // namespace

// -- parentheses --------------------------------------------------------------

json repair_reader::parenthesized() {
  auto tuple = is_tuple();
  ++pos_;
  auto elements = array(')');
  return tuple || elements.size() != 1 ? elements : elements.front();
}

// `()` and `(1,)` are, `(1)` is not.
bool repair_reader::is_tuple() {
  auto scan = bracket_scan{};
  auto has_content = false;
  for (auto pos = pos_ + 1; pos < size(); ++pos) {
    auto c = at(pos);
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

// Whether it opens its line, closes it, and begins like a value.
bool repair_reader::parenthesis_starts_value() {
  auto is_line_end = [](char32_t c) { return c == '\n' || c == '\r'; };
  for (auto pos = pos_ - 1; pos >= 0 && !is_line_end(at(pos)); --pos)
    if (!is_blank(at(pos)))
      return false;
  auto inside = skip_blanks(pos_ + 1);
  auto first = at(inside);
  if (first == 0)
    return false;
  auto is_value = is_one_of(first, U"){[(-.") || is_quote(first)
                  || (first >= '0' && first <= '9')
                  || starts_with(U"true", inside)
                  || starts_with(U"false", inside)
                  || starts_with(U"null", inside);
  if (!is_value)
    return false;
  auto scan = bracket_scan{};
  for (auto pos = pos_ + 1; pos < size(); ++pos) {
    auto c = at(pos);
    if (scan.is_string(c))
      continue;
    if (c == ')') {
      if (scan.is_outside()) {
        for (++pos; pos < size() && !is_line_end(at(pos)); ++pos)
          if (!is_blank(at(pos)))
            return false;
        return true;
      }
      --scan.parentheses;
    }
    scan.follow(c);
  }
  return true;
}

// -- objects ------------------------------------------------------------------

json repair_reader::object() {
  auto members = json::object();
  auto start = pos_;
  auto is_member = is_in(place::value);
  while (now() != 0 && now() != '}') {
    pos_ = skip_blanks(pos_);
    if (now() == ':')
      ++pos_;
    auto key_start = pos_;
    auto name = key(members, key_start);
    auto is_repeated = is_anywhere_in(place::element) && members.contains(name);
    if (is_repeated && !is_member && starts_next_object(key_start)) {
      // Two objects without a border: the second gets its brace.
      pos_ = key_start - 1;
      if (pos_ + 1 >= 0 && pos_ + 1 <= size()) {
        steps_left_ -= std::min(steps_left_, text_.size());
        text_.insert(static_cast<size_t>(pos_ + 1), 1, U'{');
      }
      break;
    }
    pos_ = skip_blanks(pos_);
    if (now() == 0 || now() == '}')
      continue;
    // The colon, or what stands in its place.
    ++pos_;
    auto value = member_value();
    steps_left_ -= std::min(steps_left_, members.size());
    if (members.size() >= max_members)
      give_up();
    members[name] = std::move(value);
    if (is_one_of(now(), U",'\""))
      ++pos_;
    if (now() == ']' && is_anywhere_in(place::element)) {
      --pos_;
      break;
    }
    pos_ = skip_blanks(pos_);
  }
  ++pos_;
  if (members.empty())
    if (auto other = not_an_object(start))
      return *other;
  if (!places_.empty()) {
    if (now() == '}' && !is_in(place::key) && !is_in(place::value))
      ++pos_;
    return members;
  }
  pos_ = skip_blanks(pos_);
  if (now() == ',') {
    ++pos_;
    pos_ = skip_blanks(pos_);
    // Members go on after the brace.
    if (is_quote(now()))
      if (auto more = object(); more.is_object())
        for (auto& [name, member] : more.items())
          members[name] = member;
  }
  return members;
}

std::string repair_reader::key(json& members, ptrdiff_t& start) {
  auto result = std::string{};
  places_.push_back(place::key);
  while (now() != 0) {
    start = pos_;
    if (now() == '[' && result.empty() && more_rows(members))
      continue;
    auto text = string();
    if (!text.is_string()) {
      give_up();
      break;
    }
    result = text.get<std::string>();
    if (!result.empty())
      break;
    pos_ = skip_blanks(pos_);
    if (now() == ':' || now() == '}')
      break;
  }
  if (!places_.empty())
    places_.pop_back();
  return result;
}

bool repair_reader::more_rows(json& members) {
  if (last_array(members) == nullptr)
    return false;
  ++pos_;
  auto added = array(']');
  auto& rows = *last_array(members);
  auto are_rows = std::all_of(added.begin(), added.end(),
                              [](const json& x) { return x.is_array(); });
  if (auto length = row_length(rows); length > 0) {
    group_into_rows(rows, length);
    if (!added.empty() && are_rows)
      for (auto& x : added)
        rows.push_back(x);
    else if (!added.empty())
      rows.push_back(std::move(added));
  } else {
    auto& flat = added.size() == 1 && are_rows ? added.front() : added;
    for (auto& x : flat)
      rows.push_back(x);
  }
  pos_ = skip_blanks(pos_);
  if (now() == ',')
    ++pos_;
  pos_ = skip_blanks(pos_);
  return true;
}

// Whether a name that is there already belongs to the next object; after a
// comma, and well written, it replaces the first.
bool repair_reader::starts_next_object(ptrdiff_t key_start) {
  auto before = key_start - 1;
  while (is_blank(at(before)))
    --before;
  return !(is_quote(at(key_start)) && at(before) == ','
           && at(skip_blanks(pos_)) == ':');
}

json repair_reader::member_value() {
  places_.push_back(place::value);
  pos_ = skip_blanks(pos_);
  auto c = now();
  auto result = c == ',' || c == '}' ? json("") : value();
  if (!places_.empty())
    places_.pop_back();
  return result;
}

// Braces without members: a set, which is read again as an array, or an object
// whose quotes are escaped.
std::optional<json> repair_reader::not_an_object(ptrdiff_t start) {
  if (pos_ - start <= 2 || gave_up_)
    return std::nullopt;
  auto slice = [&](ptrdiff_t first, ptrdiff_t last) {
    last = std::min(last, size());
    return std::u32string_view{text_}.substr(
      static_cast<size_t>(first),
      static_cast<size_t>(std::max(ptrdiff_t{0}, last - first)));
  };
  auto lstrip = [](std::u32string text) {
    auto i = std::find_if_not(text.begin(), text.end(), is_blank);
    return std::u32string{i, text.end()};
  };
  auto whole = std::u32string{slice(start - 1, pos_ + 1)};
  auto body = whole.substr(1);
  if (!body.empty() && body.back() == '}')
    body.pop_back();
  body = lstrip(body);
  if (body.empty())
    return std::nullopt;
  auto has = [&](std::u32string_view first, std::u32string_view later) {
    return body.starts_with(first) && body.find(later) != std::u32string::npos;
  };
  auto deferred = [&](json result) {
    if (!places_.empty())
      places_.pop_back();
    deferred_.push_back(place::key);
    return result;
  };
  if (has(U"\\\"", U"\\\":") || has(U"\\'", U"\\':")) {
    auto plain = std::u32string{};
    for (size_t i = 0; i < whole.size(); ++i)
      if (whole[i] != '\\' || i + 1 == whole.size()
          || (whole[i + 1] != '"' && whole[i + 1] != '\''))
        plain += whole[i];
    auto end = std::min(pos_ + 1, size());
    text_.replace(static_cast<size_t>(start - 1),
                  static_cast<size_t>(end - start + 1), plain);
    pos_ = start;
    places_.push_back(place::key);
    return deferred(object());
  }
  body = lstrip(without_comments(body));
  if (body.empty())
    return std::nullopt;
  auto scan = bracket_scan{};
  for (auto c : body)
    if (auto was_escaped = scan.escaped;
        !scan.is_string(c) && c == ':' && !was_escaped)
      return std::nullopt;
  pos_ = start;
  places_.push_back(place::key);
  return deferred(array(']'));
}

std::u32string repair_reader::without_comments(std::u32string_view text) {
  auto result = std::u32string{};
  auto scan = bracket_scan{};
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    auto next = i + 1 < text.size() ? text[i + 1] : U'\0';
    if (scan.is_string(c)) {
      result += c;
    } else if (c == '#' || (c == '/' && next == '/')) {
      i = std::min(text.find_first_of(U"\n\r", i), text.size()) - 1;
    } else if (c == '/' && next == '*') {
      auto end = text.find(U"*/", i + 2);
      i = end == std::u32string_view::npos ? text.size() : end + 1;
    } else {
      result += c;
    }
  }
  return result;
}

} // namespace dspex::detail
