#include "adapters/mock/random.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace dspex {

namespace {

constexpr auto words = std::array<std::string_view, 16>{
  "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven",
  "iris",  "jade",  "kelp",  "lunar", "maple", "north", "onyx",  "pearl"};

constexpr auto longest
  = std::ranges::max(words, {}, &std::string_view::size).size();

} // namespace

uint64_t mock_random::next() noexcept {
  state_ += 0x9E3779B97F4A7C15ULL;
  auto x = state_;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

uint64_t mock_random::below(uint64_t bound) noexcept {
  return next() % bound;
}

double mock_random::fraction() noexcept {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

std::string mock_random::text() {
  // The text has at most four words, and spaces between them.
  auto result = std::array<char, 4 * longest + 3>{};
  auto end = std::ranges::copy(pick(words), result.begin()).out;
  for (auto n = 1 + below(3); n > 0; --n) {
    *end++ = ' ';
    end = std::ranges::copy(pick(words), end).out;
  }
  return {result.begin(), end};
}

std::string mock_random::text(size_t min, size_t max) {
  auto result = text();
  while (result.size() < min)
    result += ' ' + text();
  if (result.size() > max)
    result.resize(max);
  // No white space at the end: readers of replies strip it.
  while (!result.empty() && result.back() == ' ')
    result.back() = 'x';
  return result;
}

} // namespace dspex
