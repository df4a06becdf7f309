#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace dspex {

/// A thread that does what may block, one task after another. Thread safe.
class task_thread {
public:
  task_thread();

  task_thread(const task_thread&) = delete;
  task_thread& operator=(const task_thread&) = delete;

  /// Stops the thread.
  ~task_thread();

  /// Does what has been posted, then ends; what is posted later is dropped.
  void stop();

  /// @param task must not throw.
  void post(std::function<void()> task);

private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace dspex
