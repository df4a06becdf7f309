#include "cli/interrupt.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

#include "cli/invocation.hpp"

namespace dspex::cli {

namespace {

// A lock-free variable is safe in a signal handler.
std::atomic<int> announced_fd{-1};
std::atomic<bool> seen{false};

extern "C" void on_signal(int) {
  auto fd = announced_fd.load();
  if (fd < 0 || seen.exchange(true))
    ::_exit(exit_interrupted);
  auto saved = errno;
  auto one = uint64_t{1};
  static_cast<void>(!::write(fd, &one, sizeof(one)));
  errno = saved;
}

} // namespace

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);
}

int catch_interrupt() {
  auto fd = announced_fd.load();
  if (fd < 0) {
    fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
      throw std::system_error{errno, std::generic_category(), "eventfd"};
    announced_fd = fd;
  }
  return fd;
}

bool interrupted() {
  return seen.load();
}

} // namespace dspex::cli
