#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

namespace dspex {

/// Ends conversations with a server that does not answer.
///
/// A peer that hangs while its kernel still acknowledges packets, like a proxy,
/// would keep a blocking call waiting for ever: no timeout of the server or of
/// TCP sees anything wrong. So a thread shuts the socket down at the deadline,
/// and the call fails as with any lost connection. Thread safe.
class postgres_watchdog {
public:
  using clock = std::chrono::steady_clock;

  postgres_watchdog();
  ~postgres_watchdog();

  postgres_watchdog(const postgres_watchdog&) = delete;
  postgres_watchdog& operator=(const postgres_watchdog&) = delete;

  /// Watches one call on a socket that stays open as long as the object lives.
  class watch {
  public:
    watch(postgres_watchdog& owner, int socket, clock::time_point deadline);
    ~watch();

    watch(const watch&) = delete;
    watch& operator=(const watch&) = delete;

    /// Returns whether the deadline has passed and the socket was shut down.
    [[nodiscard]] bool has_fired() const;

  private:
    postgres_watchdog& owner_;
    uint64_t id_;
  };

private:
  struct entry {
    int socket;
    clock::time_point deadline;
    bool fired;
  };

  void run();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, entry> watched_;
  uint64_t last_id_ = 0;
  // The time at which the thread checks the deadlines next.
  clock::time_point next_look_ = clock::time_point::max();
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace dspex
