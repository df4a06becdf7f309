#include "cli/run_events.hpp"

#include <cerrno>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace dspex::cli {

run_events::run_events(size_t capacity)
  : capacity_(capacity), event_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (event_fd_ < 0)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
}

run_events::~run_events() {
  ::close(event_fd_);
}

void run_events::wake() {
  auto one = uint64_t{1};
  static_cast<void>(!::write(event_fd_, &one, sizeof(one)));
}

bool run_events::push_line(jsonl_line line) {
  auto lock = std::unique_lock{mutex_};
  room_.wait(lock, [this] { return refused_ || lines_.size() < capacity_; });
  if (refused_)
    return false;
  lines_.push_back(std::move(line));
  if (lines_.size() == 1)
    wake();
  return true;
}

void run_events::end_lines() {
  auto guard = std::lock_guard{mutex_};
  ended_ = true;
  wake();
}

void run_events::push_finished(finished_run run) {
  auto guard = std::lock_guard{mutex_};
  finished_.push_back(std::move(run));
  if (finished_.size() == 1)
    wake();
}

void run_events::clear() {
  auto count = uint64_t{0};
  static_cast<void>(!::read(event_fd_, &count, sizeof(count)));
}

std::optional<jsonl_line> run_events::pop_line() {
  auto guard = std::lock_guard{mutex_};
  if (lines_.empty())
    return std::nullopt;
  auto line = std::move(lines_.front());
  lines_.pop_front();
  room_.notify_one();
  return line;
}

bool run_events::no_more_lines() {
  auto guard = std::lock_guard{mutex_};
  return refused_ || (ended_ && lines_.empty());
}

std::vector<finished_run> run_events::take_finished() {
  auto guard = std::lock_guard{mutex_};
  return std::exchange(finished_, {});
}

void run_events::refuse_lines() {
  auto guard = std::lock_guard{mutex_};
  refused_ = true;
  lines_.clear();
  room_.notify_all();
}

} // namespace dspex::cli
