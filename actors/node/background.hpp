#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/after.hpp>
#include <caf/behavior.hpp>
#include <caf/event_based_actor.hpp>

namespace dspex {

/// Runs tasks on the threads of an actor system for as long as it lives.
///
/// A call to a dead actor is known to have failed before the call returns. Its
/// callback runs here instead of inside the call, where a caller that tries
/// again would recurse. Thread safe.
class background {
public:
  void open(caf::actor_system& sys) {
    auto guard = std::lock_guard{mutex_};
    sys_ = &sys;
  }

  /// To be called before the system ends; later tasks run at once.
  void close() {
    auto guard = std::lock_guard{mutex_};
    sys_ = nullptr;
  }

  void run(std::function<void()> task) {
    {
      auto guard = std::lock_guard{mutex_};
      if (sys_ != nullptr) {
        sys_->spawn(
          [task = std::move(task)](caf::event_based_actor*) { task(); });
        return;
      }
    }
    task();
  }

  /// Runs a task after a while, or at once when the system ends.
  void run_after(std::chrono::milliseconds delay, std::function<void()> task) {
    if (delay <= std::chrono::milliseconds{0})
      return run(std::move(task));
    {
      auto guard = std::lock_guard{mutex_};
      if (sys_ != nullptr) {
        sys_->spawn([delay, task = std::move(task)](
                      caf::event_based_actor* self) -> caf::behavior {
          return {caf::after(delay) >> [self, task] {
            self->quit();
            task();
          }};
        });
        return;
      }
    }
    task();
  }

private:
  std::mutex mutex_;
  caf::actor_system* sys_ = nullptr;
};

} // namespace dspex
