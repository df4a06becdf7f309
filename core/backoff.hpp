#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <random>

namespace dspex {

/// Says how long to wait before something that failed is tried again: `initial`
/// after the first failure, doubled with each further one, never more than
/// `max`, and spread by `jitter`.
struct backoff {
  std::chrono::nanoseconds initial = std::chrono::milliseconds{100};
  std::chrono::nanoseconds max = std::chrono::seconds{30};
  /// A delay is longer or shorter by up to this fraction of itself, so that
  /// those that failed together do not come back in step.
  double jitter = 0.2;

  /// Returns the delay without the spread, for what never fails together with
  /// others.
  /// @param failures in a row; 1 after the first.
  [[nodiscard]] constexpr std::chrono::nanoseconds
  delay(size_t failures) const {
    auto result = initial;
    for (size_t i = 1; i < failures && result < max; ++i)
      result *= 2;
    return std::min(result, max);
  }

  /// Returns the delay, spread by the jitter.
  /// @param failures in a row; 1 after the first.
  template <class Random>
  [[nodiscard]] std::chrono::nanoseconds
  delay(size_t failures, Random& random) const {
    auto spread = std::uniform_real_distribution<double>{-jitter, jitter};
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
      delay(failures) * (1.0 + spread(random)));
  }
};

} // namespace dspex
