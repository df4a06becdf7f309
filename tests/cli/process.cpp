#include "tests/cli/process.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

extern char** environ;

namespace dspex::test {

namespace {

constexpr auto limit = std::chrono::seconds{60};

// The environment of the tests must not configure the binary.
std::vector<std::string> clean_environment() {
  auto result = std::vector<std::string>{};
  for (auto** x = environ; *x != nullptr; ++x) {
    auto text = std::string{*x};
    if (!text.starts_with("DSPEX_") && !text.starts_with("OPENAI_")
        && !text.starts_with("DATABASE_URL="))
      result.push_back(text);
  }
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  auto result = std::vector<char*>{};
  for (auto& x : texts)
    result.push_back(x.data());
  result.push_back(nullptr);
  return result;
}

std::string binary() {
  auto* path = std::getenv("DSPEX_BINARY");
  if (path == nullptr)
    throw std::runtime_error{"DSPEX_BINARY is not set"};
  return path;
}

void close_fd(int& fd) {
  if (fd >= 0)
    ::close(fd);
  fd = -1;
}

// Standard input comes from a file: no writer that could block.
int open_input(const std::string& text) {
  auto* file = std::tmpfile();
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
  std::rewind(file);
  auto fd = ::dup(::fileno(file));
  std::fclose(file);
  return fd;
}

} // namespace

dspex_process::dspex_process(const std::vector<std::string>& arguments,
                             const std::filesystem::path& directory,
                             const std::string& input) {
  auto words = arguments;
  words.insert(words.begin(), binary());
  auto variables = clean_environment();
  auto argv = pointers(words);
  auto envp = pointers(variables);
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
    throw std::runtime_error{"pipe2 failed"};
  auto in = open_input(input);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(in, 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    if (::chdir(directory.c_str()) == 0)
      ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(in);
  ::close(out[1]);
  ::close(err[1]);
  out_fd_ = out[0];
  err_fd_ = err[0];
}

dspex_process::~dspex_process() {
  if (pid_ > 0)
    wait();
}

bool dspex_process::read_some() {
  pollfd ready[] = {{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}};
  auto timeout = std::chrono::milliseconds{limit}.count();
  if (::poll(ready, 2, static_cast<int>(timeout)) <= 0) {
    signal(SIGKILL);
    return false;
  }
  auto take = [](pollfd& x, int& fd, std::string& text) {
    if (x.revents == 0)
      return;
    auto chunk = std::array<char, 65536>{};
    auto n = ::read(fd, chunk.data(), chunk.size());
    if (n > 0)
      text.append(chunk.data(), static_cast<size_t>(n));
    else
      close_fd(fd);
  };
  take(ready[0], out_fd_, result_.out);
  take(ready[1], err_fd_, result_.err);
  return true;
}

bool dspex_process::wait_for_line() {
  while (result_.out.find('\n') == std::string::npos && out_fd_ >= 0)
    if (!read_some())
      return false;
  return result_.out.find('\n') != std::string::npos;
}

bool dspex_process::wait_for_notice(const std::string& text) {
  while (result_.err.find(text) == std::string::npos && err_fd_ >= 0)
    if (!read_some())
      return false;
  return result_.err.find(text) != std::string::npos;
}

void dspex_process::signal(int number) const {
  ::kill(pid_, number);
}

void dspex_process::close_output() {
  close_fd(out_fd_);
}

ended dspex_process::wait() {
  while (out_fd_ >= 0 || err_fd_ >= 0)
    if (!read_some())
      break;
  auto status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  close_fd(out_fd_);
  close_fd(err_fd_);
  result_.status = WIFEXITED(status) ? WEXITSTATUS(status)
                                     : 128 + WTERMSIG(status);
  return result_;
}

ended workbench::run(const std::vector<std::string>& arguments,
                     const std::string& input) const {
  return dspex_process{arguments, directory(), input}.wait();
}

void workbench::write(const std::string& name, const std::string& text) const {
  std::ofstream{directory_ / name, std::ios::binary} << text;
}

std::string workbench::read(const std::string& name) const {
  auto text = std::ostringstream{};
  text << std::ifstream{directory_ / name, std::ios::binary}.rdbuf();
  return text.str();
}

bool workbench::exists(const std::string& name) const {
  return std::filesystem::exists(directory_ / name);
}

json json_of(const std::string& text) {
  auto value = parse_json(text);
  EXPECT_TRUE(value) << text;
  return value ? *value : json{};
}

std::vector<json> json_lines(const std::string& text) {
  auto result = std::vector<json>{};
  auto in = std::istringstream{text};
  for (auto line = std::string{}; std::getline(in, line);)
    result.push_back(json_of(line));
  return result;
}

std::string last_line(const std::string& text) {
  auto end = text.find_last_not_of('\n');
  if (end == std::string::npos)
    return "";
  auto begin = text.rfind('\n', end);
  begin = begin == std::string::npos ? 0 : begin + 1;
  return text.substr(begin, end - begin + 1);
}

std::string mock_program(const std::string& signature) {
  return "module = \"Test.Answer\"\nname = \"answers\"\nadapter = \"mock\"\n"
         "signature = \""
         + signature + "\"\n";
}

std::string questions(int count) {
  auto result = std::string{};
  for (auto i = 0; i < count; ++i)
    result += "{\"question\": \"q" + std::to_string(i) + "\"}\n";
  return result;
}

} // namespace dspex::test
