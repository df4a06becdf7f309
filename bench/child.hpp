#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace dspex::bench {

/// A process that writes lines to its output; ended with this object.
class child {
public:
  /// @throws std::runtime_error if it cannot be started.
  explicit child(const std::vector<std::string>& command);

  child(const child&) = delete;
  child& operator=(const child&) = delete;

  ~child();

  /// The next line of its output.
  /// @throws std::runtime_error if it ends without one.
  [[nodiscard]] std::string read_line();

private:
  pid_t pid_ = 0;
  int output_ = -1;
  std::string unread_;
};

/// The path of a program that is built beside this one.
[[nodiscard]] std::string sibling(const std::string& name);

/// The interpreter that scripts/setup gives DSPy, or $DSPEX_PYTHON.
/// @throws std::runtime_error if there is none.
[[nodiscard]] std::string dspy_python();

} // namespace dspex::bench
