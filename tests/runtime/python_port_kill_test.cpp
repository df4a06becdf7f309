// Workers are killed at random under load, in a whole node: every caller gets
// an answer, the store tells the same story, and nothing is left behind.

#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sys/wait.h>

#include <gtest/gtest.h>

#include "adapters/python_port/python_port_adapter.hpp"
#include "caller_load.hpp"
#include "dspex/dspex.hpp"
#include "tests/adapters/python_workers.hpp"
#include "tests/support/temp_folder.hpp"

using namespace dspex;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 60s;

std::vector<pid_t> children() {
  auto result = std::vector<pid_t>{};
  for (auto& x : std::filesystem::directory_iterator{"/proc/self/task"}) {
    auto list = std::ifstream{x.path() / "children"};
    for (auto pid = pid_t{0}; list >> pid;)
      result.push_back(pid);
  }
  return result;
}

size_t open_descriptors() {
  auto all = std::filesystem::directory_iterator{"/proc/self/fd"};
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

class PythonPortKill : public testing::Test {
protected:
  void start(const std::string& backend, size_t workers) {
    auto python = test::worker_options(backend);
    python.workers = workers;
    auto options = runtime_options{
      .store_url = "sqlite:" + (folder_ / std::to_string(workers)).string()
                   + ".db"};
    options.config.log.level = "off";
    options.adapters["python_port"] = python_port_adapter_factory(python);
    auto started = runtime::start(std::move(options));
    ASSERT_TRUE(started) << to_string(started.error());
    node_ = std::make_unique<runtime>(std::move(*started));
    auto client = node_->client();
    ASSERT_TRUE(
      client.define_module("Test.Echo", "question: str -> answer: str"));
    auto made = client.create_program(
      "Test.Echo",
      {.adapter = "python_port", .configuration = {{"modules", "Predict"}}});
    ASSERT_TRUE(made) << to_string(made.error());
    program_ = to_string(made->id);
    auto ready = client.initialize_program(program_);
    ASSERT_TRUE(ready) << to_string(ready.error());
  }

  void survive(size_t kills, size_t workers) {
    auto load = test::caller_load{node_->client(), program_, 8};
    auto random = std::minstd_rand{42};
    for (size_t i = 0; i < kills;) {
      ASSERT_TRUE(load.wait_for_successes(3, patience)) << "after " << i;
      auto pids = children();
      if (pids.empty())
        continue;
      kill(pids[random() % pids.size()], SIGKILL);
      ++i;
    }
    ASSERT_TRUE(load.wait_for_successes(20, patience));
    ASSERT_TRUE(load.stop(patience)) << "a caller was left without an answer";
    for (auto& [code, n] : load.failures())
      EXPECT_EQ(code, errc::backend_unavailable) << n;
    test::expect_records_agree(node_->client(), program_, load.succeeded());
    EXPECT_GE(node_->metrics().restarts, kills / 2);
    auto deadline = std::chrono::steady_clock::now() + patience;
    while (children().size() != workers)
      ASSERT_LT(std::chrono::steady_clock::now(), deadline)
        << children().size() << " workers";
  }

  void end() {
    node_.reset();
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a process is left";
  }

  test::temp_folder folder_;
  std::unique_ptr<runtime> node_;
  std::string program_;
};

} // namespace

TEST_F(PythonPortKill, LosesAndDoublesNothing) {
  // What the libraries keep open for good is open after the first node.
  start("scripted_backend", 1);
  end();
  auto before = open_descriptors();
  start("scripted_backend", 3);
  survive(std::getenv("DSPEX_LONG") != nullptr ? 1000 : 50, 3);
  end();
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(PythonPortKill, LosesAndDoublesNothingWithDspy) {
  if (test::lacks_dspy())
    GTEST_SKIP() << test::no_dspy;
  start("answering_backend", 2);
  survive(std::getenv("DSPEX_LONG") != nullptr ? 25 : 5, 2);
  end();
}
