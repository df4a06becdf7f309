#include "core/version.hpp"

#include <charconv>

namespace dspex {

std::optional<std::array<uint32_t, 3>> parse_version(std::string_view text) {
  auto result = std::array<uint32_t, 3>{};
  auto pos = text.data();
  auto end = text.data() + text.size();
  for (size_t i = 0; i < 3; ++i) {
    if (i > 0 && (pos == end || *pos++ != '.'))
      return std::nullopt;
    auto [next, ec] = std::from_chars(pos, end, result[i]);
    if (ec != std::errc{})
      return std::nullopt;
    pos = next;
  }
  if (pos != end)
    return std::nullopt;
  return result;
}

std::string next_patch(std::string_view text) {
  auto x = parse_version(text);
  if (!x)
    return "1.0.0";
  return std::to_string((*x)[0]) + '.' + std::to_string((*x)[1]) + '.'
         + std::to_string((*x)[2] + 1);
}

} // namespace dspex
