#include "adapters/event_loop.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace dspex {

namespace {

unique_fd checked(int fd) {
  if (fd < 0)
    throw std::system_error(errno, std::generic_category(),
                            "cannot make an event loop");
  return unique_fd{fd};
}

} // namespace

unique_fd::~unique_fd() {
  if (fd_ >= 0)
    ::close(fd_);
}

unique_fd make_epoll() {
  return checked(::epoll_create1(EPOLL_CLOEXEC));
}

wakeup::wakeup() : fd_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))) {
}

void wakeup::wake() const noexcept {
  // The write fails only if the counter is at its limit: the thread is awake
  // then.
  auto one = uint64_t{1};
  [[maybe_unused]] auto n = ::write(fd_.get(), &one, sizeof(one));
}

void wakeup::clear() const noexcept {
  auto count = uint64_t{};
  [[maybe_unused]] auto n = ::read(fd_.get(), &count, sizeof(count));
}

void block_signals() {
  auto all = sigset_t{};
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

} // namespace dspex
