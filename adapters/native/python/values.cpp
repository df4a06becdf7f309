#include "adapters/native/python/values.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "adapters/native/python/text.hpp"

namespace dspex {

namespace {

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

// Puts commas and colons as `json.dumps` does; the depth of values is bounded
// by `json_limits::max_depth`.
class json_writer {
public:
  explicit json_writer(bool indented) : indented_(indented) {
  }

  void write(const json& value) {
    switch (value.type()) {
      case json::value_t::object: {
        auto is_first = open('{');
        for (auto& [name, member] : value.items()) {
          separate(is_first);
          append_json_string(text, name);
          text += ": ";
          write(member);
        }
        close('}', is_first);
        break;
      }
      case json::value_t::array: {
        auto is_first = open('[');
        for (auto& element : value) {
          separate(is_first);
          write(element);
        }
        close(']', is_first);
        break;
      }
      case json::value_t::string:
        append_json_string(text, value.get_ref<const std::string&>());
        break;
      case json::value_t::boolean:
        text += value.get<bool>() ? "true" : "false";
        break;
      case json::value_t::number_integer:
      case json::value_t::number_unsigned:
        text += number_text(value);
        break;
      case json::value_t::number_float: {
        auto x = value.get<double>();
        text += std::isnan(x)   ? "NaN"
                : std::isinf(x) ? (x > 0 ? "Infinity" : "-Infinity")
                                : number_text(value);
        break;
      }
      case json::value_t::null:
      case json::value_t::binary:
      case json::value_t::discarded:
        text += "null";
    }
  }

  std::string text;

private:
  bool open(char bracket) {
    text += bracket;
    ++depth_;
    return true;
  }

  void separate(bool& is_first) {
    if (!is_first)
      text += indented_ ? "," : ", ";
    is_first = false;
    if (indented_)
      text.append(1, '\n').append(2 * depth_, ' ');
  }

  void close(char bracket, bool is_empty) {
    --depth_;
    if (indented_ && !is_empty)
      text.append(1, '\n').append(2 * depth_, ' ');
    text += bracket;
  }

  bool indented_;
  size_t depth_ = 0;
};

std::string string_repr(std::string_view text) {
  auto has = [&](char c) { return text.find(c) != std::string_view::npos; };
  auto quote = has('\'') && !has('"') ? '"' : '\'';
  auto result = std::string(1, quote);
  constexpr auto digits = std::string_view{"0123456789abcdef"};
  auto hex = [&](char32_t code, int count) {
    for (auto i = count - 1; i >= 0; --i)
      result += digits[(code >> (4 * i)) & 0xF];
  };
  for (size_t pos = 0; pos < text.size();) {
    auto c = decode_character(text.substr(pos));
    if (c.code == static_cast<char32_t>(quote) || c.code == '\\')
      (result += '\\') += static_cast<char>(c.code);
    else if (c.code == '\n')
      result += "\\n";
    else if (c.code == '\r')
      result += "\\r";
    else if (c.code == '\t')
      result += "\\t";
    else if (c.code < 0x20 || (c.code >= 0x7F && c.code <= 0xA0)
             || c.code == 0xAD)
      result += "\\x", hex(c.code, 2);
    else if (is_python_space(c.code) && c.code != ' ')
      result += "\\u", hex(c.code, 4);
    else
      result += text.substr(pos, c.length);
    pos += c.length;
  }
  return result + quote;
}

} // namespace

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
  auto writer = json_writer{false};
  writer.write(value);
  return std::move(writer.text);
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

std::string python_json_indented(const json& value) {
  auto writer = json_writer{true};
  writer.write(value);
  return std::move(writer.text);
}

std::string python_repr(const json& value) {
  if (value.is_string())
    return string_repr(value.get_ref<const std::string&>());
  if (!value.is_structured())
    return python_field_value(value);
  auto result = std::string{value.is_array() ? "[" : "{"};
  auto is_first = true;
  auto separate = [&] {
    if (!is_first)
      result += ", ";
    is_first = false;
  };
  if (value.is_array()) {
    for (auto& element : value) {
      separate();
      result += python_repr(element);
    }
    return result + ']';
  }
  for (auto& [name, member] : value.items()) {
    separate();
    result += string_repr(name) + ": " + python_repr(member);
  }
  return result + '}';
}

std::string python_str(const json& value) {
  return value.is_string() ? value.get<std::string>() : python_repr(value);
}

} // namespace dspex
