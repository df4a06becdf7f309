#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "dspex/adapter.hpp"

namespace dspex::test {

/// Patience with anything that should happen at once.
inline constexpr auto patience = std::chrono::seconds{60};

/// A host whose timers fire when the test says so.
class manual_host : public adapter_host {
public:
  void after(std::chrono::nanoseconds delay,
             std::function<void()> task) override {
    tasks_.emplace(now_ + delay, std::move(task));
  }

  /// Moves the time and runs what is due, in order.
  void advance(std::chrono::nanoseconds delay) {
    now_ += delay;
    while (!tasks_.empty() && tasks_.begin()->first <= now_) {
      auto task = std::move(tasks_.begin()->second);
      tasks_.erase(tasks_.begin());
      task();
    }
  }

  /// Does what the front does when its adapter goes.
  void drop_tasks() {
    tasks_.clear();
  }

  [[nodiscard]] size_t pending() const {
    return tasks_.size();
  }

private:
  std::chrono::nanoseconds now_{0};
  std::multimap<std::chrono::nanoseconds, std::function<void()>> tasks_;
};

/// Takes the answers of callbacks, from any thread.
template <class T>
class inbox {
public:
  void put(T x) {
    auto guard = std::lock_guard{mutex_};
    items_.push_back(std::move(x));
    changed_.notify_all();
  }

  /// Waits until there are `n`; false when they do not come.
  bool wait_for(size_t n) {
    auto guard = std::unique_lock{mutex_};
    return changed_.wait_for(guard, patience,
                             [&] { return items_.size() >= n; });
  }

  [[nodiscard]] std::vector<T> items() const {
    auto guard = std::lock_guard{mutex_};
    return items_;
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> items_;
};

/// The inputs of a signature that asks for a `question`.
inline json question(const std::string& text) {
  auto result = json::object();
  result["question"] = text;
  return result;
}

} // namespace dspex::test
