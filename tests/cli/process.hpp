#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "dspex/json.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

/// How a process ended, and what it wrote.
struct ended {
  /// 128 + N after signal N.
  int status = -1;
  std::string out;
  std::string err;
};

/// A running `dspex`. Everything waits for at most a minute; then the process
/// is killed and the status is 137.
class dspex_process {
public:
  /// @param directory where it runs.
  /// @param input what its standard input gives; it ends after that.
  dspex_process(const std::vector<std::string>& arguments,
                const std::filesystem::path& directory,
                const std::string& input = "");
  dspex_process(const dspex_process&) = delete;
  dspex_process& operator=(const dspex_process&) = delete;
  ~dspex_process();

  /// Waits until standard output has a whole line.
  bool wait_for_line();

  /// Waits until standard error has a text.
  bool wait_for_notice(const std::string& text);

  void signal(int number) const;

  /// Lets go of standard output: who writes there has nobody to read it.
  void close_output();

  ended wait();

private:
  bool read_some();

  pid_t pid_ = -1;
  int out_fd_ = -1;
  int err_fd_ = -1;
  ended result_;
};

/// A directory of its own with program and input files, and the binary in it.
class workbench {
public:
  /// Runs `dspex` to its end.
  ended run(const std::vector<std::string>& arguments,
            const std::string& input = "") const;

  void write(const std::string& name, const std::string& text) const;
  [[nodiscard]] std::string read(const std::string& name) const;
  [[nodiscard]] bool exists(const std::string& name) const;

  [[nodiscard]] const std::filesystem::path& directory() const {
    return directory_.path();
  }

private:
  temp_folder directory_;
};

/// Reads each line as JSON; what is none fails the test.
std::vector<json> json_lines(const std::string& text);
json json_of(const std::string& text);

std::string last_line(const std::string& text);

/// A program file on the adapter `mock`.
std::string
mock_program(const std::string& signature = "question: str -> answer: str");

/// N records `{"question": "q<i>"}`.
std::string questions(int count);

} // namespace dspex::test
