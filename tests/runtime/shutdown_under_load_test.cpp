// A node that is shut down while it is busy: it ends, and what it acknowledged
// is in the store.

#include <cstdlib>
#include <set>

#include <gtest/gtest.h>

#include "dspex/dspex.hpp"
#include "tests/runtime/caller_load.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

runtime_options options_for(const std::string& url) {
  auto result = runtime_options{.store_url = url};
  result.config.mock.latency = 2ms;
  result.drain_limit = 200ms;
  return result;
}

} // namespace

TEST(ShutdownUnderLoad, NeitherHangsNorLosesAnAcknowledgedRun) {
  auto rounds = std::getenv("DSPEX_LONG") != nullptr ? 200 : 20;
  auto folder = temp_folder{};
  auto url = "sqlite:" + (folder / "store.db").string();
  auto program = std::string{};
  auto acknowledged = std::set<execution_id>{};
  for (int round = 0; round < rounds; ++round) {
    auto node = runtime::start(options_for(url));
    ASSERT_TRUE(node) << to_string(node.error());
    auto client = node->client();
    if (round == 0) {
      ASSERT_TRUE(
        client.define_module("Test.Echo", "question: str -> answer: str"));
      auto made = client.create_program(
        "Test.Echo", {.name = "echo",
                      .adapter = "mock",
                      .configuration = {{"max_concurrency", 64}}});
      ASSERT_TRUE(made) << to_string(made.error());
      program = to_string(made->id);
      ASSERT_TRUE(client.initialize_program(program));
    }
    auto load = caller_load{client, program, 32};
    // Another moment each round.
    ASSERT_TRUE(load.wait_for_successes(static_cast<size_t>(round * 7), 30s));
    node->shutdown();
    // Runs that are refused at once may still be starting new ones.
    ASSERT_TRUE(load.stop(30s)) << "a caller was left without an answer";
    for (auto& id : load.succeeded())
      ASSERT_TRUE(acknowledged.insert(id).second);
    for (auto& [code, n] : load.failures())
      EXPECT_EQ(to_string(code), to_string(errc::shutting_down)) << n;
  }
  auto node = runtime::start(options_for(url));
  ASSERT_TRUE(node) << to_string(node.error());
  auto stored = std::set<execution_id>{};
  auto completed = std::set<execution_id>{};
  for (auto& x : all_executions(node->client(), program)) {
    EXPECT_TRUE(stored.insert(x.id).second) << "stored twice";
    EXPECT_TRUE(is_terminal(x.status));
    if (x.status == execution_status::completed)
      completed.insert(x.id);
  }
  for (auto& id : acknowledged)
    EXPECT_EQ(completed.count(id), 1u) << to_string(id);
  auto statistics = node->client().get_program_statistics(program);
  ASSERT_TRUE(statistics);
  EXPECT_EQ(statistics->total_executions, stored.size());
  EXPECT_EQ(statistics->successful_executions, completed.size());
  EXPECT_EQ(statistics->in_progress, 0u);
}

TEST(ShutdownUnderLoad, RecordsWhatItCutsShort) {
  auto folder = temp_folder{};
  auto url = "sqlite:" + (folder / "store.db").string();
  auto options = options_for(url);
  options.config.mock.latency = 60s;
  auto node = runtime::start(std::move(options));
  ASSERT_TRUE(node) << to_string(node.error());
  auto client = node->client();
  ASSERT_TRUE(
    client.define_module("Test.Echo", "question: str -> answer: str"));
  auto made = client.create_program("Test.Echo", {.adapter = "mock"});
  ASSERT_TRUE(made);
  ASSERT_TRUE(client.initialize_program(made->id));
  auto run = client.execute_program_async(made->id, {{"question", "slow"}});
  // Accepted once a read sees it.
  while (!client.get_execution(run.id()))
    ASSERT_NE(run.future().wait_for(0s), std::future_status::ready);
  node->shutdown();
  auto outcome = run.get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, errc::shutting_down);
  auto reader = runtime::start({.store_url = url, .read_only = true});
  ASSERT_TRUE(reader) << to_string(reader.error());
  auto record = reader->client().get_execution(run.id());
  ASSERT_TRUE(record) << to_string(record.error());
  EXPECT_EQ(record->status, execution_status::failed);
  EXPECT_EQ(record->error_code, errc::shutting_down);
}

TEST(ShutdownUnderLoad, AnswersClientsThatOutliveTheNode) {
  auto node = runtime::start({.store_url = "memory:"});
  ASSERT_TRUE(node) << to_string(node.error());
  auto client = node->client();
  node->shutdown();
  auto found = client.list_programs();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, errc::shutting_down);
  auto run = client.execute_program("any", {{"question", "x"}});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, errc::shutting_down);
}

} // namespace dspex::test
