#include "persistence/postgres/watchdog.hpp"

#include <algorithm>
#include <sys/socket.h>

namespace dspex {

postgres_watchdog::postgres_watchdog() : thread_([this] { run(); }) {
}

postgres_watchdog::~postgres_watchdog() {
  {
    auto guard = std::lock_guard{mutex_};
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

postgres_watchdog::watch::watch(postgres_watchdog& owner, int socket,
                                clock::time_point deadline)
  : owner_(owner) {
  auto guard = std::lock_guard{owner.mutex_};
  id_ = ++owner.last_id_;
  owner.watched_.emplace(id_, entry{socket, deadline, false});
  // A new deadline is mostly later than those that wait already, and the thread
  // need not be woken up.
  if (deadline < owner.next_look_)
    owner.changed_.notify_one();
}

postgres_watchdog::watch::~watch() {
  auto guard = std::lock_guard{owner_.mutex_};
  owner_.watched_.erase(id_);
}

bool postgres_watchdog::watch::has_fired() const {
  auto guard = std::lock_guard{owner_.mutex_};
  return owner_.watched_.at(id_).fired;
}

void postgres_watchdog::run() {
  // The time is limited, because a wait without an end could overflow.
  constexpr auto longest = std::chrono::hours{1};
  auto guard = std::unique_lock{mutex_};
  while (!stopping_) {
    auto t = clock::now();
    next_look_ = t + longest;
    for (auto& [id, x] : watched_) {
      if (x.fired)
        continue;
      if (x.deadline <= t) {
        ::shutdown(x.socket, SHUT_RDWR);
        x.fired = true;
      } else {
        next_look_ = std::min(next_look_, x.deadline);
      }
    }
    changed_.wait_until(guard, next_look_);
  }
}

} // namespace dspex
