#include "config/jsonl_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace dspex {

namespace {

std::string describe(int err) {
  return std::error_code{err, std::generic_category()}.message();
}

bool is_blank_line(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

} // namespace

struct jsonl_reader::impl {
  impl(std::string file, int descriptor, bool own, jsonl_options opts)
    : name(std::move(file)), fd(descriptor), owned(own), options(opts) {
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  ~impl() {
    if (owned)
      ::close(fd);
  }

  enum class input { data, end, stopped, failed };

  /// Blocks until there is more in the buffer.
  input fill() {
    while (true) {
      std::array<pollfd, 2> ready{
        {{fd, POLLIN, 0}, {options.stop_fd, POLLIN, 0}}};
      if (::poll(ready.data(), ready.size(), -1) < 0) {
        if (errno == EINTR)
          continue;
        return input::failed;
      }
      if (ready[1].revents != 0)
        return input::stopped;
      auto n = ::read(fd, buffer.data(), buffer.size());
      if (n < 0) {
        if (errno == EINTR || errno == EAGAIN)
          continue;
        return input::failed;
      }
      rest = {buffer.data(), static_cast<size_t>(n)};
      return n == 0 ? input::end : input::data;
    }
  }

  /// Reads one line without its end into `line`, or notes that it is too long.
  /// @returns `data` if there was a line.
  input read_line() {
    line.clear();
    too_long = false;
    auto seen = false;
    while (true) {
      if (rest.empty()) {
        auto status = fill();
        if (status == input::end && seen)
          return input::data;
        if (status != input::data)
          return status;
      }
      seen = true;
      auto end = rest.find('\n');
      auto part = rest.substr(0, end);
      // A longest line may have a CR more.
      if (part.size() > options.max_line_bytes + 1 - line.size())
        too_long = true;
      if (too_long)
        line.clear();
      else
        line += part;
      rest.remove_prefix(std::min(part.size() + 1, rest.size()));
      if (end != std::string_view::npos)
        return input::data;
    }
  }

  jsonl_line complain(errc code, size_t column, std::string_view message) {
    auto text = name + ":" + std::to_string(number) + ":"
                + std::to_string(column) + ": " + std::string{message};
    return {number,
            fail(code, std::move(text),
                 {{"file", name}, {"line", number}, {"column", column}})};
  }

  std::string_view content() const {
    std::string_view result{line};
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (number == 1
        && result.substr(0, byte_order_mark.size()) == byte_order_mark)
      result.remove_prefix(byte_order_mark.size());
    if (!result.empty() && result.back() == '\r')
      result.remove_suffix(1);
    return result;
  }

  jsonl_line parse(std::string_view text) {
    auto limits = json_limits{};
    limits.max_bytes = options.max_line_bytes;
    auto value = parse_json(text, limits);
    if (!value)
      return complain(errc::invalid_input, value.error().column,
                      value.error().message);
    if (!value->is_object())
      return complain(errc::invalid_input, text.find_first_not_of(" \t") + 1,
                      "must be a JSON object, got "
                        + std::string{value->type_name()});
    return {number, std::move(*value)};
  }

  std::optional<jsonl_line> next() {
    while (!done) {
      auto status = read_line();
      if (status != input::data) {
        auto err = errno;
        done = true;
        if (status == input::failed)
          return jsonl_line{number + 1,
                            fail(errc::invalid_option,
                                 name + ": cannot be read: " + describe(err),
                                 {{"file", name}})};
        break;
      }
      ++number;
      auto text = content();
      if (too_long || text.size() > options.max_line_bytes)
        return complain(errc::invalid_input, 1,
                        "longer than " + std::to_string(options.max_line_bytes)
                          + " bytes (limits.max_document_bytes)");
      if (!is_blank_line(text))
        return parse(text);
    }
    return std::nullopt;
  }

  std::string name;
  int fd;
  bool owned;
  jsonl_options options;
  std::array<char, 65536> buffer{};
  /// Returns the part of the buffer that is not yet consumed.
  std::string_view rest;
  std::string line;
  bool too_long = false;
  size_t number = 0;
  bool done = false;
};

result<jsonl_reader> jsonl_reader::open(const std::string& path,
                                        jsonl_options options) {
  if (path == "-")
    return jsonl_reader{
      std::make_unique<impl>("stdin", STDIN_FILENO, false, options)};
  auto cannot = [&](int err) {
    return fail(err == ENOENT ? errc::not_found : errc::invalid_option,
                path + ": cannot be read: " + describe(err), {{"file", path}});
  };
  auto fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return cannot(errno);
  auto ptr = std::make_unique<impl>(path, fd, true, options);
  struct stat info {};
  if (::fstat(fd, &info) != 0)
    return cannot(errno);
  if (S_ISDIR(info.st_mode))
    return cannot(EISDIR);
  return jsonl_reader{std::move(ptr)};
}

jsonl_reader::jsonl_reader(std::unique_ptr<impl> ptr) : impl_(std::move(ptr)) {
}

jsonl_reader::jsonl_reader(jsonl_reader&&) noexcept = default;

jsonl_reader& jsonl_reader::operator=(jsonl_reader&&) noexcept = default;

jsonl_reader::~jsonl_reader() = default;

std::optional<jsonl_line> jsonl_reader::next() {
  return impl_->next();
}

} // namespace dspex
