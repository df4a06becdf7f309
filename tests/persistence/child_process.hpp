#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace dspex::test {

/// A running test process; killed with the object if it has not ended.
class child_process {
public:
  explicit child_process(std::vector<std::string> arguments,
                         const std::string& program = DSPEX_STORE_CHILD);
  ~child_process();

  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  /// Waits for a line of its output; empty if it ended.
  [[nodiscard]] std::string read_line();

  /// Waits for its last line and for its end; a signal or an exit status other
  /// than 0 is appended to the line. One that is killed while it ends cannot
  /// write down which lines it has covered.
  [[nodiscard]] std::string read_last_line();

  void signal(int number);

  /// Sends SIGKILL and waits until the process is gone.
  void kill();

private:
  pid_t pid_ = -1;
  int output_ = -1;
};

} // namespace dspex::test
