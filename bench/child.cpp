#include "bench/child.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace dspex::bench {

child::child(const std::vector<std::string>& command) {
  auto ends = std::array<int, 2>{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("cannot make a pipe");
  output_ = ends[0];
  auto copies = command;
  auto arguments = std::vector<char*>{};
  for (auto& x : copies)
    arguments.push_back(x.data());
  arguments.push_back(nullptr);
  auto actions = posix_spawn_file_actions_t{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  auto failed = posix_spawnp(&pid_, arguments[0], &actions, nullptr,
                             arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (failed != 0) {
    ::close(output_);
    throw std::runtime_error("cannot run " + command.front());
  }
}

child::~child() {
  ::close(output_);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string child::read_line() {
  auto end = std::string::npos;
  while ((end = unread_.find('\n')) == std::string::npos) {
    auto buffer = std::array<char, 4096>{};
    auto n = ::read(output_, buffer.data(), buffer.size());
    if (n <= 0)
      throw std::runtime_error("a benchmark's client ended early");
    unread_.append(buffer.data(), static_cast<size_t>(n));
  }
  auto line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return line;
}

std::string sibling(const std::string& name) {
  auto self = std::filesystem::read_symlink("/proc/self/exe");
  return (self.parent_path() / name).string();
}

std::string dspy_python() {
  if (auto* own = std::getenv("DSPEX_PYTHON"))
    return own;
  auto build = std::filesystem::path{sibling("")}.parent_path().parent_path();
  auto path = build / "python" / "bin" / "python";
  if (!std::filesystem::exists(path))
    throw std::runtime_error("no DSPy: run scripts/setup, or name its "
                             "interpreter in DSPEX_PYTHON");
  return path.string();
}

} // namespace dspex::bench
