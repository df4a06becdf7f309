#include "config/problem.hpp"

#include <algorithm>
#include <utility>

namespace dspex {

namespace {

/// Counts the insertions, deletions, replacements and swaps of neighbours that
/// turn one name into the other. Names are short: the caller bounds them.
size_t edit_distance(std::string_view lhs, std::string_view rhs) {
  auto width = rhs.size() + 1;
  std::vector<size_t> table((lhs.size() + 1) * width);
  auto at = [&](size_t i, size_t j) -> size_t& { return table[i * width + j]; };
  for (size_t i = 0; i <= lhs.size(); ++i)
    at(i, 0) = i;
  for (size_t j = 0; j <= rhs.size(); ++j)
    at(0, j) = j;
  for (size_t i = 1; i <= lhs.size(); ++i) {
    for (size_t j = 1; j <= rhs.size(); ++j) {
      auto replaced = at(i - 1, j - 1) + (lhs[i - 1] == rhs[j - 1] ? 0 : 1);
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, replaced});
      if (i > 1 && j > 1 && lhs[i - 1] == rhs[j - 2]
          && lhs[i - 2] == rhs[j - 1])
        at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  }
  return at(lhs.size(), rhs.size());
}

std::string_view last_component(std::string_view path) {
  return path.substr(path.rfind('.') + 1);
}

json number_or_null(size_t x) {
  return x == 0 ? json(nullptr) : json(x);
}

json text_or_null(const std::string& x) {
  return x.empty() ? json(nullptr) : json(x);
}

} // namespace

std::string to_string(const option_problem& x) {
  auto result = x.source;
  if (x.line != 0)
    result += ":" + std::to_string(x.line) + ":" + std::to_string(x.column);
  if (!result.empty())
    result += ": ";
  if (!x.key.empty())
    result += x.key + ": ";
  return result + x.message;
}

error to_error(const std::vector<option_problem>& problems,
               std::string_view intro, std::string_view separator) {
  std::string message{intro};
  auto list = json::array();
  for (auto& x : problems) {
    if (!list.empty())
      message += separator;
    message += to_string(x);
    list.push_back({{"file", text_or_null(x.source)},
                    {"line", number_or_null(x.line)},
                    {"column", number_or_null(x.column)},
                    {"key", text_or_null(x.key)},
                    {"message", x.message}});
  }
  return {errc::invalid_option, std::move(message),
          json{{"problems", std::move(list)}}};
}

std::string nearest_name(std::string_view name,
                         const std::vector<std::string>& candidates) {
  constexpr size_t longest_name = 64;
  if (name.empty() || name.size() > longest_name)
    return {};
  auto best = std::max<size_t>(2, name.size() / 3) + 1;
  std::string result;
  for (auto& candidate : candidates) {
    // A right name in the wrong section is closer than any misspelling.
    auto distance = last_component(candidate) == last_component(name)
                      ? 0
                      : edit_distance(name, candidate);
    if (distance < best && distance < candidate.size()) {
      best = distance;
      result = candidate;
    }
  }
  return result;
}

std::string excerpt(const json& value) {
  constexpr size_t longest = 40;
  auto text = dump_json(value);
  if (text.size() <= longest)
    return text;
  auto end = longest;
  // The cut must not be in the middle of a UTF-8 sequence.
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return text.substr(0, end) + "...";
}

std::string comma_separated(const std::vector<std::string_view>& names) {
  std::string result;
  for (auto name : names) {
    if (!result.empty())
      result += ", ";
    result += name;
  }
  return result;
}

} // namespace dspex
