#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <caf/actor_clock.hpp>

namespace dspex {

/// How old the record of a program is, and what waits for it to be refreshed.
///
/// A transition by another node has to be seen within a second, so a record
/// that is older is read again before it is relied upon. Nothing waits longer
/// than another second for that: then the last known record counts.
class record_watch {
public:
  using time_point = caf::actor_clock::time_point;
  using task = std::function<void()>;

  /// How old a record may be, and how long a refresh may take.
  static constexpr auto limit = std::chrono::seconds{1};

  /// A refresh that has to begin. The caller gives it up after `limit`.
  struct refresh {
    uint32_t number = 0;
    /// Whether the store has to be asked. An earlier refresh that was given up
    /// may still wait for the store, and its answer will do.
    bool ask = false;
  };

  /// Whether the record can be relied upon.
  [[nodiscard]] bool is_fresh(time_point t) const {
    return waiting_.empty() && t - refreshed_ <= limit;
  }

  /// Whether nothing waits.
  [[nodiscard]] bool empty() const {
    return waiting_.empty();
  }

  /// The record is up to date.
  void renew(time_point t) {
    refreshed_ = t;
  }

  /// The record is out of date, whatever its age.
  void expire() {
    refreshed_ = {};
  }

  /// Lets `next` wait for a refresh.
  /// @returns the refresh to begin, or nothing if one is under way.
  [[nodiscard]] std::optional<refresh> wait(task next) {
    waiting_.push_back(std::move(next));
    if (waiting_.size() > 1)
      return std::nullopt;
    return refresh{number_, !std::exchange(asked_, true)};
  }

  /// Lets everything that comes wait until `end`: the record is about to
  /// change.
  void hold() {
    waiting_.emplace_back([] {});
  }

  /// The store has answered the question of a refresh.
  void on_answer() {
    asked_ = false;
  }

  /// Ends the refresh that is under way.
  /// @returns what waited for it.
  [[nodiscard]] std::vector<task> end(time_point t) {
    ++number_;
    refreshed_ = t;
    return std::exchange(waiting_, {});
  }

  /// Ends a refresh that takes too long, unless it has ended.
  [[nodiscard]] std::vector<task> give_up(uint32_t number, time_point t) {
    if (number != number_)
      return {};
    return end(t);
  }

private:
  time_point refreshed_;
  std::vector<task> waiting_;
  /// How many refreshes have ended.
  uint32_t number_ = 0;
  /// Whether the store has not answered yet.
  bool asked_ = false;
};

} // namespace dspex
