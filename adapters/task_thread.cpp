#include "adapters/task_thread.hpp"

#include "adapters/event_loop.hpp"

namespace dspex {

task_thread::task_thread() : thread_([this] { run(); }) {
}

task_thread::~task_thread() {
  stop();
}

void task_thread::stop() {
  {
    auto guard = std::lock_guard{mutex_};
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable())
    thread_.join();
}

void task_thread::post(std::function<void()> task) {
  {
    auto guard = std::lock_guard{mutex_};
    if (stopping_)
      return;
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void task_thread::run() {
  block_signals();
  auto guard = std::unique_lock{mutex_};
  for (;;) {
    changed_.wait(guard, [this] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty())
      return;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    guard.unlock();
    task();
    guard.lock();
  }
}

} // namespace dspex
