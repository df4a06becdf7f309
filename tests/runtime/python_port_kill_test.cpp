// Workers are killed at random under load, in a whole node: every caller gets
// an answer, the store tells the same story, and nothing is left behind.

#include <filesystem>
#include <random>
#include <sys/wait.h>

#include <gtest/gtest.h>

#include "adapters/python_port/python_port_adapter.hpp"
#include "dspex/dspex.hpp"
#include "tests/adapters/python_port/workers.hpp"
#include "tests/runtime/caller_load.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 60s;

size_t open_descriptors() {
  auto all = std::filesystem::directory_iterator{"/proc/self/fd"};
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

/// Passes on to the node what the adapter says, and listens.
class overheard_host : public adapter_host {
public:
  overheard_host(adapter_host& inner, worker_watch& workers)
    : inner_(inner), workers_(workers) {
  }

  void after(std::chrono::nanoseconds delay,
             std::function<void()> task) override {
    inner_.after(delay, std::move(task));
  }

  void log(severity how, std::string_view message,
           const json& fields) override {
    workers_.read(message, fields);
    inner_.log(how, message, fields);
  }

  void count_restart(const std::string& part) override {
    inner_.count_restart(part);
  }

private:
  adapter_host& inner_;
  worker_watch& workers_;
};

class PythonPortKill : public testing::Test {
protected:
  void start(python_port_options python) {
    auto options = runtime_options{
      .store_url = "sqlite:"
                   + (folder_ / std::to_string(python.workers)).string()
                   + ".db"};
    options.config.log.level = "off";
    options.adapters["python_port"]
      = [this, make = python_port_adapter_factory(python)](adapter_host& host) {
          hosts_.push_back(std::make_unique<overheard_host>(host, workers_));
          return make(*hosts_.back());
        };
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
    auto load = caller_load{node_->client(), program_, 8};
    auto random = std::minstd_rand{42};
    for (size_t i = 0; i < kills;) {
      ASSERT_TRUE(load.wait_for_successes(3, patience)) << "after " << i;
      auto pids = child_processes();
      if (pids.empty())
        continue;
      workers_.kill(pids[random() % pids.size()]);
      ++i;
    }
    ASSERT_TRUE(load.wait_for_successes(20, patience));
    ASSERT_TRUE(load.stop(patience)) << "a caller was left without an answer";
    for (auto& [code, n] : load.failures())
      EXPECT_EQ(code, errc::backend_unavailable) << n;
    expect_records_agree(node_->client(), program_, load.succeeded());
    EXPECT_GE(node_->metrics().restarts, kills / 2);
    auto lag = workers_.wait_until_whole(workers);
    ASSERT_TRUE(lag) << "not at full strength";
    EXPECT_LT(*lag, whole_within);
  }

  void end() {
    node_.reset();
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a process is left";
  }

  temp_folder folder_;
  worker_watch workers_;
  std::vector<std::unique_ptr<adapter_host>> hosts_;
  std::unique_ptr<runtime> node_;
  std::string program_;
};

} // namespace

TEST_F(PythonPortKill, LosesAndDoublesNothing) {
  auto python = worker_options("scripted_backend");
  // The libraries open some descriptors for good with the first node.
  python.workers = 1;
  start(python);
  end();
  auto before = open_descriptors();
  python.workers = 3;
  start(python);
  survive(std::getenv("DSPEX_LONG") != nullptr ? 1000 : 50, python.workers);
  end();
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(PythonPortKill, LosesAndDoublesNothingWithDspy) {
  if (lacks_dspy())
    GTEST_SKIP() << no_dspy;
  auto python = worker_options("answering_backend");
  // The delay is the one that a node has.
  python.supervision.start_delay
    = python_port_options{}.supervision.start_delay;
  start(python);
  survive(std::getenv("DSPEX_LONG") != nullptr ? 25 : 5, python.workers);
  end();
}

} // namespace dspex::test
