#include "signatures/values/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "core/utf8.hpp"

namespace dspex::detail {

namespace {

constexpr size_t max_value_length = 60;

constexpr size_t max_list_length = 200;

constexpr size_t max_excerpt_side = 50;

bool continues(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u;
}

bool is_space(char c) noexcept {
  return c == '\n' || c == '\r' || c == '\t' || c == '\v' || c == '\f';
}

/// Returns the byte where the code point number `count` begins, at most the
/// size of the text.
size_t offset_of(std::string_view text, size_t count) noexcept {
  size_t i = 0;
  while (i < text.size()) {
    if (!continues(text[i]) && count-- == 0)
      return i;
    ++i;
  }
  return i;
}

std::string counted(size_t n, std::string_view noun) {
  auto result = std::to_string(n);
  result += ' ';
  result += noun;
  if (n != 1)
    result += 's';
  return result;
}

} // namespace

size_t count_code_points(std::string_view text) noexcept {
  size_t result = 0;
  for (auto c : text)
    result += continues(c) ? 0 : 1;
  return result;
}

std::optional<size_t> find_bad_text(std::string_view text) noexcept {
  auto bad = std::min(find_bad_utf8(text), text.find('\0'));
  if (bad == std::string_view::npos)
    return std::nullopt;
  return bad;
}

void append_utf8(std::string& out, char32_t code_point) {
  auto put = [&out](char32_t bits) { out += static_cast<char>(bits); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3F));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

std::string shorten(std::string_view text, size_t max) {
  auto end = offset_of(text, max);
  std::string result{text.substr(0, end)};
  if (end < text.size())
    result += "...";
  return result;
}

std::string excerpt(std::string_view text, size_t offset) {
  auto first = offset;
  for (size_t n = 0; first > 0 && n < max_excerpt_side; ++n) {
    --first;
    while (first > 0 && continues(text[first]))
      --first;
  }
  std::string result = first > 0 ? "..." : "";
  result += shorten(text.substr(first), 2 * max_excerpt_side);
  for (auto& c : result)
    if (is_space(c))
      c = ' ';
  return result;
}

std::string brief(const json& value) {
  switch (value.type()) {
    case json::value_t::string: {
      const auto& text = value.get_ref<const std::string&>();
      auto end = offset_of(text, max_value_length);
      auto printed = dump_json(json(text.substr(0, end)));
      // Escapes make the printed text longer than the text itself.
      auto inside = std::string_view{printed}.substr(1, printed.size() - 2);
      auto shown = offset_of(inside, max_value_length);
      auto whole = end == text.size() && shown == inside.size();
      return '"' + std::string{inside.substr(0, shown)}
             + (whole ? "\"" : "...\"");
    }
    case json::value_t::array:
      return "a list of " + counted(value.size(), "item");
    case json::value_t::object:
      return "an object of " + counted(value.size(), "member");
    case json::value_t::number_float:
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
      return print_number(value);
    default:
      return dump_json(value);
  }
}

std::string brief_list(const json& values) {
  std::string result;
  for (const auto& value : values) {
    if (!result.empty())
      result += ", ";
    if (result.size() > max_list_length)
      return result + "...";
    result += brief(value);
  }
  return result;
}

std::string count_text(std::string_view limit, const json& number,
                       std::string_view noun) {
  return std::string{limit} + ' ' + brief(number) + ' ' + std::string{noun}
         + (number == 1 ? "" : "s");
}

std::string escape_pointer(std::string_view name) {
  std::string result;
  for (auto c : name) {
    if (c == '~')
      result += "~0";
    else if (c == '/')
      result += "~1";
    else
      result += c;
  }
  return result;
}

std::string quote_string(std::string_view text, char quote) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result(1, quote);
  for (auto c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\r') {
      result += "\\r";
    } else if (c == '\t') {
      result += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      result += "\\u00";
      result += digits[byte >> 4];
      result += digits[byte & 0xF];
    } else {
      result += c;
    }
  }
  result += quote;
  return result;
}

std::string print_number(const json& number) {
  std::array<char, 64> buffer;
  auto* first = buffer.data();
  auto* last = first + buffer.size();
  auto end = number.is_number_float()
               ? std::to_chars(first, last, number.get<double>())
             : number.is_number_unsigned()
               ? std::to_chars(first, last, number.get<uint64_t>())
               : std::to_chars(first, last, number.get<int64_t>());
  std::string result{first, end.ptr};
  // A float without a fraction gets `.0`, so that it reads back as a float.
  if (number.is_number_float()
      && result.find_first_not_of("-0123456789") == std::string::npos)
    result += ".0";
  return result;
}

} // namespace dspex::detail
