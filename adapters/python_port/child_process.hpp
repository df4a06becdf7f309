#pragma once

#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "adapters/event_loop.hpp"
#include "dspex/error.hpp"

namespace dspex {

/// A child process is started with this command.
struct child_command {
  /// The program is found in `PATH` unless its name has a slash.
  std::string program;
  /// The arguments, without the program.
  std::vector<std::string> arguments;
  /// The whole environment, `NAME=VALUE` each: the child inherits nothing.
  std::vector<std::string> environment;
};

/// A process with a socket on descriptor 3, stdout and stderr in one pipe, and
/// nothing else of ours open. It leads a process group of its own. Move only;
/// the destructor kills the group and waits for the process.
class child_process {
public:
  /// The descriptor that the child has for its end of the socket pair.
  static constexpr int socket_in_child = 3;

  /// @returns `backend_unavailable` if the system refuses, or there is no such
  ///          program.
  static result<child_process> spawn(const child_command& command);

  child_process(child_process&& other) noexcept;
  child_process& operator=(child_process&&) = delete;
  ~child_process();

  [[nodiscard]] pid_t pid() const noexcept {
    return pid_;
  }

  /// A descriptor that is readable once the process has ended.
  [[nodiscard]] int exit_fd() const noexcept {
    return exit_.get();
  }

  /// Our end of the socket pair; does not block.
  [[nodiscard]] int socket() const noexcept {
    return socket_.get();
  }

  /// The end of the pipe that the child prints to; does not block.
  [[nodiscard]] int output() const noexcept {
    return output_.get();
  }

  /// Sends SIGKILL to the process and all that it started in its group.
  void kill_group() const noexcept;

  /// Takes the process from the system, once it has ended, and the rest of its
  /// group with it.
  /// @returns how it ended, e.g. `exit code 1` or `killed by signal 9`.
  std::string reap();

private:
  child_process(pid_t pid, unique_fd exit, unique_fd socket, unique_fd output);

  /// The process id is 0 once the process is reaped.
  pid_t pid_;
  unique_fd exit_;
  unique_fd socket_;
  unique_fd output_;
};

} // namespace dspex
