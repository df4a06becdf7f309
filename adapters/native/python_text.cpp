#include "adapters/native/python_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

namespace dspex {

namespace {

constexpr size_t tab_width = 8;

struct character {
  char32_t code = 0;
  size_t length = 1;
};

// Decodes leniently: a byte out of place stands for itself, beyond Unicode so
// that it is never taken for a space.
character decode(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  auto first = byte(0);
  if (first < 0x80)
    return {first, 1};
  auto length = first >= 0xF0 ? 4U : first >= 0xE0 ? 3U : 2U;
  auto stray = character{0x110000U + first, 1};
  if (first < 0xC2 || first > 0xF4 || text.size() < length)
    return stray;
  auto code = static_cast<char32_t>(first & (0xFFU >> (length + 1)));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80)
      return stray;
    code = (code << 6) | (byte(i) & 0x3FU);
  }
  return {code, length};
}

bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85
         || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A)
         || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F
         || c == 0x3000;
}

bool is_line_end(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85
         || c == 0x2028 || c == 0x2029;
}

std::string_view rstrip(std::string_view text) {
  while (!text.empty()) {
    auto start = text.size() - 1;
    while (start > 0 && text.size() - start < 4
           && (static_cast<uint8_t>(text[start]) & 0xC0) == 0x80)
      --start;
    auto last = decode(text.substr(start));
    if (!is_space(last.code) || start + last.length != text.size())
      break;
    text = text.substr(0, start);
  }
  return text;
}

size_t count_characters(std::string_view text) {
  size_t n = 0;
  for (size_t pos = 0; pos < text.size(); pos += character_length(text, pos))
    ++n;
  return n;
}

std::string_view skip_characters(std::string_view text, size_t n) {
  for (; n > 0 && !text.empty(); --n)
    text.remove_prefix(character_length(text, 0));
  return text;
}

std::string expand_tabs(std::string_view text) {
  auto result = std::string{};
  size_t column = 0;
  for (size_t pos = 0; pos < text.size();) {
    auto n = character_length(text, pos);
    auto c = text[pos];
    if (c == '\t') {
      auto fill = tab_width - column % tab_width;
      result.append(fill, ' ');
      column += fill;
    } else {
      result += text.substr(pos, n);
      column = c == '\n' || c == '\r' ? 0 : column + 1;
    }
    pos += n;
  }
  return result;
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr auto digits = std::string_view{"0123456789abcdef"};
  out += '"';
  for (auto c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\b':
        out += "\\b";
        break;
      default:
        if (static_cast<uint8_t>(c) < 0x20) {
          out += "\\u00";
          out += digits[static_cast<uint8_t>(c) >> 4];
          out += digits[static_cast<uint8_t>(c) & 0xF];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

std::string number_text(const json& value) {
  if (value.is_number_unsigned())
    return std::to_string(value.get<uint64_t>());
  if (value.is_number_integer())
    return std::to_string(value.get<int64_t>());
  return python_float(value.get<double>());
}

// The depth of values is bounded by `json_limits::max_depth`.
void append_json(std::string& out, const json& value) {
  auto first = true;
  auto separate = [&] {
    if (!first)
      out += ", ";
    first = false;
  };
  switch (value.type()) {
    case json::value_t::object:
      out += '{';
      for (auto& [name, member] : value.items()) {
        separate();
        append_json_string(out, name);
        out += ": ";
        append_json(out, member);
      }
      out += '}';
      break;
    case json::value_t::array:
      out += '[';
      for (auto& element : value) {
        separate();
        append_json(out, element);
      }
      out += ']';
      break;
    case json::value_t::string:
      append_json_string(out, value.get_ref<const std::string&>());
      break;
    case json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      break;
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
      out += number_text(value);
      break;
    case json::value_t::number_float: {
      auto x = value.get<double>();
      out += std::isnan(x)   ? "NaN"
             : std::isinf(x) ? (x > 0 ? "Infinity" : "-Infinity")
                             : number_text(value);
      break;
    }
    case json::value_t::null:
    case json::value_t::binary:
    case json::value_t::discarded:
      out += "null";
  }
}

} // namespace

size_t character_length(std::string_view text, size_t pos) {
  return decode(text.substr(pos)).length;
}

bool starts_with_space(std::string_view text) {
  return !text.empty() && is_space(decode(text).code);
}

std::string_view python_lstrip(std::string_view text) {
  while (starts_with_space(text))
    text.remove_prefix(character_length(text, 0));
  return text;
}

std::string_view python_strip(std::string_view text) {
  return rstrip(python_lstrip(text));
}

std::vector<std::string_view> python_splitlines(std::string_view text) {
  auto result = std::vector<std::string_view>{};
  size_t start = 0;
  for (size_t pos = 0; pos < text.size();) {
    auto c = decode(text.substr(pos));
    if (!is_line_end(c.code)) {
      pos += c.length;
      continue;
    }
    result.push_back(text.substr(start, pos - start));
    pos += c.length;
    if (c.code == '\r' && pos < text.size() && text[pos] == '\n')
      ++pos;
    start = pos;
  }
  if (start < text.size())
    result.push_back(text.substr(start));
  return result;
}

std::string python_cleandoc(std::string_view text) {
  auto expanded = expand_tabs(text);
  auto lines = std::vector<std::string_view>{};
  for (auto rest = std::string_view{expanded};;) {
    auto end = rest.find('\n');
    lines.push_back(rest.substr(0, end));
    if (end == std::string_view::npos)
      break;
    rest.remove_prefix(end + 1);
  }
  auto margin = std::optional<size_t>{};
  for (size_t i = 1; i < lines.size(); ++i) {
    auto content = python_lstrip(lines[i]);
    if (content.empty())
      continue;
    auto blank = lines[i].substr(0, lines[i].size() - content.size());
    auto indent = count_characters(blank);
    margin = margin ? std::min(*margin, indent) : indent;
  }
  lines.front() = python_lstrip(lines.front());
  if (margin)
    for (size_t i = 1; i < lines.size(); ++i)
      lines[i] = skip_characters(lines[i], *margin);
  auto is_blank = [](std::string_view line) { return line.empty(); };
  auto first = std::find_if_not(lines.begin(), lines.end(), is_blank);
  auto last = std::find_if_not(lines.rbegin(), lines.rend(), is_blank).base();
  auto result = std::string{};
  for (auto i = first; i < last; ++i) {
    if (i != first)
      result += '\n';
    result += *i;
  }
  return result;
}

std::string python_float(double x) {
  if (std::isnan(x))
    return "nan";
  if (std::isinf(x))
    return x > 0 ? "inf" : "-inf";
  auto buffer = std::array<char, 40>{};
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x,
                           std::chars_format::scientific)
               .ptr;
  auto text = std::string_view{buffer.data(),
                               static_cast<size_t>(end - buffer.data())};
  auto e = text.find('e');
  auto exponent = 0;
  auto exponent_text = text.substr(e + (text[e + 1] == '+' ? 2 : 1));
  std::from_chars(exponent_text.data(),
                  exponent_text.data() + exponent_text.size(), exponent);
  // Python's choice between the notations: repr uses 16 digits of precision.
  if (exponent >= -4 && exponent < 16) {
    end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x,
                        std::chars_format::fixed)
            .ptr;
    auto fixed = std::string{buffer.data(), end};
    if (fixed.find('.') == std::string::npos)
      fixed += ".0";
    return fixed;
  }
  return std::string{text};
}

std::string python_json(const json& value) {
  auto result = std::string{};
  append_json(result, value);
  return result;
}

std::string python_field_value(const json& value) {
  switch (value.type()) {
    case json::value_t::string:
      return value.get<std::string>();
    case json::value_t::boolean:
      return value.get<bool>() ? "True" : "False";
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float:
      return number_text(value);
    case json::value_t::object:
    case json::value_t::array:
      return python_json(value);
    case json::value_t::null:
    case json::value_t::binary:
    case json::value_t::discarded:
      break;
  }
  return "None";
}

} // namespace dspex
