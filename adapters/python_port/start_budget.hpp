#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <random>

#include "core/backoff.hpp"

namespace dspex {

/// When the next worker may start after starts that failed, and whether they
/// fail for good. Not thread safe; time is handed in.
class start_budget {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using milliseconds = std::chrono::milliseconds;

  /// More than `intensity` failures within `period` exhaust the budget.
  start_budget(size_t intensity, milliseconds period, backoff delay)
    : intensity_(intensity), period_(period), delay_(delay) {
  }

  /// @param others_work says that it is hardly the installation that fails:
  ///        unless the budget is exhausted the delay stays short.
  void note_failure(time_point now, bool others_work) {
    failures_.push_back(now);
    while (failures_.size() > intensity_ + 1)
      failures_.pop_front();
    ++in_a_row_;
    exhausted_ = exhausted_
                 || (failures_.size() > intensity_
                     && now - failures_.front() <= period_);
    auto delay = delay_;
    if (others_work && !exhausted_)
      delay.max = std::min(delay.max, max_beside_others);
    next_ = now + delay.delay(in_a_row_, random_);
  }

  /// A worker is up: what was before does not count any more.
  void note_success() {
    failures_.clear();
    in_a_row_ = 0;
    exhausted_ = false;
    next_ = {};
  }

  [[nodiscard]] time_point next_start() const noexcept {
    return next_;
  }

  [[nodiscard]] bool exhausted() const noexcept {
    return exhausted_;
  }

  /// Whether the last start failed.
  [[nodiscard]] bool failing() const noexcept {
    return in_a_row_ > 0;
  }

private:
  static constexpr auto max_beside_others
    = std::chrono::nanoseconds{std::chrono::seconds{1}};

  size_t intensity_;
  milliseconds period_;
  backoff delay_;
  std::deque<time_point> failures_;
  size_t in_a_row_ = 0;
  bool exhausted_ = false;
  time_point next_;
  std::minstd_rand random_{std::random_device{}()};
};

} // namespace dspex
