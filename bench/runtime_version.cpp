#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/benchmark.hpp"

namespace dspex::bench {

namespace {

/// Milliseconds from the start of a process to its end.
double run_process(std::string program, std::string argument) {
  auto quiet = posix_spawn_file_actions_t{};
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY,
                                   0);
  char* arguments[] = {program.data(), argument.data(), nullptr};
  auto begin = std::chrono::steady_clock::now();
  auto child = pid_t{};
  auto failed = posix_spawn(&child, program.c_str(), &quiet, nullptr, arguments,
                            environ);
  posix_spawn_file_actions_destroy(&quiet);
  auto status = 0;
  if (failed != 0 || waitpid(child, &status, 0) != child || status != 0)
    throw std::runtime_error("cannot run " + program + ' ' + argument);
  std::chrono::duration<double, std::milli> spent
    = std::chrono::steady_clock::now() - begin;
  return spent.count();
}

} // namespace

/// `dspex version`, from the start of its process to the end; the limit is
/// `true`, which does nothing.
measurement runtime_version() {
  auto self = std::filesystem::read_symlink("/proc/self/exe");
  auto binary = (self.parent_path() / "dspex").string();
  auto [value, limit] = in_turns(
    30, [&] { return run_process(binary, "version"); },
    [] { return run_process("/bin/true", "version"); });
  return {value,
          limit,
          "ms",
          {target::subject::value, target::relation::at_most, 20}};
}

} // namespace dspex::bench
