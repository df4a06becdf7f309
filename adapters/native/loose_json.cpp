#include "adapters/native/loose_json.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <system_error>

#include "adapters/native/python_text.hpp"

namespace dspex {

namespace {

constexpr size_t max_depth = 128;

// An object is searched for each of its names: more would be slow.
constexpr size_t max_members = 1000;

constexpr auto replacement = std::string_view{"\xEF\xBF\xBD"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void append_utf8(std::string& out, uint32_t code) {
  auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
    out += replacement;
  } else if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

template <class T>
std::optional<T> from_text(std::string_view text, int base) {
  auto value = T{};
  auto end = text.data() + text.size();
  auto [ptr, status] = std::from_chars(text.data(), end, value, base);
  if (status != std::errc{} || ptr != end)
    return std::nullopt;
  return value;
}

std::optional<double> double_from_text(std::string_view text) {
  auto value = double{};
  auto end = text.data() + text.size();
  auto [ptr, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc{} || ptr != end || !std::isfinite(value))
    return std::nullopt;
  return value;
}

class reader {
public:
  explicit reader(std::string_view text) : text_(text) {
  }

  // One value, or several with commas between them: a tuple without brackets.
  std::optional<json> whole() {
    auto first = value(0);
    skip_blanks();
    if (!first || at_end())
      return first;
    auto tuple = json::array();
    tuple.push_back(std::move(*first));
    while (take(',')) {
      skip_blanks();
      if (at_end())
        return tuple;
      auto next = value(0);
      if (!next)
        return std::nullopt;
      tuple.push_back(std::move(*next));
      skip_blanks();
    }
    if (!at_end())
      return std::nullopt;
    return tuple;
  }

  std::optional<json> value(size_t depth) {
    skip_blanks();
    if (at_end() || depth > max_depth)
      return std::nullopt;
    switch (text_[pos_]) {
      case '[':
        return sequence(']', depth);
      case '(':
        return sequence(')', depth);
      case '{':
        return braces(depth);
      case '"':
      case '\'':
        return string();
      default:
        return word(depth > 0);
    }
  }

private:
  [[nodiscard]] bool at_end() const {
    return pos_ >= text_.size();
  }

  bool take(char c) {
    if (at_end() || text_[pos_] != c)
      return false;
    ++pos_;
    return true;
  }

  void skip_blanks() {
    while (!at_end() && is_blank(text_[pos_]))
      ++pos_;
  }

  std::optional<json> sequence(char close, size_t depth) {
    ++pos_;
    auto result = json::array();
    for (auto commas = 0;; ++commas) {
      skip_blanks();
      if (take(close)) {
        // One value in parentheses is that value.
        if (close == ')' && commas == 0 && result.size() == 1)
          return result.front();
        return result;
      }
      auto element = value(depth + 1);
      if (!element)
        return std::nullopt;
      result.push_back(std::move(*element));
      skip_blanks();
      if (take(','))
        continue;
      if (!take(close))
        return std::nullopt;
      if (close == ')' && commas == 0)
        return result.front();
      return result;
    }
  }

  // A dictionary, or a set.
  std::optional<json> braces(size_t depth) {
    ++pos_;
    skip_blanks();
    if (take('}'))
      return json::object();
    auto members = json::object();
    auto elements = json::array();
    for (;;) {
      auto first = value(depth + 1);
      if (!first)
        return std::nullopt;
      skip_blanks();
      if (take(':')) {
        auto member = value(depth + 1);
        auto name = first->is_string() ? first->get<std::string>()
                                       : python_field_value(*first);
        if (!member || members.size() == max_members)
          return std::nullopt;
        members[name] = std::move(*member);
      } else {
        elements.push_back(std::move(*first));
      }
      if (!members.empty() && !elements.empty())
        return std::nullopt;
      skip_blanks();
      auto more = take(',');
      skip_blanks();
      if (take('}'))
        return members.empty() ? elements : members;
      if (!more)
        return std::nullopt;
    }
  }

  std::optional<json> string() {
    auto quote = text_[pos_++];
    auto result = std::string{};
    while (!at_end()) {
      auto c = text_[pos_++];
      if (c == quote)
        return json(std::move(result));
      if (c != '\\')
        result += c;
      else if (!escape(result))
        return std::nullopt;
    }
    return std::nullopt;
  }

  bool escape(std::string& out) {
    if (at_end())
      return false;
    auto c = text_[pos_++];
    switch (c) {
      case 'n':
        out += '\n';
        return true;
      case 't':
        out += '\t';
        return true;
      case 'r':
        out += '\r';
        return true;
      case 'b':
        out += '\b';
        return true;
      case 'f':
        out += '\f';
        return true;
      case '\\':
      case '/':
      case '"':
      case '\'':
        out += c;
        return true;
      case 'u':
        return unicode_escape(out);
      default:
        out += '\\';
        out += c;
        return true;
    }
  }

  std::optional<uint32_t> four_hex_digits() {
    if (text_.size() - pos_ < 4)
      return std::nullopt;
    auto code = from_text<uint32_t>(text_.substr(pos_, 4), 16);
    if (code)
      pos_ += 4;
    return code;
  }

  bool unicode_escape(std::string& out) {
    auto code = four_hex_digits();
    if (!code)
      return false;
    if (*code >= 0xD800 && *code < 0xDC00 && text_.substr(pos_, 2) == "\\u") {
      auto start = pos_;
      pos_ += 2;
      auto low = four_hex_digits();
      if (low && *low >= 0xDC00 && *low < 0xE000)
        code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
      else
        pos_ = start;
    }
    append_utf8(out, *code);
    return true;
  }

  // A name or number; inside a container any words are a string.
  std::optional<json> word(bool inside) {
    auto end = text_.find_first_of(inside ? ",:[](){}\"'\n" : ",\n", pos_);
    auto token = python_strip(text_.substr(pos_, end - pos_));
    if (token.empty())
      return std::nullopt;
    pos_ = static_cast<size_t>(token.data() - text_.data()) + token.size();
    if (token == "true" || token == "True")
      return json(true);
    if (token == "false" || token == "False")
      return json(false);
    if (token == "null" || token == "None")
      return json(nullptr);
    if (auto number = read_python_number(token))
      return number;
    if (!inside)
      return std::nullopt;
    return json(std::string{token});
  }

  std::string_view text_;
  size_t pos_ = 0;
};

// The inside of the first fenced block, or the text.
std::string_view without_fence(std::string_view text) {
  constexpr auto fence = std::string_view{"```"};
  auto open = text.find(fence);
  if (open == std::string_view::npos)
    return text;
  auto start = text.find('\n', open);
  if (start == std::string_view::npos)
    return text;
  auto close = text.find(fence, start);
  if (close == std::string_view::npos)
    return text;
  return python_strip(text.substr(start, close - start));
}

} // namespace

std::optional<json> read_python_number(std::string_view text) {
  auto digits = std::string{};
  auto sign = std::string_view{};
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    if (text.front() == '-')
      sign = "-";
    text.remove_prefix(1);
  }
  if (text.empty() || (!is_digit(text.front()) && text.front() != '.'))
    return std::nullopt;
  auto base = 10;
  if (text.size() > 2 && text[0] == '0') {
    auto letter = text[1] | 0x20;
    base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    if (base != 10)
      text.remove_prefix(2);
  }
  digits = sign;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      digits += text[i];
      continue;
    }
    auto between = i > 0 && i + 1 < text.size() && text[i - 1] != '_'
                   && text[i + 1] != '_';
    if (!between)
      return std::nullopt;
  }
  if (text.front() == '-' || text.front() == '+')
    return std::nullopt;
  if (auto whole = from_text<int64_t>(digits, base))
    return json(*whole);
  if (auto whole = from_text<uint64_t>(digits, base))
    return json(*whole);
  // A long integer is refused, not rounded.
  if (base != 10 || digits.find_first_of(".eE") == std::string::npos)
    return std::nullopt;
  if (auto x = double_from_text(digits))
    return json(*x);
  return std::nullopt;
}

std::optional<json> read_loose_json(std::string_view text) {
  text = without_fence(python_strip(text));
  auto limits = json_limits{};
  limits.replace_bad_text = true;
  if (auto strict = parse_json(text, limits))
    return std::move(*strict);
  return reader{text}.whole();
}

std::optional<json> find_loose_array(std::string_view text) {
  auto open = text.find('[');
  if (open == std::string_view::npos)
    return std::nullopt;
  return reader{text.substr(open)}.value(0);
}

} // namespace dspex
