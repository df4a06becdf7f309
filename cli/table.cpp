#include "cli/table.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace dspex::cli {

namespace {

constexpr auto gap = size_t{2};

// No column is made narrower than this.
constexpr auto narrowest = size_t{6};

struct character {
  char32_t code;
  size_t bytes;
};

// Bytes that are no UTF-8 count as one character each.
character first_character(std::string_view text) {
  auto lead = static_cast<unsigned char>(text[0]);
  auto bytes = lead < 0xC0 ? 1u : lead < 0xE0 ? 2u : lead < 0xF0 ? 3u : 4u;
  if (bytes == 1 || bytes > text.size())
    return {lead, 1};
  auto code = static_cast<char32_t>(lead & (0x7Fu >> bytes));
  for (size_t i = 1; i < bytes; ++i)
    code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  return {code, bytes};
}

struct range {
  char32_t first;
  char32_t last;
};

bool is_in(const range* begin, const range* end, char32_t x) {
  return std::any_of(
    begin, end, [x](const range& r) { return x >= r.first && x <= r.last; });
}

// These blocks follow Unicode Standard Annex #11, coarsely.
constexpr range wide[] = {
  {0x1100, 0x115F}, {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3},
  {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
  {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD},
};

constexpr range combining[] = {
  {0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF},
  {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};

size_t width_of(char32_t x) {
  if (is_in(std::begin(combining), std::end(combining), x))
    return 0;
  return is_in(std::begin(wide), std::end(wide), x) ? 2 : 1;
}

// Some terminals obey U+0080 to U+009F as they obey those below U+0020.
bool is_control(char32_t x) {
  return x < 0x20 || (x >= 0x7F && x < 0xA0);
}

} // namespace

size_t display_width(std::string_view text) {
  auto sum = size_t{0};
  while (!text.empty()) {
    auto x = first_character(text);
    sum += width_of(x.code);
    text.remove_prefix(x.bytes);
  }
  return sum;
}

std::string cut(std::string_view text, size_t columns) {
  if (display_width(text) <= columns)
    return std::string{text};
  auto kept = size_t{0};
  auto used = size_t{1}; // the ellipsis
  while (kept < text.size()) {
    auto x = first_character(text.substr(kept));
    if (used + width_of(x.code) > columns)
      break;
    used += width_of(x.code);
    kept += x.bytes;
  }
  return std::string{text.substr(0, kept)} + "…";
}

std::string one_line(std::string_view text) {
  auto result = std::string{};
  auto blank = false;
  while (!text.empty()) {
    auto x = first_character(text);
    if (x.code == ' ' || is_control(x.code)) {
      blank = true;
    } else {
      if (std::exchange(blank, false) && !result.empty())
        result += ' ';
      result += text.substr(0, x.bytes);
    }
    text.remove_prefix(x.bytes);
  }
  return result;
}

void text_table::add(std::vector<std::string> cells) {
  for (auto& x : cells)
    x = one_line(x);
  rows_.push_back(std::move(cells));
}

void text_table::settle_widths() {
  for (size_t i = 0; i < columns_.size(); ++i) {
    auto width = display_width(columns_[i].title);
    for (auto& row : rows_)
      width = std::max(width, display_width(row[i]));
    widths_.push_back(width);
  }
  auto total = std::accumulate(widths_.begin(), widths_.end(),
                               gap * (widths_.size() - 1));
  while (total > width_) {
    auto widest = widest_column();
    if (!widest || widths_[*widest] <= narrowest)
      break;
    --widths_[*widest];
    --total;
  }
}

std::optional<size_t> text_table::widest_column() const {
  auto result = std::optional<size_t>{};
  for (size_t i = 0; i < widths_.size(); ++i)
    if (!columns_[i].whole && (!result || widths_[i] > widths_[*result]))
      result = i;
  return result;
}

std::string text_table::line(const std::vector<std::string>& cells) const {
  auto result = std::string{};
  for (size_t i = 0; i < cells.size(); ++i) {
    auto text = cut(cells[i], widths_[i]);
    auto padding = std::string(widths_[i] - display_width(text), ' ');
    if (i > 0)
      result.append(gap, ' ');
    result += columns_[i].right_aligned ? padding + text : text + padding;
  }
  result.erase(result.find_last_not_of(' ') + 1);
  return result + '\n';
}

std::string text_table::take() {
  auto result = std::string{};
  if (widths_.empty()) {
    settle_widths();
    auto titles = std::vector<std::string>{};
    for (auto& x : columns_)
      titles.push_back(x.title);
    result += line(titles);
  }
  for (auto& row : rows_)
    result += line(row);
  rows_.clear();
  return result;
}

} // namespace dspex::cli
