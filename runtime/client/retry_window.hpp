#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "dspex/client_types.hpp"

namespace dspex {

/// Whether a program refused a run because it was full. A run that was accepted
/// and then failed as `overloaded`, at its backend, has a record.
[[nodiscard]] inline bool had_no_room(const result<execution_result>& outcome) {
  return !outcome && outcome.error().code == errc::overloaded
         && !recorded_execution(outcome.error());
}

/// How long a `retry_window` waits when no end of a run can wake it.
inline constexpr auto retry_window_pause = std::chrono::milliseconds{50};

/// Decides which of many items runs next, so that a bounded number is under way
/// and a program that answers `overloaded` is asked again.
///
/// An item that was refused keeps its place in the window, and each run that
/// ends makes room for one refused item. When no run is under way whose end
/// could make room, the owner calls `on_pause` after `retry_window_pause`.
/// Plain data: the owner starts the runs. Not thread safe.
template <class T>
class retry_window {
public:
  /// @param size items that are under way or refused at most.
  /// @pre `size > 0`
  explicit retry_window(size_t size) : size_(size) {
    // nop
  }

  // -- properties -------------------------------------------------------------

  /// Whether no item is under way.
  [[nodiscard]] bool idle() const noexcept {
    return running_ == 0;
  }

  /// Whether no item is under way and none was refused.
  [[nodiscard]] bool empty() const noexcept {
    return idle() && refused_.empty();
  }

  /// Whether only time can make room for the refused items.
  [[nodiscard]] bool needs_pause() const noexcept {
    return idle() && permits_ == 0 && !refused_.empty();
  }

  // -- what happens -----------------------------------------------------------

  /// Takes the item to start now, which is under way until one of the functions
  /// below says what became of it.
  /// @param take_new returns the next new item, if there is one; called only if
  ///        the window has room for it.
  template <class TakeNew>
  [[nodiscard]] std::optional<T> take_next(TakeNew&& take_new) {
    auto next = std::optional<T>{};
    if (permits_ > 0) {
      --permits_;
      next = std::move(refused_.front());
      refused_.pop_front();
    } else if (running_ + refused_.size() < size_) {
      next = take_new();
    }
    if (next)
      ++running_;
    return next;
  }

  /// A run has ended.
  void on_end() {
    --running_;
    if (permits_ < refused_.size())
      ++permits_;
  }

  /// The program had no room for an item.
  void on_refusal(T item) {
    --running_;
    refused_.push_back(std::move(item));
  }

  /// The pause is over: one refused item may try again.
  void on_pause() {
    if (permits_ < refused_.size())
      ++permits_;
  }

private:
  size_t size_;
  size_t running_ = 0;
  std::deque<T> refused_;
  /// How many of the refused items may try again.
  size_t permits_ = 0;
};

} // namespace dspex
