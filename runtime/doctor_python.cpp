#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "runtime/doctor_parts.hpp"

namespace dspex {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Prints a line for itself before the import, which may fail or take long.
constexpr auto script
  = "import platform\n"
    "print('python', platform.python_version(), flush=True)\n"
    "import dspy\n"
    "print('dspy', dspy.__version__, flush=True)\n";

// What a misbehaving start-up file may print before we stop to listen.
constexpr size_t max_output = 65'536;

struct child_output {
  std::string text;
  bool in_time = true;
};

child_output read_until(int fd, steady_clock::time_point deadline) {
  auto out = child_output{};
  while (out.text.size() < max_output) {
    auto left = std::chrono::duration_cast<milliseconds>(deadline
                                                         - steady_clock::now());
    auto ready = pollfd{fd, POLLIN, 0};
    auto n = left.count() > 0 ? poll(&ready, 1, static_cast<int>(left.count()))
                              : 0;
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return {std::move(out.text), false};
    auto chunk = std::array<char, 4096>{};
    auto size = read(fd, chunk.data(), chunk.size());
    if (size < 0 && errno == EINTR)
      continue;
    if (size <= 0)
      break;
    out.text.append(chunk.data(), static_cast<size_t>(size));
  }
  return out;
}

/// Runs the script; nothing if there is no Python.
std::optional<child_output> run_python(milliseconds timeout) {
  auto pipe = std::array<int, 2>{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0)
    return std::nullopt;
  auto actions = posix_spawn_file_actions_t{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  auto words = std::array{std::string{"python3"}, std::string{"-c"},
                          std::string{script}};
  auto argv = std::array<char*, 4>{words[0].data(), words[1].data(),
                                   words[2].data(), nullptr};
  auto pid = pid_t{-1};
  auto why = posix_spawnp(&pid, "python3", &actions, nullptr, argv.data(),
                          environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe[1]);
  auto out = std::optional<child_output>{};
  if (why == 0) {
    out = read_until(pipe[0], steady_clock::now() + timeout);
    // Also one that closed its output goes no further.
    kill(pid, SIGKILL);
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  close(pipe[0]);
  return out;
}

/// The rest of the line that starts with this word.
std::string line_of(std::string_view text, std::string_view word) {
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with(word) && line.substr(word.size()).starts_with(' '))
      return std::string{line.substr(word.size() + 1)};
  }
  return {};
}

} // namespace

void examine_python(findings& out, const doctor_options& options) {
  auto info = [&](std::string message) {
    out.push_back({"python", health::info, std::move(message), ""});
  };
  auto found = run_python(options.python_timeout);
  auto python = found ? line_of(found->text, "python") : std::string{};
  if (python.empty())
    return info("no python3; the adapters here do without it");
  auto dspy = line_of(found->text, "dspy");
  if (!dspy.empty())
    info("Python " + python + " with DSPy " + dspy);
  else if (found->in_time)
    info("Python " + python + " without DSPy; the adapters here do without it");
  else
    info("Python " + python + "; importing DSPy takes longer than "
         + std::to_string(options.python_timeout.count()) + " ms");
}

} // namespace dspex
