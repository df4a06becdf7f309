// Tests of the counters and the observer of a whole node, on real threads.

#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actors/kit/handlers.hpp"
#include "dspex/dspex.hpp"
#include "runtime/internals.hpp"
#include "tests/runtime/caller_load.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

/// An observer that counts the calls that it receives, from any thread.
class counter : public observer {
public:
  void on_execution_start(const execution_record&) override {
    ++starts;
  }

  void on_execution_stop(const execution_record&) override {
    ++stops;
  }

  void on_execution_exception(const execution_record&) override {
    ++exceptions;
  }

  void on_node_end(const std::optional<error>& why) override {
    ++ends;
    reason.set_value(why);
  }

  std::atomic<uint64_t> starts = 0;
  std::atomic<uint64_t> stops = 0;
  std::atomic<uint64_t> exceptions = 0;
  std::atomic<uint64_t> ends = 0;
  std::promise<std::optional<error>> reason;
};

class MetricsTest : public testing::Test {
protected:
  void start(double error_rate) {
    auto options = runtime_options{.store_url = "memory:"};
    options.config.mock.error_rate = error_rate;
    options.config.log.level = "off";
    options.observer = observed;
    node.emplace(runtime::start(std::move(options)).value());
    auto c = node->client();
    ASSERT_TRUE(c.define_module("Test.Qa", "question -> answer"));
    auto made = c.create_program("Test.Qa", {.name = "qa", .adapter = "mock"});
    ASSERT_TRUE(made) << to_string(made.error());
    ASSERT_TRUE(c.initialize_program(made->id));
  }

  std::shared_ptr<counter> observed = std::make_shared<counter>();
  std::optional<runtime> node;
};

} // namespace

TEST_F(MetricsTest, AreExactOnceEverythingIsAnswered) {
  start(0.2);
  auto load = caller_load{node->client(), "qa", 8};
  ASSERT_TRUE(load.wait_for_successes(300, 60s));
  ASSERT_TRUE(load.stop(60s));
  auto failed = std::map<errc, uint64_t>{};
  for (auto& [code, n] : load.failures())
    failed[code] = n;
  EXPECT_GT(failed[errc::backend_failed], 0u);
  auto x = node->metrics();
  EXPECT_EQ(x.completed, load.succeeded().size());
  EXPECT_EQ(x.failed, failed);
  EXPECT_EQ(x.accepted, load.started());
  EXPECT_EQ(x.accepted, x.completed + x.failed_total());
  EXPECT_EQ(x.running + x.waiting, 0u);
  EXPECT_EQ(x.tracker_backlog, 0u);
  EXPECT_EQ(x.uncommitted, 0u);
  EXPECT_EQ(x.lost_async, 0u);
  EXPECT_EQ(x.programs_awake, 1u);
  EXPECT_EQ(x.observer_failures, 0u);
  EXPECT_EQ(observed->starts, x.accepted);
  EXPECT_EQ(observed->stops, x.completed);
  EXPECT_EQ(observed->exceptions, x.failed_total());
  auto rows = all_executions(node->client(), "qa");
  EXPECT_EQ(rows.size(), x.accepted);
}

TEST_F(MetricsTest, LoseNoAsyncRecordOfANodeThatIsShutDown) {
  start(0);
  auto c = node->client();
  for (auto i = 0; i < 50; ++i)
    ASSERT_TRUE(c.execute_program("qa", {{"question", "why?"}},
                                  {{"durability", "async"}}));
  node->shutdown();
  auto x = node->metrics();
  EXPECT_EQ(x.completed, 50u);
  EXPECT_EQ(x.uncommitted, 0u);
  EXPECT_EQ(x.lost_async, 0u);
  EXPECT_EQ(x.programs_awake, 0u);
}

TEST_F(MetricsTest, AreRenderedUnderTheirNames) {
  auto x = runtime_metrics{};
  x.accepted = 3;
  x.failed[errc::timeout] = 2;
  x.restarts = 1;
  x.restarts_by_child["gateway"] = 1;
  auto rendered = to_json(x);
  EXPECT_EQ(rendered["accepted"], 3);
  EXPECT_EQ(dump_json(rendered["failed"]), R"({"timeout":2})");
  EXPECT_EQ(dump_json(rendered["restarts_by_child"]), R"({"gateway":1})");
}

TEST_F(MetricsTest, TellTheObserverOfAShutdownOnce) {
  start(0);
  node->shutdown();
  EXPECT_EQ(observed->ends, 1u);
  EXPECT_FALSE(observed->reason.get_future().get());
  node.reset();
  EXPECT_EQ(observed->ends, 1u);
}

TEST_F(MetricsTest, TellTheObserverOfANodeThatGivesUp) {
  start(0);
  send_stop(runtime_internals::root(*node), caf::exit_reason::kill);
  auto told = observed->reason.get_future();
  ASSERT_EQ(told.wait_for(60s), std::future_status::ready);
  auto why = told.get();
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, errc::internal);
  EXPECT_THAT(why->message,
              testing::HasSubstr("The root supervisor gave up: "));
  node->shutdown();
  EXPECT_EQ(observed->ends, 1u);
}

} // namespace dspex::test
