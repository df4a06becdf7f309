#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <random>

namespace dspex {

/// When the next worker may start after starts that failed, and whether they
/// fail for good. Not thread safe; time is handed in.
class start_budget {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using milliseconds = std::chrono::milliseconds;

  /// More than `intensity` failures within `period` exhaust the budget.
  start_budget(size_t intensity, milliseconds period, milliseconds first,
               milliseconds last)
    : intensity_(intensity), period_(period), first_(first), last_(last) {
  }

  /// @param others_work says that it is hardly the installation that fails:
  ///        unless the budget is exhausted the delay stays short.
  void note_failure(time_point now, bool others_work) {
    failures_.push_back(now);
    while (failures_.size() > intensity_ + 1)
      failures_.pop_front();
    if (in_a_row_ < max_doublings)
      ++in_a_row_;
    exhausted_ = exhausted_
                 || (failures_.size() > intensity_
                     && now - failures_.front() <= period_);
    auto last = others_work && !exhausted_ ? std::min(last_, last_beside_others)
                                           : last_;
    auto delay = std::min(first_ * (int64_t{1} << (in_a_row_ - 1)), last);
    // Spread, so that the workers of several nodes do not come in step.
    auto spread = std::uniform_int_distribution<int64_t>{delay.count() * 4 / 5,
                                                         delay.count() * 6 / 5};
    next_ = now + milliseconds{spread(random_)};
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
  static constexpr size_t max_doublings = 20;
  static constexpr auto last_beside_others = milliseconds{1'000};

  size_t intensity_;
  milliseconds period_;
  milliseconds first_;
  milliseconds last_;
  std::deque<time_point> failures_;
  size_t in_a_row_ = 0;
  bool exhausted_ = false;
  time_point next_;
  std::minstd_rand random_{std::random_device{}()};
};

} // namespace dspex
