#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace dspex {

/// A stream of numbers that depends on nothing but its start (SplitMix64), the
/// same on every platform.
class mock_random {
public:
  explicit mock_random(uint64_t start) : state_(start) {
  }

  [[nodiscard]] uint64_t next() noexcept;

  /// @pre bound > 0
  [[nodiscard]] uint64_t below(uint64_t bound) noexcept;

  /// A number that is at least 0 and below 1.
  [[nodiscard]] double fraction() noexcept;

  /// One of a container's elements.
  /// @pre the container is not empty
  template <class Container>
  [[nodiscard]] auto& pick(const Container& xs) {
    return xs[static_cast<size_t>(below(xs.size()))];
  }

  /// A few words, without white space at the ends.
  [[nodiscard]] std::string text();

  /// Words of at least `min` and at most `max` characters, all ASCII.
  /// @pre min <= max
  [[nodiscard]] std::string text(size_t min, size_t max);

private:
  uint64_t state_;
};

} // namespace dspex
