#include "adapters/native/repair/text.hpp"

#include <algorithm>
#include <array>

#include "adapters/native/python/text.hpp"
#include "core/utf8.hpp"

namespace dspex::detail {

namespace {

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
  return is_digit(c) || is_letter(c);
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
    // NUL stands for the end of the text here, so the text must not hold one.
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

repair_text::repair_text(std::u32string text)
  : text_(std::move(text)), steps_left_(max_steps) {
}

// -- characters ---------------------------------------------------------------

char32_t repair_text::at(ptrdiff_t where) {
  if (where < 0 || where >= size())
    return 0;
  if (steps_left_ == 0) {
    give_up();
    return 0;
  }
  --steps_left_;
  return text_[static_cast<size_t>(where)];
}

std::u32string_view repair_text::slice(ptrdiff_t first, ptrdiff_t last) const {
  // The text may have been given up since the positions were found.
  first = std::min(first, size());
  auto length = std::max(ptrdiff_t{0}, std::min(last, size()) - first);
  return std::u32string_view{text_}.substr(static_cast<size_t>(first),
                                           static_cast<size_t>(length));
}

bool repair_text::starts_with(std::u32string_view wanted,
                              ptrdiff_t from) const {
  return from >= 0 && from <= size() && slice(from, size()).starts_with(wanted);
}

// -- looking ahead ------------------------------------------------------------

ptrdiff_t repair_text::skip_blanks(ptrdiff_t from) {
  while (is_blank(at(from)))
    ++from;
  return from;
}

ptrdiff_t repair_text::find(std::u32string_view wanted, ptrdiff_t from) {
  auto escaped = false;
  for (auto i = from; i < size(); ++i) {
    auto c = at(i);
    if (c == '\\') {
      escaped = !escaped;
      continue;
    }
    if (!escaped && wanted.find(c) != std::u32string_view::npos)
      return i;
    escaped = false;
  }
  return size();
}

ptrdiff_t repair_text::skip_block_comment(ptrdiff_t from) const {
  auto end = text_.find(U"*/", static_cast<size_t>(from) + 2);
  return end == std::u32string::npos ? size() : static_cast<ptrdiff_t>(end) + 2;
}

// -- changes ------------------------------------------------------------------

void repair_text::replace(ptrdiff_t first, ptrdiff_t last,
                          std::u32string_view by) {
  auto end = std::min(last, size());
  text_.replace(static_cast<size_t>(first), static_cast<size_t>(end - first),
                by);
}

void repair_text::charge(size_t steps) {
  steps_left_ -= std::min(steps_left_, steps);
}

void repair_text::give_up() {
  gave_up_ = true;
  text_.clear();
}

} // namespace dspex::detail
