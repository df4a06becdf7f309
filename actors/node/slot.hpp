#pragma once

#include <mutex>
#include <utility>

namespace dspex {

/// A registered name, as in OTP: where the present incarnation of a supervised
/// actor is found.
///
/// The supervisor fills it on each (re)start and empties it when the actor
/// dies; everybody else asks again for each message, so that nobody keeps a
/// stale handle and no actor has to tell its successor who depends on it.
/// Thread safe.
template <class Handle>
class slot {
public:
  void set(Handle x) {
    auto old = Handle{};
    {
      auto guard = std::lock_guard{mutex_};
      old = std::exchange(handle_, std::move(x));
    }
  }

  void clear() {
    set(Handle{});
  }

  /// The handle, or an invalid one while there is no live incarnation.
  [[nodiscard]] Handle get() const {
    auto guard = std::lock_guard{mutex_};
    return handle_;
  }

private:
  mutable std::mutex mutex_;
  Handle handle_;
};

} // namespace dspex
