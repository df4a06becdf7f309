#include "cli/text_sink.hpp"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace dspex::cli {

namespace {

std::string reason(int code) {
  return std::generic_category().message(code);
}

} // namespace

text_sink::text_sink(int fd, bool owned, std::string name)
  : fd_(fd), owned_(owned), name_(std::move(name)) {
}

text_sink::text_sink(text_sink&& other) noexcept
  : fd_(std::exchange(other.fd_, -1)),
    owned_(other.owned_),
    name_(std::move(other.name_)) {
}

text_sink& text_sink::operator=(text_sink&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(owned_, other.owned_);
  std::swap(name_, other.name_);
  return *this;
}

text_sink::~text_sink() {
  static_cast<void>(close());
}

text_sink text_sink::standard_output() {
  return {STDOUT_FILENO, false, "standard output"};
}

text_sink text_sink::standard_error() {
  return {STDERR_FILENO, false, "standard error"};
}

result<text_sink>
text_sink::open_file(const std::string& path,
                     const std::optional<std::string>& source) {
  auto fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0)
    return fail(errc::invalid_option,
                "Cannot write " + path + ": " + reason(errno));
  auto sink = text_sink{fd, true, path};
  struct stat target {};
  struct stat other {};
  if (::fstat(fd, &target) == 0 && S_ISREG(target.st_mode)) {
    if (source && *source != "-" && ::stat(source->c_str(), &other) == 0
        && target.st_dev == other.st_dev && target.st_ino == other.st_ino)
      return fail(errc::invalid_option,
                  "Input and output are the same file: " + path);
    if (::ftruncate(fd, 0) != 0)
      return fail(sink.failure(errno));
  }
  return sink;
}

result<void> text_sink::write(std::string_view text) {
  while (!text.empty()) {
    auto n = ::write(fd_, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<size_t>(n));
    } else if (errno == EAGAIN) {
      auto ready = pollfd{fd_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return fail(failure(errno));
    }
  }
  return {};
}

result<void> text_sink::close() {
  if (auto fd = std::exchange(fd_, -1); fd >= 0 && owned_ && ::close(fd) != 0)
    return fail(failure(errno));
  return {};
}

error text_sink::failure(int code) const {
  return {errc::invalid_option, "Cannot write " + name_ + ": " + reason(code)};
}

bool is_terminal(int fd) {
  return ::isatty(fd) == 1;
}

size_t columns_of(int fd) {
  auto size = winsize{};
  if (is_terminal(fd) && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return 100;
}

} // namespace dspex::cli
