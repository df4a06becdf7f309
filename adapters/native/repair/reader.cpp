#include "adapters/native/repair/reader.hpp"

#include <algorithm>
#include <array>

#include "adapters/native/python/literal.hpp"
#include "adapters/native/python/text.hpp"
#include "core/utf8.hpp"

namespace dspex::detail {

namespace {

constexpr size_t max_repair_depth = 100;
constexpr size_t max_steps = 20'000'000;

struct range {
  char32_t first;
  char32_t last;
};

// What is neither letter nor digit beyond ASCII, as far as texts of models have
// it: punctuation, symbols, marks, emoji.
constexpr auto not_letters = std::array<range, 21>{{
  {0x80, 0xA9},       {0xAB, 0xB1},     {0xB4, 0xB4},     {0xB6, 0xB8},
  {0xBB, 0xBB},       {0xBF, 0xBF},     {0xD7, 0xD7},     {0xF7, 0xF7},
  {0x300, 0x36F},     {0x2000, 0x206F}, {0x20A0, 0x20FF}, {0x2190, 0x245F},
  {0x249C, 0x24E9},   {0x2500, 0x2775}, {0x2794, 0x2BFF}, {0x3000, 0x3004},
  {0x3008, 0x3020},   {0xE000, 0xF8FF}, {0xFE00, 0xFE6F}, {0xFF01, 0xFF0F},
  {0x1F000, 0x1FAFF},
}};

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

bool is_letter(char32_t c) {
  if (c < 0x80)
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return c < 0x110000
         && std::none_of(not_letters.begin(), not_letters.end(),
                         [c](auto& x) { return c >= x.first && c <= x.last; })
         && !is_blank(c);
}

bool is_alphanumeric(char32_t c) {
  return (c >= '0' && c <= '9') || is_letter(c);
}

bool is_blank(char32_t c) {
  return is_python_space(c);
}

bool is_quote(char32_t c) {
  return c == '"' || c == '\'' || c == 0x201C || c == 0x201D;
}

std::u32string decode_text(std::string_view text) {
  auto result = std::u32string{};
  result.reserve(text.size());
  for (size_t pos = 0; pos < text.size();) {
    auto c = decode_character(text.substr(pos));
    // NUL is this reader's end of text.
    auto is_bad = c.code == 0 || c.code > 0x10FFFF;
    result += is_bad ? char32_t{0xFFFD} : c.code;
    pos += c.length;
  }
  return result;
}

std::string encode_text(std::u32string_view text) {
  auto result = std::string{};
  for (auto c : text)
    append_character(result, c);
  return result;
}

// -- the text -----------------------------------------------------------------

repair_reader::repair_reader(std::u32string text)
  : text_(std::move(text)), steps_left_(max_steps) {
}

char32_t repair_reader::at(ptrdiff_t pos) {
  if (pos < 0 || pos >= size())
    return 0;
  if (steps_left_ == 0) {
    give_up();
    return 0;
  }
  --steps_left_;
  return text_[static_cast<size_t>(pos)];
}

char32_t repair_reader::now() {
  return at(pos_);
}

ptrdiff_t repair_reader::size() const {
  return static_cast<ptrdiff_t>(text_.size());
}

// An empty text ends every loop.
void repair_reader::give_up() {
  gave_up_ = true;
  text_.clear();
}

ptrdiff_t repair_reader::skip_blanks(ptrdiff_t pos) {
  while (is_blank(at(pos)))
    ++pos;
  return pos;
}

ptrdiff_t repair_reader::find(std::u32string_view wanted, ptrdiff_t from) {
  auto escaped = false;
  for (auto pos = from; pos < size(); ++pos) {
    auto c = at(pos);
    if (c == '\\') {
      escaped = !escaped;
      continue;
    }
    if (!escaped && wanted.find(c) != std::u32string_view::npos)
      return pos;
    escaped = false;
  }
  return size();
}

bool repair_reader::starts_with(std::u32string_view text, ptrdiff_t pos) const {
  return pos >= 0 && pos <= size()
         && std::u32string_view{text_}
              .substr(static_cast<size_t>(pos))
              .starts_with(text);
}

bool repair_reader::is_in(place x) const {
  return !places_.empty() && places_.back() == x;
}

bool repair_reader::is_anywhere_in(place x) const {
  return std::find(places_.begin(), places_.end(), x) != places_.end();
}

// -- values -------------------------------------------------------------------

std::optional<json> repair_reader::read() {
  auto result = top_level();
  if (gave_up_ || result == "")
    return std::nullopt;
  return result;
}

json repair_reader::top_level() {
  auto first = value();
  if (pos_ >= size())
    return first;
  auto all = std::vector<json>{};
  all.push_back(std::move(first));
  while (pos_ < size()) {
    places_.clear();
    deferred_.clear();
    auto before = pos_ - 1;
    while (before >= 0 && is_blank(at(before)))
      --before;
    auto after_comma = at(skip_blanks(pos_)) == ',' || at(before) == ',';
    auto next = value();
    if (!is_truthy(next)) {
      ++pos_;
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
    give_up();
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
  for (;; ++pos_) {
    auto c = now();
    if (c == 0)
      return "";
    if (c == '{' || c == '[')
      if (auto strict = strict_value())
        return *strict;
    if (c == '{') {
      ++pos_;
      return object();
    }
    if (c == '[') {
      ++pos_;
      return array(']');
    }
    // In prose, parentheses are remarks.
    if (c == '(') {
      if (!places_.empty() || parenthesis_starts_value())
        return parenthesized();
      continue;
    }
    if (!places_.empty() && (is_quote(c) || is_letter(c)))
      return string();
    if (!places_.empty() && ((c >= '0' && c <= '9') || c == '-' || c == '.'))
      return number();
    if (c == '#' || c == '/')
      return comment();
  }
}

// The first container after some prose is read strictly if that goes well:
// whatever follows it must not make it look broken.
std::optional<json> repair_reader::strict_value() {
  if (tried_strict_ || !places_.empty() || pos_ == 0)
    return std::nullopt;
  tried_strict_ = true;
  auto depth = 0;
  auto in_string = false;
  for (auto pos = pos_; pos < size(); ++pos) {
    auto c = at(pos);
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
    auto length = static_cast<size_t>(pos + 1 - pos_);
    auto text = encode_text(
      std::u32string_view{text_}.substr(static_cast<size_t>(pos_), length));
    auto parsed = parse_json(text);
    if (!parsed)
      return std::nullopt;
    pos_ = pos + 1;
    return std::move(*parsed);
  }
  return std::nullopt;
}

json repair_reader::array(char32_t close) {
  auto elements = json::array();
  places_.push_back(place::element);
  pos_ = skip_blanks(pos_);
  for (auto c = now(); c != 0 && c != close && c != '}'; c = now()) {
    auto element = json{};
    // After a text, a colon: an object lacks its brace.
    if (!is_quote(c))
      element = value();
    else if (at(skip_blanks(find({&c, 1}, pos_ + 1) + 1)) == ':')
      element = object();
    else
      element = string();
    auto is_empty = (element.is_string() || element.is_structured())
                    && !is_truthy(element);
    auto next = now();
    if (is_empty && next != close && next != ',')
      ++pos_;
    else if (!(element == "..." && at(pos_ - 1) == '.'))
      elements.push_back(std::move(element));
    while (now() != close && (now() == ',' || is_blank(now())))
      ++pos_;
  }
  ++pos_;
  if (!places_.empty())
    places_.pop_back();
  return elements;
}

json repair_reader::number() {
  constexpr auto wanted = std::u32string_view{U"0123456789-.eE/,_"};
  auto digits = std::string{};
  auto in_array = is_in(place::element);
  for (;; ++pos_) {
    auto c = now();
    if (c == 0 || wanted.find(c) == std::u32string_view::npos
        || (in_array && c == ','))
      break;
    if (c != '_')
      digits += static_cast<char>(c);
  }
  if (is_letter(now())) {
    pos_ -= static_cast<ptrdiff_t>(digits.size());
    return string();
  }
  if (!digits.empty()
      && std::string_view{"-eE/,"}.find(digits.back())
           != std::string_view::npos) {
    digits.pop_back();
    --pos_;
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
  give_up();
  return "";
}

void repair_reader::skip_comment() {
  auto c = now();
  auto next = at(pos_ + 1);
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
    while (now() != 0 && ends.find(now()) == std::u32string::npos)
      ++pos_;
  } else if (c == '/' && next == '*') {
    auto end = text_.find(U"*/", static_cast<size_t>(pos_) + 2);
    pos_ = end == std::u32string::npos ? size()
                                       : static_cast<ptrdiff_t>(end) + 2;
  } else if (c == '/') {
    ++pos_;
  }
}

json repair_reader::comment() {
  for (;;) {
    skip_comment();
    if (!places_.empty())
      return "";
    pos_ = skip_blanks(pos_);
    if (now() != '#' && now() != '/')
      return value();
  }
}

} // namespace dspex::detail
