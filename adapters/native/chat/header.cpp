#include "adapters/native/chat/header.hpp"

#include <cstdint>

#include "adapters/native/python/text.hpp"

namespace dspex {

namespace {

constexpr auto header_open = std::string_view{"[[ ## "};
constexpr auto header_close = std::string_view{" ## ]]"};

// `\w`, taking every character beyond ASCII that is no space for a letter.
bool is_word_character(std::string_view text) {
  auto c = text.front();
  if (static_cast<uint8_t>(c) >= 0x80)
    return !starts_with_space(text);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '_';
}

} // namespace

std::optional<line_header> read_header(std::string_view line) {
  if (!line.starts_with(header_open))
    return std::nullopt;
  auto rest = line.substr(header_open.size());
  size_t bytes = 0;
  size_t characters = 0;
  while (bytes < rest.size() && is_word_character(rest.substr(bytes))) {
    bytes += character_length(rest, bytes);
    ++characters;
  }
  if (bytes == 0 || !rest.substr(bytes).starts_with(header_close))
    return std::nullopt;
  return line_header{rest.substr(0, bytes),
                     header_open.size() + characters + header_close.size()};
}

std::string_view after_header(std::string_view line, size_t characters) {
  for (; characters > 0 && !line.empty(); --characters)
    line.remove_prefix(character_length(line, 0));
  return python_strip(line);
}

bool may_become_header(std::string_view line) {
  line = python_lstrip(line);
  return line.size() < header_open.size() ? header_open.starts_with(line)
                                          : line.starts_with(header_open);
}

} // namespace dspex
