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

  /// Makes a file, or empties one that exists.
  /// @param source the file that is read meanwhile, which must be another one;
  ///        `-` is no file.
  [[nodiscard]] static result<text_sink>
  open_file(const std::string& path, const std::optional<std::string>& source);

  text_sink(text_sink&& other) noexcept;
  text_sink& operator=(text_sink&& other) noexcept;
  ~text_sink();

  /// Writes the whole text; the kernel has it when this returns.
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

/// Whether the descriptor is a terminal, which people look at.
[[nodiscard]] bool is_terminal(int fd);

/// Returns the columns of the terminal behind `fd`, or 100 if it is none.
[[nodiscard]] size_t columns_of(int fd);

} // namespace dspex::cli
