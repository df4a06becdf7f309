#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "dspex/error.hpp"

namespace dspex {

/// Cuts a stream of bytes into frames: a length of four bytes, big-endian, and
/// so many bytes of body. A value type; not thread safe.
class frame_splitter {
public:
  explicit frame_splitter(size_t max_frame_bytes)
    : max_frame_bytes_(max_frame_bytes) {
  }

  void append(std::string_view bytes);

  /// The body of the next frame, or none if it is not there yet.
  /// @returns `backend_failed` for a length of 0 or above the maximum: what
  ///          follows cannot be read any more. The view is good until the next
  ///          call of `append`.
  result<std::optional<std::string_view>> next();

private:
  size_t max_frame_bytes_;
  std::string buffer_;
  /// Where the next frame begins.
  size_t offset_ = 0;
};

/// Appends `body` as a frame.
void append_frame(std::string& out, std::string_view body);

/// Cuts what a process prints into lines: of at most `max_bytes`, the rest of a
/// longer one is dropped.
class line_splitter {
public:
  static constexpr size_t max_bytes = 4096;

  /// Calls `f` with each line that ends in `bytes`, without its end.
  template <class F>
  void append(std::string_view bytes, F f) {
    while (!bytes.empty()) {
      auto end = bytes.find('\n');
      auto part = bytes.substr(0, end);
      line_.append(part.substr(0, max_bytes - line_.size()));
      if (end == std::string_view::npos)
        return;
      f(std::string_view{line_});
      line_.clear();
      bytes.remove_prefix(end + 1);
    }
  }

  /// The line that has no end yet.
  [[nodiscard]] std::string_view rest() const noexcept {
    return line_;
  }

private:
  std::string line_;
};

} // namespace dspex
