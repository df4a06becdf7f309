#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "dspex/id.hpp"

namespace dspex {

/// Tells which run is due when, the earliest first.
///
/// Nearly all runs end long before they are due, in the order in which they
/// came. So adding an entry costs next to nothing, and the entry of a run that
/// has gone stays behind until `tidy` drops it.
class deadline_queue {
public:
  using time_point = std::chrono::steady_clock::time_point;

  void add(time_point t, execution_id id) {
    heap_.emplace_back(t, id);
    std::ranges::push_heap(heap_, std::greater{});
  }

  /// @returns when the first entry is due; nothing if there is none.
  [[nodiscard]] std::optional<time_point> first() const {
    if (heap_.empty())
      return std::nullopt;
    return heap_.front().first;
  }

  /// Takes the first entry if it is due.
  [[nodiscard]] std::optional<execution_id> take_due(time_point t) {
    if (heap_.empty() || heap_.front().first > t)
      return std::nullopt;
    std::ranges::pop_heap(heap_, std::greater{});
    auto id = heap_.back().second;
    heap_.pop_back();
    return id;
  }

  /// Drops the entries of runs that have gone, once most entries may be of such
  /// runs.
  /// @param present how many runs there are.
  /// @param has_gone tells whether a run has gone.
  template <class Predicate>
  void tidy(size_t present, Predicate has_gone) {
    if (present == 0) {
      heap_ = {};
      return;
    }
    if (heap_.size() < 4 * present + 64)
      return;
    std::erase_if(heap_, [&](auto& x) { return has_gone(x.second); });
    std::ranges::make_heap(heap_, std::greater{});
  }

private:
  std::vector<std::pair<time_point, execution_id>> heap_;
};

} // namespace dspex
