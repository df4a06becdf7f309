#include "tests/persistence/child_process.hpp"

#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace dspex::test {

child_process::child_process(std::vector<std::string> arguments,
                             const std::string& program) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    throw std::runtime_error("no pipe");
  arguments.insert(arguments.begin(), program);
  auto argv = std::vector<char*>{};
  for (auto& x : arguments)
    argv.push_back(x.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  auto code = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(),
                          environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  output_ = ends[0];
  if (code != 0)
    throw std::runtime_error("cannot start " + arguments.front());
}

child_process::~child_process() {
  kill();
  close(output_);
}

std::string child_process::read_line() {
  auto out = std::string{};
  for (auto c = '\0'; read(output_, &c, 1) == 1 && c != '\n';)
    out += c;
  return out;
}

std::string child_process::read_last_line() {
  auto out = read_line();
  auto status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  if (WIFSIGNALED(status))
    out += " (ended by signal " + std::to_string(WTERMSIG(status)) + ")";
  else if (status != 0)
    out += " (exit status " + std::to_string(WEXITSTATUS(status)) + ")";
  return out;
}

void child_process::signal(int number) {
  ::kill(pid_, number);
}

void child_process::kill() {
  if (pid_ < 0)
    return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

} // namespace dspex::test
