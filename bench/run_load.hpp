#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "dspex/client.hpp"

namespace dspex::bench {

/// A text of 200 bytes that no other number has.
[[nodiscard]] std::string fresh_text(uint64_t number);

/// Makes `Bench.Echo`, one `str` in and one out, and a `ready` program of it on
/// the mock adapter that takes `window` runs at a time, each with a deadline.
program_record
make_program(const client& c, size_t window,
             std::chrono::milliseconds deadline = std::chrono::minutes{1});

/// Keeps runs in flight, as many as asked for: each answer is followed by the
/// next run, with a text of its own.
class run_load {
public:
  /// Names the program of the n-th run; nothing ends the load.
  using next_program = std::function<std::optional<program_id>(uint64_t n)>;

  run_load(client c, next_program next, size_t window);

  /// Waits until everything in flight is answered.
  ~run_load();

  /// Waits until the load has ended by itself.
  void wait();

  [[nodiscard]] const std::atomic<uint64_t>& answered() const {
    return answered_;
  }

private:
  void run_next();

  client client_;
  next_program next_;
  std::atomic<uint64_t> started_ = 0;
  std::atomic<uint64_t> answered_ = 0;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t callers_;
};

/// How fast a counter grows, a second.
[[nodiscard]] double rate_of(const std::atomic<uint64_t>& counter,
                             std::chrono::milliseconds warm_up,
                             std::chrono::milliseconds turn);

/// The value of a result that a benchmark cannot do without.
/// @throws std::runtime_error with the error's text.
template <class T>
T value_of(result<T> x) {
  if (!x)
    throw std::runtime_error(to_string(x.error()));
  return std::move(*x);
}

} // namespace dspex::bench
