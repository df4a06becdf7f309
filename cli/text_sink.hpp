#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dspex/error.hpp"

namespace dspex::cli {

/// Writes text to a descriptor, without a buffer of its own, and notices when
/// that fails: a full disk, a closed pipe.
class text_sink {
public:
  [[nodiscard]] static text_sink standard_output();
  [[nodiscard]] static text_sink standard_error();

  /// Makes or empties a file.
  /// @param source a file that must not be the same one; `-` is none.
  [[nodiscard]] static result<text_sink>
  open_file(const std::string& path, const std::optional<std::string>& source);

  text_sink(text_sink&& other) noexcept;
  text_sink& operator=(text_sink&& other) noexcept;
  ~text_sink();

  /// Writes all of it; the kernel has it when this returns.
  result<void> write(std::string_view text);

  /// Closes a file; some file systems report only here what they could not
  /// keep. Does nothing for the standard streams.
  result<void> close();

private:
  text_sink(int fd, bool owned, std::string name);
  [[nodiscard]] error failure(int code) const;

  int fd_ = -1;
  bool owned_ = false;
  std::string name_;
};

/// Whether people look at this descriptor.
[[nodiscard]] bool is_terminal(int fd);

/// Columns of the terminal behind `fd`; 100 if it is none.
[[nodiscard]] size_t columns_of(int fd);

} // namespace dspex::cli
