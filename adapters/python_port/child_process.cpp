#include "adapters/python_port/child_process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace dspex {

namespace {

std::string system_message(int code) {
  return std::generic_category().message(code);
}

tl::unexpected<error> refused(const std::string& what, int code) {
  return fail(errc::backend_unavailable, what + ": " + system_message(code));
}

/// The arguments of `posix_spawn`, released at the end.
class spawn_settings {
public:
  spawn_settings(int socket, int output) {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    auto none = sigset_t{};
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    auto all = sigset_t{};
    sigfillset(&all);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP
                                            | POSIX_SPAWN_SETSIGMASK
                                            | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, output, 2);
    posix_spawn_file_actions_adddup2(&actions, socket,
                                     child_process::socket_in_child);
    posix_spawn_file_actions_addclosefrom_np(
      &actions, child_process::socket_in_child + 1);
  }

  spawn_settings(const spawn_settings&) = delete;
  spawn_settings& operator=(const spawn_settings&) = delete;

  ~spawn_settings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }

  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  auto result = std::vector<char*>{};
  for (auto& x : texts)
    result.push_back(x.data());
  result.push_back(nullptr);
  return result;
}

bool set_nonblocking(int fd) {
  auto flags = fcntl(fd, F_GETFL);
  return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

} // namespace

// -- child_process ------------------------------------------------------------

child_process::child_process(pid_t pid, unique_fd exit, unique_fd socket,
                             unique_fd output)
  : pid_(pid),
    exit_(std::move(exit)),
    socket_(std::move(socket)),
    output_(std::move(output)) {
}

child_process::child_process(child_process&& other) noexcept
  : pid_(std::exchange(other.pid_, 0)),
    exit_(std::move(other.exit_)),
    socket_(std::move(other.socket_)),
    output_(std::move(other.output_)) {
}

child_process::~child_process() {
  kill_group();
  reap();
}

result<child_process> child_process::spawn(const child_command& command) {
  auto sockets = std::array<int, 2>{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0)
    return refused("cannot make a socket pair", errno);
  auto ours = unique_fd{sockets[0]};
  auto theirs = unique_fd{sockets[1]};
  auto pipe = std::array<int, 2>{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0)
    return refused("cannot make a pipe", errno);
  auto output = unique_fd{pipe[0]};
  auto printed = unique_fd{pipe[1]};
  if (!set_nonblocking(ours.get()) || !set_nonblocking(output.get()))
    return refused("cannot prepare a process", errno);
  auto settings = spawn_settings{theirs.get(), printed.get()};
  auto words = command.arguments;
  words.insert(words.begin(), command.program);
  auto variables = command.environment;
  auto pid = pid_t{0};
  if (auto why = posix_spawnp(&pid, command.program.c_str(), &settings.actions,
                              &settings.attributes, pointers(words).data(),
                              pointers(variables).data());
      why != 0)
    return refused("cannot start " + command.program, why);
  // Older headers have no function for this call. The process is our child, so
  // its number is its own until it is reaped.
  auto exit = unique_fd{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
  auto code = errno;
  auto result = child_process{pid, std::move(exit), std::move(ours),
                              std::move(output)};
  if (result.exit_fd() < 0)
    return refused("cannot watch a process", code);
  return result;
}

void child_process::kill_group() const noexcept {
  // A leader that has ended keeps the number of its group until it is reaped.
  if (pid_ > 0)
    ::kill(-pid_, SIGKILL);
}

std::string child_process::reap() {
  if (pid_ == 0)
    return "reaped";
  kill_group();
  auto status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  if (WIFEXITED(status))
    return "exit code " + std::to_string(WEXITSTATUS(status));
  return "killed by signal " + std::to_string(WTERMSIG(status));
}

} // namespace dspex
