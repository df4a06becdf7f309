#include <algorithm>

#include "adapters/native/repair/bracket_scan.hpp"
#include "adapters/native/repair/lookahead.hpp"
#include "adapters/native/repair/reader.hpp"
#include "adapters/native/repair/string.hpp"

namespace dspex::detail {

namespace {

constexpr size_t max_members = 10'000;

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

// Groups the scalars at the end into rows.
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

std::u32string without_comments(std::u32string_view text) {
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

} // namespace

// -- parentheses --------------------------------------------------------------

json repair_reader::parenthesized() {
  auto tuple = is_tuple(in_);
  ++in_.pos;
  auto elements = array(')');
  return tuple || elements.size() != 1 ? elements : elements.front();
}

// -- objects ------------------------------------------------------------------

json repair_reader::object() {
  auto members = json::object();
  auto start = in_.pos;
  auto is_member = is_in(place::value);
  while (in_.now() != 0 && in_.now() != '}') {
    in_.pos = in_.skip_blanks(in_.pos);
    if (in_.now() == ':')
      ++in_.pos;
    auto key_start = in_.pos;
    auto name = key(members, key_start);
    auto is_repeated = is_anywhere_in(place::element) && members.contains(name);
    if (is_repeated && !is_member && starts_next_object(key_start)) {
      // Two objects without a border: the second gets its brace.
      in_.pos = key_start - 1;
      if (in_.pos + 1 >= 0 && in_.pos + 1 <= in_.size()) {
        in_.charge(static_cast<size_t>(in_.size()));
        in_.replace(in_.pos + 1, in_.pos + 1, U"{");
      }
      break;
    }
    in_.pos = in_.skip_blanks(in_.pos);
    if (in_.now() == 0 || in_.now() == '}')
      continue;
    // The colon, or what stands in its place.
    ++in_.pos;
    auto value = member_value();
    in_.charge(members.size());
    if (members.size() >= max_members)
      in_.give_up();
    members[name] = std::move(value);
    if (is_one_of(in_.now(), U",'\""))
      ++in_.pos;
    if (in_.now() == ']' && is_anywhere_in(place::element)) {
      --in_.pos;
      break;
    }
    in_.pos = in_.skip_blanks(in_.pos);
  }
  ++in_.pos;
  if (members.empty())
    if (auto other = not_an_object(start))
      return *other;
  if (!places_.empty()) {
    if (in_.now() == '}' && !is_in(place::key) && !is_in(place::value))
      ++in_.pos;
    return members;
  }
  in_.pos = in_.skip_blanks(in_.pos);
  if (in_.now() == ',') {
    ++in_.pos;
    in_.pos = in_.skip_blanks(in_.pos);
    // Members go on after the brace.
    if (is_quote(in_.now()))
      if (auto more = object(); more.is_object())
        for (auto& [name, member] : more.items())
          members[name] = member;
  }
  return members;
}

std::string repair_reader::key(json& members, ptrdiff_t& start) {
  auto result = std::string{};
  places_.push_back(place::key);
  while (in_.now() != 0) {
    start = in_.pos;
    if (in_.now() == '[' && result.empty() && more_rows(members))
      continue;
    auto text = read_string(*this);
    if (!text.is_string()) {
      in_.give_up();
      break;
    }
    result = text.get<std::string>();
    if (!result.empty())
      break;
    in_.pos = in_.skip_blanks(in_.pos);
    if (in_.now() == ':' || in_.now() == '}')
      break;
  }
  if (!places_.empty())
    places_.pop_back();
  return result;
}

bool repair_reader::more_rows(json& members) {
  if (last_array(members) == nullptr)
    return false;
  ++in_.pos;
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
  in_.pos = in_.skip_blanks(in_.pos);
  if (in_.now() == ',')
    ++in_.pos;
  in_.pos = in_.skip_blanks(in_.pos);
  return true;
}

// Whether a name that is there already belongs to the next object; after a
// comma, and well written, it replaces the first.
bool repair_reader::starts_next_object(ptrdiff_t key_start) {
  auto before = key_start - 1;
  while (is_blank(in_.at(before)))
    --before;
  return !(is_quote(in_.at(key_start)) && in_.at(before) == ','
           && in_.at(in_.skip_blanks(in_.pos)) == ':');
}

json repair_reader::member_value() {
  places_.push_back(place::value);
  in_.pos = in_.skip_blanks(in_.pos);
  auto c = in_.now();
  auto result = c == ',' || c == '}' ? json("") : value();
  if (!places_.empty())
    places_.pop_back();
  return result;
}

// Braces without members: a set, which is read again as an array, or an object
// whose quotes are escaped.
std::optional<json> repair_reader::not_an_object(ptrdiff_t start) {
  if (in_.pos - start <= 2 || in_.gave_up())
    return std::nullopt;
  auto lstrip = [](std::u32string text) {
    auto i = std::find_if_not(text.begin(), text.end(), is_blank);
    return std::u32string{i, text.end()};
  };
  auto whole = std::u32string{in_.slice(start - 1, in_.pos + 1)};
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
    in_.replace(start - 1, in_.pos + 1, plain);
    in_.pos = start;
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
  in_.pos = start;
  places_.push_back(place::key);
  return deferred(array(']'));
}

} // namespace dspex::detail
