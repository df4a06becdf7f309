// Executions are cancelled at random while a program is busy: no slot is lost,
// each execution ends once, and the records say what the callers were told.

#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>

#include <gtest/gtest.h>

#include "dspex/dspex.hpp"
#include "tests/runtime/caller_load.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

const size_t cancels = std::getenv("DSPEX_LONG") != nullptr ? 10'000 : 1'000;
constexpr size_t in_flight = 64;

/// Keeps 64 runs in flight and knows their ids.
class cancellable_load {
public:
  cancellable_load(client c, std::string program)
    : client_(std::move(c)), program_(std::move(program)) {
    for (size_t i = 0; i < in_flight; ++i)
      start_one();
  }

  /// The id of a run, most likely one that has not ended.
  execution_id pick(std::mt19937_64& random) {
    auto guard = std::unique_lock{mutex_};
    auto last = std::min(ids_.size(), 2 * in_flight);
    auto back = std::uniform_int_distribution<size_t>{1, last}(random);
    return ids_[ids_.size() - back];
  }

  /// Starts nothing new and waits for every answer.
  bool stop() {
    auto guard = std::unique_lock{mutex_};
    stopping_ = true;
    return changed_.wait_for(guard, 60s, [this] { return open_ == 0; });
  }

  /// How often each run was answered with each code.
  std::map<execution_id, std::map<errc, size_t>> answers() {
    auto guard = std::unique_lock{mutex_};
    return answers_;
  }

private:
  void start_one() {
    auto id = execution_id::make();
    {
      auto guard = std::unique_lock{mutex_};
      if (stopping_)
        return;
      ++open_;
      ids_.push_back(id);
    }
    client_.execute_program_async(
      program_, {{"question", "why?"}}, {{"execution_id", to_string(id)}},
      [this, id](const result<execution_result>& x) {
        auto code = x ? errc::none : x.error().code;
        start_one();
        auto guard = std::unique_lock{mutex_};
        ++answers_[id][code];
        --open_;
        // Within the lock: whoever waits may destroy us right after.
        changed_.notify_all();
      });
  }

  client client_;
  std::string program_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  size_t open_ = 0;
  std::vector<execution_id> ids_;
  std::map<execution_id, std::map<errc, size_t>> answers_;
};

json settings(size_t max_queue, int latency_ms) {
  return {{"max_concurrency", 16},
          {"max_queue", max_queue},
          {"lm", {{"latency_ms", latency_ms}}}};
}

} // namespace

TEST(CancelUnderLoad, LosesNoSlotAndEndsEachExecutionOnce) {
  auto options = runtime_options{.store_url = "memory:"};
  options.config.log.level = "off";
  auto node = runtime::start(std::move(options));
  ASSERT_TRUE(node) << to_string(node.error());
  auto client = node->client();
  ASSERT_TRUE(client.define_module("Test.Echo", "question -> answer"));
  auto made = client.create_program(
    "Test.Echo", {.adapter = "mock", .configuration = settings(in_flight, 1)});
  ASSERT_TRUE(made) << to_string(made.error());
  auto program = to_string(made->id);
  ASSERT_TRUE(client.initialize_program(program));

  auto load = cancellable_load{client, program};
  auto random = std::mt19937_64{1};
  auto cancelled = std::vector<execution_id>{};
  for (size_t i = 0; i < cancels; ++i) {
    auto id = load.pick(random);
    auto done = client.cancel(id);
    if (done)
      cancelled.push_back(id);
    else
      // The run has ended, or has not reached the program.
      ASSERT_TRUE(done.error().code == errc::invalid_transition
                  || done.error().code == errc::not_found)
        << to_string(done.error());
  }
  ASSERT_TRUE(load.stop()) << "a caller was left without an answer";
  EXPECT_GT(cancelled.size(), cancels / 100);

  auto answers = load.answers();
  for (auto& [id, codes] : answers) {
    ASSERT_EQ(codes.size(), 1u);
    ASSERT_EQ(codes.begin()->second, 1u) << "answered twice";
    ASSERT_TRUE(codes.begin()->first == errc::none
                || codes.begin()->first == errc::cancelled)
      << to_string(codes.begin()->first);
  }
  for (auto& id : cancelled)
    EXPECT_EQ(answers.at(id).begin()->first, errc::cancelled);
  auto stored = all_executions(client, program);
  EXPECT_EQ(stored.size(), answers.size());
  for (auto& x : stored)
    EXPECT_EQ(x.error_code, answers.at(x.id).begin()->first);
  auto statistics = client.get_program_statistics(program);
  ASSERT_TRUE(statistics);
  EXPECT_EQ(statistics->total_executions, answers.size());
  EXPECT_EQ(statistics->in_progress, 0u);

  // Sixteen slots were there, and sixteen are.
  ASSERT_TRUE(
    client.call("program.reinitialize",
                {{"program", program}, {"configuration", settings(0, 2000)}}));
  auto handles = std::vector<execution_handle>{};
  for (auto i = 0; i < 17; ++i)
    handles.push_back(
      client.execute_program_async(program, {{"question", "why?"}}));
  auto refused = 0;
  for (auto& x : handles)
    if (auto reply = x.get(); !reply) {
      EXPECT_EQ(reply.error().code, errc::overloaded);
      ++refused;
    }
  EXPECT_EQ(refused, 1);
}

} // namespace dspex::test
