#include "adapters/native/python/literal.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <system_error>

#include "adapters/native/python/text.hpp"

namespace dspex {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Removes the `_` between digits; nothing if one stands elsewhere.
std::optional<std::string> without_separators(std::string_view text) {
  auto result = std::string{};
  auto is_alnum = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      result += text[i];
      continue;
    }
    if (i == 0 || i + 1 == text.size() || !is_alnum(text[i - 1])
        || !is_alnum(text[i + 1]))
      return std::nullopt;
  }
  return result;
}

template <class T>
std::errc from_text(std::string_view text, int base, T& out) {
  auto end = text.data() + text.size();
  auto [ptr, status] = std::from_chars(text.data(), end, out, base);
  return ptr == end ? status : std::errc::invalid_argument;
}

read_number integer(const std::string& digits, int base) {
  auto value = int64_t{};
  auto status = from_text(digits, base, value);
  if (status == std::errc{})
    return {number_outcome::value, value};
  if (status != std::errc::result_out_of_range)
    return {};
  auto large = uint64_t{};
  if (from_text(digits, base, large) == std::errc{})
    return {number_outcome::value, large};
  return {number_outcome::too_large, {}};
}

read_number floating(const std::string& digits) {
  // from_chars takes words for infinity.
  if (digits.find_first_not_of("+-0123456789.eE") != std::string::npos)
    return {};
  auto value = double{};
  auto end = digits.data() + digits.size();
  auto [ptr, status] = std::from_chars(digits.data(), end, value);
  if (ptr != end || status == std::errc::invalid_argument)
    return {};
  if (status == std::errc::result_out_of_range) {
    // Too small is zero, too large is infinite.
    auto exponent = digits.find_first_of("eE");
    auto small = exponent != std::string::npos && exponent + 1 < digits.size()
                 && digits[exponent + 1] == '-';
    return small ? read_number{number_outcome::value, 0.0}
                 : read_number{number_outcome::too_large, {}};
  }
  return {number_outcome::value, value};
}

// Reads one literal after another, with commas between them.
class literal_reader {
public:
  explicit literal_reader(std::string_view text) : rest_(text) {
  }

  std::optional<json> whole() {
    auto lines = rest_.size();
    skip_empty_lines();
    // Python takes an indented line for the start of a block.
    if (rest_.size() < lines && is_blank(rest_))
      return std::nullopt;
    auto first = one();
    if (!first || is_at_end())
      return first;
    skip_blanks();
    auto tuple = json::array({std::move(*first)});
    while (take(',')) {
      if (is_at_end())
        return tuple;
      auto next = one();
      if (!next)
        return std::nullopt;
      tuple.push_back(std::move(*next));
      skip_blanks();
    }
    return is_at_end() ? std::optional{std::move(tuple)} : std::nullopt;
  }

private:
  static bool is_blank(std::string_view text) {
    return !text.empty()
           && (text.front() == ' ' || text.front() == '\t'
               || text.front() == '\f');
  }

  // Skips the lines with nothing but a comment, which mean nothing to Python.
  void skip_empty_lines() {
    for (;;) {
      auto line = rest_;
      while (is_blank(line))
        line.remove_prefix(1);
      if (line.starts_with('#'))
        line.remove_prefix(std::min(line.find_first_of("\r\n"), line.size()));
      else if (line.empty() || (line.front() != '\n' && line.front() != '\r'))
        return;
      if (!line.empty())
        line.remove_prefix(1);
      rest_ = line;
    }
  }

  // Whether the rest of this line, and all that follow, say nothing.
  bool is_at_end() {
    auto here = rest_;
    skip_empty_lines();
    skip_blanks();
    if (rest_.empty())
      return true;
    rest_ = here;
    return false;
  }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c)
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skip_blanks() {
    while (is_blank(rest_))
      rest_.remove_prefix(1);
  }

  std::optional<json> one() {
    skip_blanks();
    if (rest_.empty())
      return std::nullopt;
    if (rest_.front() == '\'' || rest_.front() == '"')
      return strings();
    auto word = rest_.substr(0, rest_.find_first_of(", \t\f\r\n#"));
    rest_.remove_prefix(word.size());
    if (word == "True")
      return json(true);
    if (word == "False")
      return json(false);
    if (word == "None")
      return json(nullptr);
    return number(word);
  }

  static std::optional<json> number(std::string_view word) {
    auto sign = std::string{};
    if (!word.empty() && (word.front() == '-' || word.front() == '+')) {
      if (word.front() == '-')
        sign = "-";
      word.remove_prefix(1);
    }
    if (word.empty() || (!is_digit(word.front()) && word.front() != '.'))
      return std::nullopt;
    auto digits = without_separators(word);
    if (!digits)
      return std::nullopt;
    auto result = read_number{};
    auto letter
      = digits->size() > 2 && digits->front() == '0' ? digits->at(1) | 0x20 : 0;
    if (letter == 'x' || letter == 'o' || letter == 'b')
      result = integer(sign + digits->substr(2), letter == 'x'   ? 16
                                                 : letter == 'o' ? 8
                                                                 : 2);
    else if (digits->find_first_of(".eE") != std::string::npos)
      result = floating(sign + *digits);
    // Python has no numbers like 007, but 000.
    else if (digits->front() != '0'
             || digits->find_first_not_of('0') == std::string::npos)
      result = integer(sign + *digits, 10);
    if (result.outcome != number_outcome::value)
      return std::nullopt;
    return std::move(result.value);
  }

  // Strings that follow each other are one.
  std::optional<json> strings() {
    auto result = std::string{};
    do {
      if (!string(result))
        return std::nullopt;
      skip_blanks();
    } while (!rest_.empty() && (rest_.front() == '\'' || rest_.front() == '"'));
    return json(std::move(result));
  }

  bool string(std::string& out) {
    auto quote = std::string(1, rest_.front());
    auto is_long = rest_.starts_with(quote + quote + quote);
    if (is_long)
      quote = quote + quote + quote;
    rest_.remove_prefix(quote.size());
    while (!rest_.empty()) {
      if (rest_.starts_with(quote)) {
        rest_.remove_prefix(quote.size());
        return true;
      }
      auto c = rest_.front();
      if (c == '\n' && !is_long)
        return false;
      rest_.remove_prefix(1);
      if (c != '\\')
        out += c;
      else if (!escape(out))
        return false;
    }
    return false;
  }

  bool escape(std::string& out) {
    if (rest_.empty())
      return false;
    auto c = rest_.front();
    rest_.remove_prefix(1);
    constexpr auto names = std::string_view{"abfnrtv\\'\""};
    constexpr auto values = std::string_view{"\a\b\f\n\r\t\v\\'\""};
    if (auto i = names.find(c); i != std::string_view::npos) {
      out += values[i];
      return true;
    }
    if (c == '\n')
      return true;
    if (c == 'x' || c == 'u' || c == 'U')
      return code(out, c == 'x' ? 2 : c == 'u' ? 4 : 8, 16);
    if (c >= '0' && c <= '7') {
      rest_ = {rest_.data() - 1, rest_.size() + 1};
      auto size = size_t{1};
      while (size < 3 && size < rest_.size() && rest_[size] >= '0'
             && rest_[size] <= '7')
        ++size;
      return code(out, size, 8);
    }
    if (c == 'N')
      return false;
    out += '\\';
    out += c;
    return true;
  }

  bool code(std::string& out, size_t size, int base) {
    auto value = uint32_t{};
    if (rest_.size() < size
        || from_text(rest_.substr(0, size), base, value) != std::errc{})
      return false;
    rest_.remove_prefix(size);
    append_character(out, value);
    return true;
  }

  std::string_view rest_;
};

} // namespace

read_number read_decimal(std::string_view text) {
  auto sign = std::string{};
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    if (text.front() == '-')
      sign = "-";
    text.remove_prefix(1);
  }
  if (text.empty() || (!is_digit(text.front()) && text.front() != '.'))
    return {};
  auto digits = without_separators(text);
  if (!digits)
    return {};
  return digits->find_first_of(".eE") != std::string::npos
           ? floating(sign + *digits)
           : integer(sign + *digits, 10);
}

std::optional<json> read_python_literal(std::string_view text) {
  // Python refuses a source with one.
  if (text.find('\0') != std::string_view::npos)
    return std::nullopt;
  return literal_reader{text}.whole();
}

} // namespace dspex
