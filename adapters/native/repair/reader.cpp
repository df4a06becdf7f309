#include "adapters/native/repair/reader.hpp"

#include <algorithm>

#include "adapters/native/python/literal.hpp"
#include "adapters/native/repair/lookahead.hpp"
#include "adapters/native/repair/string.hpp"

namespace dspex::detail {

namespace {

constexpr size_t max_repair_depth = 100;

// Whether two values are of one shape: json_repair takes the second for a new
// version of the first.
bool same_shape(const json& x, const json& y) {
  if (x.is_number() && y.is_number())
    return x.is_number_float() == y.is_number_float();
  if (x.type() != y.type() || x.size() != y.size())
    return false;
  if (x.is_object()) {
    for (auto& [name, member] : x.items())
      if (auto i = y.find(name); i == y.end() || !same_shape(member, *i))
        return false;
  } else if (x.is_array()) {
    for (size_t i = 0; i < x.size(); ++i)
      if (!same_shape(x[i], y[i]))
        return false;
  }
  return true;
}

bool is_truthy(const json& x) {
  if (x.is_string())
    return !x.get_ref<const std::string&>().empty();
  if (x.is_number())
    return x.get<double>() != 0;
  if (x.is_boolean())
    return x.get<bool>();
  return !x.empty();
}

} // namespace

repair_reader::repair_reader(std::u32string text) : in_(std::move(text)) {
}

// -- places -------------------------------------------------------------------

bool repair_reader::is_in(place x) const {
  return !places_.empty() && places_.back() == x;
}

bool repair_reader::is_anywhere_in(place x) const {
  return std::find(places_.begin(), places_.end(), x) != places_.end();
}

// -- values -------------------------------------------------------------------

std::optional<json> repair_reader::read() {
  auto result = top_level();
  if (in_.gave_up() || result == "")
    return std::nullopt;
  return result;
}

json repair_reader::top_level() {
  auto first = value();
  if (in_.pos >= in_.size())
    return first;
  auto all = std::vector<json>{};
  all.push_back(std::move(first));
  while (in_.pos < in_.size()) {
    places_.clear();
    deferred_.clear();
    auto before = in_.pos - 1;
    while (before >= 0 && is_blank(in_.at(before)))
      --before;
    auto after_comma = in_.at(in_.skip_blanks(in_.pos)) == ','
                       || in_.at(before) == ',';
    auto next = value();
    if (!is_truthy(next)) {
      ++in_.pos;
      continue;
    }
    if ((!after_comma && same_shape(all.back(), next))
        || !is_truthy(all.back()))
      all.pop_back();
    all.push_back(std::move(next));
  }
  return all.size() == 1 ? std::move(all.front()) : json(std::move(all));
}

json repair_reader::value() {
  if (depth_ >= max_repair_depth) {
    in_.give_up();
    return "";
  }
  ++depth_;
  auto outer = places_.size();
  places_.insert(places_.end(), deferred_.begin(), deferred_.end());
  deferred_.clear();
  auto result = value_here();
  if (places_.size() > outer)
    places_.resize(outer);
  --depth_;
  return result;
}

json repair_reader::value_here() {
  for (;; ++in_.pos) {
    auto c = in_.now();
    if (c == 0)
      return "";
    if (c == '{' || c == '[')
      if (auto strict = strict_value())
        return *strict;
    if (c == '{') {
      ++in_.pos;
      return object();
    }
    if (c == '[') {
      ++in_.pos;
      return array(']');
    }
    // In prose, parentheses are remarks.
    if (c == '(') {
      if (!places_.empty() || parenthesis_starts_value(in_))
        return parenthesized();
      continue;
    }
    if (!places_.empty() && (is_quote(c) || is_letter(c)))
      return read_string(*this);
    if (!places_.empty() && (is_digit(c) || c == '-' || c == '.'))
      return number();
    if (c == '#' || c == '/')
      return comment();
  }
}

// The first container after some prose is read strictly if that goes well:
// whatever follows it must not make it look broken.
std::optional<json> repair_reader::strict_value() {
  if (tried_strict_ || !places_.empty() || in_.pos == 0)
    return std::nullopt;
  tried_strict_ = true;
  auto depth = 0;
  auto in_string = false;
  for (auto pos = in_.pos; pos < in_.size(); ++pos) {
    auto c = in_.at(pos);
    if (in_string) {
      if (c == '\\')
        ++pos;
      else if (c == '"')
        in_string = false;
      continue;
    }
    if (c == '"')
      in_string = true;
    if (c == '{' || c == '[')
      ++depth;
    if (c != '}' && c != ']')
      continue;
    if (--depth > 0)
      continue;
    auto parsed = parse_json(encode_text(in_.slice(in_.pos, pos + 1)));
    if (!parsed)
      return std::nullopt;
    in_.pos = pos + 1;
    return std::move(*parsed);
  }
  return std::nullopt;
}

json repair_reader::array(char32_t close) {
  auto elements = json::array();
  places_.push_back(place::element);
  in_.pos = in_.skip_blanks(in_.pos);
  for (auto c = in_.now(); c != 0 && c != close && c != '}'; c = in_.now()) {
    auto element = json{};
    // After a text, a colon: an object lacks its brace.
    if (!is_quote(c))
      element = value();
    else if (in_.at(in_.skip_blanks(in_.find({&c, 1}, in_.pos + 1) + 1)) == ':')
      element = object();
    else
      element = read_string(*this);
    auto is_empty = (element.is_string() || element.is_structured())
                    && !is_truthy(element);
    auto next = in_.now();
    if (is_empty && next != close && next != ',')
      ++in_.pos;
    else if (!(element == "..." && in_.at(in_.pos - 1) == '.'))
      elements.push_back(std::move(element));
    while (in_.now() != close && (in_.now() == ',' || is_blank(in_.now())))
      ++in_.pos;
  }
  ++in_.pos;
  if (!places_.empty())
    places_.pop_back();
  return elements;
}

json repair_reader::number() {
  constexpr auto wanted = std::u32string_view{U"0123456789-.eE/,_"};
  auto digits = std::string{};
  auto in_array = is_in(place::element);
  for (;; ++in_.pos) {
    auto c = in_.now();
    if (c == 0 || wanted.find(c) == std::u32string_view::npos
        || (in_array && c == ','))
      break;
    if (c != '_')
      digits += static_cast<char>(c);
  }
  if (is_letter(in_.now())) {
    in_.pos -= static_cast<ptrdiff_t>(digits.size());
    return read_string(*this);
  }
  if (!digits.empty()
      && std::string_view{"-eE/,"}.find(digits.back())
           != std::string_view::npos) {
    digits.pop_back();
    --in_.pos;
  }
  if (digits.find(',') != std::string::npos)
    return digits;
  switch (auto x = read_decimal(digits); x.outcome) {
    case number_outcome::value:
      return x.value;
    case number_outcome::no_number:
      return digits;
    case number_outcome::too_large:
      break;
  }
  in_.give_up();
  return "";
}

void repair_reader::skip_comment() {
  auto c = in_.now();
  auto next = in_.at(in_.pos + 1);
  if (c == '#' || (c == '/' && next == '/')) {
    auto ends = std::u32string{U"\n\r"};
    if (c == '#') {
      if (is_anywhere_in(place::element))
        ends += U']';
      if (is_anywhere_in(place::value))
        ends += U'}';
      if (is_anywhere_in(place::key))
        ends += U':';
    }
    while (in_.now() != 0 && ends.find(in_.now()) == std::u32string::npos)
      ++in_.pos;
  } else if (c == '/' && next == '*') {
    in_.pos = in_.skip_block_comment(in_.pos);
  } else if (c == '/') {
    ++in_.pos;
  }
}

json repair_reader::comment() {
  for (;;) {
    skip_comment();
    if (!places_.empty())
      return "";
    in_.pos = in_.skip_blanks(in_.pos);
    if (in_.now() != '#' && in_.now() != '/')
      return value();
  }
}

} // namespace dspex::detail
