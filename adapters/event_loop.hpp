#pragma once

#include <utility>

namespace dspex {

/// A file descriptor, closed at the end; move only.
class unique_fd {
public:
  unique_fd() = default;

  explicit unique_fd(int fd) noexcept : fd_(fd) {
  }

  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {
  }

  unique_fd& operator=(unique_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  ~unique_fd();

  [[nodiscard]] int get() const noexcept {
    return fd_;
  }

private:
  int fd_ = -1;
};

/// Makes an epoll instance. Throws `std::system_error`.
[[nodiscard]] unique_fd make_epoll();

/// Wakes a thread that waits in epoll.
class wakeup {
public:
  /// Throws `std::system_error`.
  wakeup();

  /// The descriptor that becomes readable to wake the thread.
  [[nodiscard]] int get() const noexcept {
    return fd_.get();
  }

  /// Thread safe; lasts until `clear`.
  void wake() const noexcept;

  void clear() const noexcept;

private:
  unique_fd fd_;
};

/// Blocks all signals in the calling thread: the process handles its own
/// elsewhere.
void block_signals();

} // namespace dspex
