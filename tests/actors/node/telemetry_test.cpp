// Tests of the counters of a node, and of the calls that its observer receives.

#include "actors/node/telemetry.hpp"

#include <gmock/gmock.h>

#include "tests/actors/program/fixture.hpp"

namespace dspex::test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

/// An observer that keeps the calls that it receives, and throws if a test asks
/// for it.
class journal_keeper : public observer {
public:
  void on_execution_start(const execution_record& x) override {
    add("start", x);
  }

  void on_execution_stop(const execution_record& x) override {
    add("stop", x);
  }

  void on_execution_exception(const execution_record& x) override {
    add("exception", x);
  }

  void on_restart(const std::string& child) override {
    journal.push_back("restart " + child);
  }

  void on_node_end(const std::optional<error>& why) override {
    journal.push_back("end" + (why ? " " + why->message : ""));
  }

  std::vector<std::string> journal;
  std::vector<execution_record> records;
  bool throws = false;

private:
  void add(const char* what, const execution_record& x) {
    if (throws)
      throw std::runtime_error("no more paper");
    journal.emplace_back(what);
    records.push_back(x);
  }
};

class telemetry_test : public program_test {
protected:
  telemetry_test() {
    ctx->observer = keeper;
  }

  [[nodiscard]] runtime_metrics metrics() const {
    return ctx->metrics.snapshot();
  }

  /// Nothing may get lost between the counters.
  void expect_balance() const {
    auto x = metrics();
    EXPECT_EQ(x.accepted,
              x.completed + x.failed_total() + x.running + x.waiting);
  }

  call run_async() {
    return run({{"durability", "async"}});
  }

  void kill_tracker() {
    crash(tracker);
    tracker = nullptr;
  }

  std::shared_ptr<journal_keeper> keeper = std::make_shared<journal_keeper>();
};

} // namespace

// -- executions ---------------------------------------------------------------

using MetricsOfRuns = telemetry_test;

TEST_F(MetricsOfRuns, CountThemInTheBacklogFromAcceptanceToCommit) {
  make_ready();
  auto brief = run();
  auto longer = run();
  EXPECT_EQ(metrics().tracker_backlog, 2u);
  complete(brief);
  EXPECT_EQ(metrics().running, 1u);
  EXPECT_EQ(metrics().tracker_backlog, 1u);
  script.hold_writes = true;
  complete(longer);
  EXPECT_EQ(metrics().running, 0u);
  EXPECT_EQ(metrics().tracker_backlog, 1u);
  release();
  EXPECT_EQ(metrics().tracker_backlog, 0u);
  EXPECT_EQ(all_stored().size(), 2u);
}

TEST_F(MetricsOfRuns, FollowThemFromTheStartToTheEnd) {
  make_ready({{"max_concurrency", 1}});
  auto a = run();
  auto b = run();
  auto c = run();
  advance(4ms);
  auto x = metrics();
  EXPECT_EQ(x.accepted, 3u);
  EXPECT_EQ(x.running, 1u);
  EXPECT_EQ(x.waiting, 2u);
  EXPECT_EQ(x.tracker_backlog, 3u);
  EXPECT_EQ(x.programs_awake, 1u);
  complete(a);
  EXPECT_EQ(metrics().completed, 1u);
  EXPECT_EQ(metrics().running, 1u);
  EXPECT_EQ(metrics().waiting, 1u);
  EXPECT_TRUE(cancel(c).succeeded());
  fail_with(b, errc::backend_failed);
  x = metrics();
  EXPECT_EQ(x.failed, (std::map<errc, uint64_t>{{errc::backend_failed, 1},
                                                {errc::cancelled, 1}}));
  EXPECT_EQ(x.running, 0u);
  EXPECT_EQ(x.waiting, 0u);
  EXPECT_EQ(x.tracker_backlog, 0u);
  expect_balance();
}

TEST_F(MetricsOfRuns, CountInvalidInputsButNoRefusals) {
  wake();
  run();
  EXPECT_EQ(metrics().accepted, 0u);
  lifecycle("program.initialize");
  run(json::object(), json::object());
  EXPECT_EQ(metrics().accepted, 1u);
  EXPECT_EQ(metrics().failed,
            (std::map<errc, uint64_t>{{errc::invalid_input, 1}}));
  expect_balance();
}

TEST_F(MetricsOfRuns, CountARunThatIsTriedAgainOnce) {
  make_ready({{"retry", {{"max_attempts", 2}}}});
  auto a = run();
  fail_with(a, errc::backend_unavailable);
  EXPECT_EQ(metrics().running, 1u);
  advance(1s);
  complete(a);
  EXPECT_EQ(metrics().accepted, 1u);
  EXPECT_EQ(metrics().completed, 1u);
  EXPECT_THAT(metrics().failed, IsEmpty());
}

TEST_F(MetricsOfRuns, TakeADeadProgramOutOfTheGauges) {
  make_ready({{"max_concurrency", 1}});
  run();
  run();
  crash(program);
  program = nullptr;
  auto x = metrics();
  EXPECT_EQ(x.running, 0u);
  EXPECT_EQ(x.waiting, 0u);
  EXPECT_EQ(x.programs_awake, 0u);
  EXPECT_EQ(x.failed, (std::map<errc, uint64_t>{{errc::internal, 2}}));
  expect_balance();
}

TEST_F(MetricsOfRuns, CountAnOutageOnce) {
  make_ready();
  script.away = true;
  complete(run());
  complete(run());
  advance(10s);
  EXPECT_EQ(metrics().store_outages, 1u);
  EXPECT_EQ(metrics().tracker_backlog, 2u);
  script.away = false;
  advance(10s);
  EXPECT_EQ(metrics().tracker_backlog, 0u);
  script.away = true;
  complete(run());
  EXPECT_EQ(metrics().store_outages, 2u);
}

// -- durability async ---------------------------------------------------------

using AsyncRecords = telemetry_test;

TEST_F(AsyncRecords, AreUncommittedUntilTheStoreHasThem) {
  make_ready();
  auto a = run_async();
  script.hold_writes = true;
  complete(a);
  EXPECT_TRUE(a.reply.succeeded());
  EXPECT_EQ(metrics().uncommitted, 1u);
  release();
  EXPECT_EQ(metrics().uncommitted, 0u);
  EXPECT_EQ(metrics().lost_async, 0u);
  EXPECT_EQ(stored(a).status, execution_status::completed);
}

TEST_F(AsyncRecords, AreNotCountedUnderSync) {
  make_ready();
  auto a = run();
  script.hold_writes = true;
  complete(a);
  EXPECT_EQ(metrics().uncommitted, 0u);
}

TEST_F(AsyncRecords, AreLostWhenTheStoreRefusesThem) {
  make_ready();
  auto a = run_async();
  say(a, {json{{"answer", std::string{"\0", 1}}}});
  EXPECT_TRUE(a.reply.succeeded());
  EXPECT_EQ(metrics().uncommitted, 0u);
  EXPECT_EQ(metrics().lost_async, 1u);
}

TEST_F(AsyncRecords, SurviveTheirProgram) {
  make_ready();
  auto a = run_async();
  script.away = true;
  complete(a);
  crash(program);
  program = nullptr;
  EXPECT_EQ(metrics().uncommitted, 1u);
  script.away = false;
  advance(10s);
  EXPECT_EQ(stored(a).status, execution_status::completed);
  EXPECT_EQ(metrics().uncommitted, 0u);
  EXPECT_EQ(metrics().lost_async, 0u);
}

TEST_F(AsyncRecords, SurviveTheirTracker) {
  make_ready();
  auto a = run_async();
  script.away = true;
  complete(a);
  kill_tracker();
  EXPECT_EQ(metrics().uncommitted, 1u);
  EXPECT_EQ(metrics().tracker_backlog, 1u);
  script.away = false;
  start_tracker();
  advance(10s);
  EXPECT_EQ(stored(a).status, execution_status::completed);
  EXPECT_EQ(metrics().uncommitted, 0u);
  EXPECT_EQ(metrics().lost_async, 0u);
}

TEST_F(AsyncRecords, AreLostWithBoth) {
  make_ready();
  auto a = run_async();
  script.away = true;
  complete(a);
  crash(program);
  program = nullptr;
  kill_tracker();
  EXPECT_EQ(metrics().uncommitted, 0u);
  EXPECT_EQ(metrics().lost_async, 1u);
}

TEST_F(AsyncRecords, AreNotLostWithBothActorsWhileTheirWriteIsOut) {
  make_ready();
  auto a = run_async();
  script.hold_writes = true;
  complete(a);
  crash(program);
  program = nullptr;
  kill_tracker();
  EXPECT_EQ(metrics().uncommitted, 1u);
  release();
  EXPECT_EQ(stored(a).status, execution_status::completed);
  EXPECT_EQ(metrics().uncommitted, 0u);
  EXPECT_EQ(metrics().lost_async, 0u);
}

// -- observer -----------------------------------------------------------------

using Observer = telemetry_test;

TEST_F(Observer, ReceivesAStartAndAStopOfARunThatSucceeds) {
  make_ready();
  auto a = run();
  EXPECT_THAT(keeper->journal, ElementsAre("start"));
  EXPECT_EQ(keeper->records[0].id, a.id);
  EXPECT_EQ(keeper->records[0].program_id, record.id);
  EXPECT_EQ(keeper->records[0].status, execution_status::pending);
  EXPECT_EQ(keeper->records[0].inputs->at("question"), "why?");
  advance(20ms);
  complete(a);
  EXPECT_THAT(keeper->journal, ElementsAre("start", "stop"));
  EXPECT_EQ(keeper->records[1].status, execution_status::completed);
  EXPECT_EQ(keeper->records[1].outputs->at("answer"), "because");
  EXPECT_EQ(keeper->records[1].duration_us, 20'000);
}

TEST_F(Observer, ReceivesAnExceptionOfARunThatFails) {
  make_ready();
  fail_with(run(), errc::backend_failed);
  run(json::object(), json::object());
  EXPECT_THAT(keeper->journal,
              ElementsAre("start", "exception", "start", "exception"));
  EXPECT_EQ(keeper->records[1].status, execution_status::failed);
  EXPECT_EQ(keeper->records[1].error_code, errc::backend_failed);
  EXPECT_EQ(keeper->records[1].error_message, "The backend says no");
  EXPECT_EQ(keeper->records[3].error_code, errc::invalid_input);
}

TEST_F(Observer, LearnsOfRunsThatDieWithTheirProgram) {
  make_ready();
  auto a = run();
  crash(program);
  program = nullptr;
  EXPECT_THAT(keeper->journal, ElementsAre("start", "exception"));
  EXPECT_EQ(keeper->records[1].id, a.id);
  EXPECT_EQ(keeper->records[1].error_code, errc::internal);
}

TEST_F(Observer, DoesNoHarmWhenItThrows) {
  keeper->throws = true;
  make_ready();
  auto a = run();
  complete(a);
  EXPECT_TRUE(a.reply.succeeded());
  EXPECT_EQ(stored(a).status, execution_status::completed);
  EXPECT_EQ(metrics().observer_failures, 2u);
  expect_balance();
}

TEST_F(Observer, LearnsOfARestartByName) {
  note_restart(*ctx, "gateway");
  note_restart(*ctx, "gateway");
  note_restart(*ctx, "sweeper");
  EXPECT_THAT(keeper->journal, ElementsAre("restart gateway", "restart gateway",
                                           "restart sweeper"));
  EXPECT_EQ(metrics().restarts, 3u);
  EXPECT_EQ(metrics().restarts_by_child,
            (std::map<std::string, uint64_t>{{"gateway", 2}, {"sweeper", 1}}));
}

TEST_F(Observer, LearnsOfTheEndOnce) {
  note_node_end(*ctx, error{errc::internal, "enough"});
  note_node_end(*ctx, std::nullopt);
  EXPECT_THAT(keeper->journal, ElementsAre("end enough"));
}

} // namespace dspex::test
