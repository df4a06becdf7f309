#include "adapters/native/python/text.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace dspex {

namespace {

constexpr size_t tab_width = 8;

std::string_view rstrip(std::string_view text) {
  while (!text.empty()) {
    auto start = text.size() - 1;
    while (start > 0 && text.size() - start < 4
           && (static_cast<uint8_t>(text[start]) & 0xC0) == 0x80)
      --start;
    auto last = decode_character(text.substr(start));
    if (!is_python_space(last.code) || start + last.length != text.size())
      break;
    text = text.substr(0, start);
  }
  return text;
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

std::vector<std::string_view> split_at_newlines(std::string_view text) {
  auto lines = std::vector<std::string_view>{};
  for (;;) {
    auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos)
      return lines;
    text.remove_prefix(end + 1);
  }
}

} // namespace

decoded_character decode_character(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  auto first = byte(0);
  if (first < 0x80)
    return {first, 1};
  auto length = first >= 0xF0 ? 4U : first >= 0xE0 ? 3U : 2U;
  auto stray = decoded_character{0x110000U + first, 1};
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

void append_character(std::string& out, char32_t code) {
  auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
    code = 0xFFFD;
  if (code < 0x80) {
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

bool is_python_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85
         || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A)
         || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F
         || c == 0x3000;
}

bool is_python_line_end(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85
         || c == 0x2028 || c == 0x2029;
}

size_t character_length(std::string_view text, size_t pos) {
  return decode_character(text.substr(pos)).length;
}

bool starts_with_space(std::string_view text) {
  return !text.empty() && is_python_space(decode_character(text).code);
}

size_t count_characters(std::string_view text) {
  size_t n = 0;
  for (size_t pos = 0; pos < text.size(); pos += character_length(text, pos))
    ++n;
  return n;
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
    auto c = decode_character(text.substr(pos));
    if (!is_python_line_end(c.code)) {
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
  auto lines = split_at_newlines(expanded);
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

std::string python_dedent(std::string_view text) {
  auto lines = split_at_newlines(text);
  auto margin = std::optional<std::string_view>{};
  for (auto& line : lines) {
    auto content = line.find_first_not_of(" \t");
    if (content == std::string_view::npos) {
      line = {};
      continue;
    }
    auto indent = line.substr(0, content);
    if (!margin) {
      margin = indent;
      continue;
    }
    auto [end, ignored] = std::mismatch(margin->begin(), margin->end(),
                                        indent.begin(), indent.end());
    margin = margin->substr(0, static_cast<size_t>(end - margin->begin()));
  }
  auto result = std::string{};
  for (auto& line : lines) {
    if (&line != &lines.front())
      result += '\n';
    result += line.substr(std::min(margin.value_or("").size(), line.size()));
  }
  return result;
}

} // namespace dspex
