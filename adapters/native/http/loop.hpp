#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include <curl/curl.h>

#include "adapters/event_loop.hpp"
#include "adapters/native/http/call.hpp"

namespace dspex {

/// The event loop of an `http_client`: epoll below, curl's multi interface on
/// top.
///
/// `submit` and `stop` may be called from any thread; everything else happens
/// in the thread that calls `run`.
class http_loop {
public:
  /// A new call for a key; if there is none, the call of that key is dropped.
  struct command {
    http_key key;
    std::unique_ptr<http_call> call;
  };

  /// @throws std::runtime_error if the system refuses a descriptor.
  explicit http_loop(http_options options);

  http_loop(const http_loop&) = delete;
  http_loop& operator=(const http_loop&) = delete;

  /// @pre `run` has returned, or was never called.
  ~http_loop();

  void submit(command what);

  /// Makes `run` return soon, whatever is under way.
  void stop();

  void run();

private:
  using clock = std::chrono::steady_clock;
  using curl_multi = std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)>;

  /// A call until its answer, and how far the loop has come with it.
  struct entry {
    http_key key;
    std::unique_ptr<http_call> call;
    /// Where the call stands among those that are to begin later.
    std::optional<clock::time_point> wake;
    /// Whether the gate has been asked.
    bool asked = false;
    /// Whether the call waits for room.
    bool parked = false;
    /// Whether the gate knows that the call is under way.
    bool begun = false;
  };

  /// Transfers that share connections. curl looks at every connection to a
  /// server for one that is idle, so that few may be in one place.
  struct shard {
    shard(int epoll, uint32_t number);

    int epoll;
    uint32_t number;
    curl_multi multi;
    size_t running = 0;
    /// When curl wants to be called, if at all.
    std::optional<clock::time_point> timer;
  };

  /// A call under way.
  struct transfer {
    http_key key;
    shard* in = nullptr;
  };

  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self,
                       void* data);
  static int on_timer(CURLM* multi, long milliseconds, void* self);

  /// A shard with room for a transfer.
  [[nodiscard]] shard& free_shard();

  [[nodiscard]] int wait_milliseconds() const;
  void handle_events();
  void handle_commands();
  void handle_timers();
  void handle_finished();
  void handle_finished(CURL* easy, CURLcode code);
  void begin(entry& x);
  void begin_later(entry& x, clock::time_point when);
  void forget_wake(entry& x);
  void begin_parked(http_gate* gate);
  void drop(const http_key& key);
  /// Calls back. The entry is gone then, unless the callback wants the request
  /// sent again.
  void answer(entry& x, result<http_response> response);
  void end_transfer(CURL* easy);
  void recycle(curl_easy handle);

  http_options options_;
  unique_fd epoll_;
  wakeup wakeup_;
  std::vector<curl_easy> spare_handles_;
  /// There is at least one; the first with room takes the next transfer, so
  /// that connections are used again.
  std::vector<std::unique_ptr<shard>> shards_;
  std::unordered_map<http_key, entry> calls_;
  std::unordered_map<CURL*, transfer> transfers_;
  /// Calls that wait for room, in their order; some may be gone.
  std::unordered_map<http_gate*, std::deque<http_key>> parked_;
  /// The times at which waiting calls begin; a call without room stands here
  /// with its deadline.
  std::multimap<clock::time_point, http_key> waiting_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<command> commands_;
};

} // namespace dspex
