#include "core/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace dspex {

size_t utf8_length(std::string_view text, size_t pos) noexcept {
  auto byte = [&](size_t i) -> uint8_t {
    return pos + i < text.size() ? static_cast<uint8_t>(text[pos + i]) : 0;
  };
  auto tail = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  auto first = byte(0);
  if (first < 0x80)
    return 1;
  if (first < 0xC2)
    return 0;
  if (first < 0xE0)
    return tail(1) ? 2 : 0;
  if (first < 0xF0) {
    if (!tail(1) || !tail(2) || (first == 0xE0 && byte(1) < 0xA0)
        || (first == 0xED && byte(1) > 0x9F))
      return 0;
    return 3;
  }
  if (first < 0xF5) {
    if (!tail(1) || !tail(2) || !tail(3) || (first == 0xF0 && byte(1) < 0x90)
        || (first == 0xF4 && byte(1) > 0x8F))
      return 0;
    return 4;
  }
  return 0;
}

size_t find_bad_utf8(std::string_view text) noexcept {
  for (size_t pos = 0; pos < text.size();) {
    if (auto word = uint64_t{}; pos + sizeof(word) <= text.size()) {
      // Nearly all text is ASCII nearly everywhere, so ASCII comes first.
      std::memcpy(&word, text.data() + pos, sizeof(word));
      if ((word & 0x8080'8080'8080'8080) == 0) {
        pos += sizeof(word);
        continue;
      }
    }
    auto ascii = static_cast<uint8_t>(text[pos]) < 0x80;
    auto n = ascii ? 1 : utf8_length(text, pos);
    if (n == 0)
      return pos;
    pos += n;
  }
  return std::string_view::npos;
}

namespace {

// Returns a word whose highest bits tell of bytes that are zero or not ASCII.
// Among bytes below 0x80, only zero borrows from the bit above the others.
uint64_t odd_bytes(const char* eight) noexcept {
  constexpr auto ones = uint64_t{0x0101'0101'0101'0101};
  uint64_t word = 0;
  std::memcpy(&word, eight, sizeof(word));
  return word | (word - ones);
}

} // namespace

bool is_plain_ascii(std::string_view text) noexcept {
  constexpr auto highs = uint64_t{0x8080'8080'8080'8080};
  auto i = text.data();
  auto n = text.size();
  uint64_t found = 0;
  if (n < 8) {
    for (; n > 0; --n, ++i)
      found |= static_cast<signed char>(*i) > 0 ? 0 : highs;
    return found == 0;
  }
  for (; n >= 32; n -= 32, i += 32)
    found |= odd_bytes(i) | odd_bytes(i + 8) | odd_bytes(i + 16)
             | odd_bytes(i + 24);
  for (; n >= 8; n -= 8, i += 8)
    found |= odd_bytes(i);
  // The last eight bytes; some of them for the second time.
  found |= odd_bytes(i + n - 8);
  return (found & highs) == 0;
}

std::string replace_bad_utf8(std::string_view text) {
  auto result = std::string{};
  result.reserve(text.size() + 16);
  for (size_t pos = 0; pos < text.size();) {
    auto n = utf8_length(text, pos);
    if (n == 0) {
      result += replacement_character;
      ++pos;
    } else {
      result += text.substr(pos, n);
      pos += n;
    }
  }
  return result;
}

} // namespace dspex
