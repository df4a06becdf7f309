// Programs wake when they are asked for, and sleep when nobody asks.

#include <set>

#include <gmock/gmock.h>

#include "actors/gateway.hpp"
#include "actors/program_manager/program_manager.hpp"
#include "tests/actors/program/fixture.hpp"

namespace dspex::test {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class ProgramSleep : public program_test {
protected:
  void SetUp() override {
    manager = own(sys.spawn(program_manager, ctx));
    ctx->manager.set(manager);
    settle();
  }

  void TearDown() override {
    manager = nullptr;
    program_test::TearDown();
  }

  /// Records a program; nobody is awake.
  void record_program(const json& configuration = json::object()) {
    record = add_program(configuration);
  }

  /// Wakes a program and makes it ready, now.
  void wake_ready(const json& configuration = json::object()) {
    record_program(configuration);
    ASSERT_EQ(
      act_now(manager, "program.initialize", it()).value()->at("status"),
      "ready");
  }

  [[nodiscard]] json it() const {
    return {{"program", to_string(record.id)}};
  }

  /// Sends a run on the way of a client's, without letting it begin.
  call send_run_to_node() {
    return make_run(
      [this](execute_call x) { dspex::send_run(*ctx, std::move(x)); });
  }

  call run_by_node() {
    auto out = send_run_to_node();
    settle();
    return out;
  }

  std::vector<child_info> awake() {
    return ask_now<children>(manager, which_children{}).value().items;
  }

  static constexpr int moments = 12;
  static constexpr size_t rounds = 2 * moments;

  /// Sends runs around the moment at which the program may fall asleep, and
  /// expects that all are answered.
  /// @returns how many incarnations of the program there were.
  size_t wakes_at_every_moment(const std::function<call()>& send) {
    auto incarnations = std::set<caf::actor_id>{};
    for (auto is_first : {true, false})
      for (auto moment = 0; moment < moments; ++moment) {
        SCOPED_TRACE("moment " + std::to_string(moment));
        auto calls = std::vector<call>{};
        // A request that is on its way when the timer is due keeps the program
        // awake.
        if (!is_first)
          calls.push_back(send());
        advance_busy(idle());
        // So many actors have their turn before the next one comes.
        for (auto i = 0; i < moment; ++i)
          step();
        calls.push_back(send());
        settle();
        for (auto& x : calls) {
          EXPECT_EQ(backend.callbacks.count(x.id), 1u);
          complete(x);
          EXPECT_TRUE(x.reply.succeeded());
        }
        auto found = awake();
        EXPECT_THAT(found, SizeIs(1));
        incarnations.insert(found.at(0).handle.id());
      }
    return incarnations.size();
  }

  [[nodiscard]] caf::timespan idle() const {
    return ctx->config.limits.program_idle;
  }

  program_manager_actor manager;
};

// -- waking -------------------------------------------------------------------

TEST_F(ProgramSleep, LeavesAThousandProgramsInTheStoreAloneUntilTheyAreUsed) {
  auto before = running();
  for (auto i = 0; i < 1000; ++i)
    record_program();
  EXPECT_TRUE(act_now(manager, "program.list", json::object()).succeeded());
  EXPECT_TRUE(act_now(manager, "program.get", it()).succeeded());
  EXPECT_THAT(awake(), IsEmpty());
  EXPECT_EQ(running(), before);
  EXPECT_TRUE(act_now(manager, "program.initialize", it()).succeeded());
  EXPECT_THAT(awake(), SizeIs(1));
  EXPECT_EQ(running(), before + 1);
}

TEST_F(ProgramSleep, GoesUnnoticedByTheNextRequest) {
  wake_ready();
  advance(2 * idle());
  ASSERT_THAT(awake(), IsEmpty());
  auto x = run_by_node();
  ASSERT_EQ(started(), 1u);
  complete(x);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
  advance(2 * idle());
  ASSERT_THAT(awake(), IsEmpty());
  EXPECT_EQ(act_now(manager, "program.archive", it()).value()->at("status"),
            "archived");
}

// -- falling asleep -----------------------------------------------------------

TEST_F(ProgramSleep, ComesWhenNobodyUsesTheProgram) {
  auto before = running();
  wake_ready();
  advance(idle() - 1ms);
  EXPECT_THAT(awake(), SizeIs(1));
  advance(1ms);
  EXPECT_THAT(awake(), IsEmpty());
  EXPECT_EQ(running(), before);
}

TEST_F(ProgramSleep, IsCountedFromTheEndOfTheLastRun) {
  wake_ready({{"timeout_ms", 3'600'000}});
  advance(idle() / 2);
  auto x = run_by_node();
  advance(3 * idle() + 7ms);
  EXPECT_THAT(awake(), SizeIs(1)) << "while it runs";
  complete(x);
  EXPECT_TRUE(x.reply.succeeded());
  advance(idle() - 1ms);
  EXPECT_THAT(awake(), SizeIs(1));
  advance(1ms);
  EXPECT_THAT(awake(), IsEmpty());
}

TEST_F(ProgramSleep, DoesNotComeWhileTheStoreOwesAnAnswer) {
  wake_ready();
  auto x = run_by_node();
  script.away = true;
  complete(x);
  advance(3 * idle());
  EXPECT_THAT(awake(), SizeIs(1));
  script.away = false;
  advance(5s);
  EXPECT_EQ(stored(x).status, execution_status::completed);
  advance(2 * idle());
  EXPECT_THAT(awake(), IsEmpty());
}

TEST_F(ProgramSleep, DoesNotComeWhileALifecycleActionIsOpen) {
  backend.creation.reset();
  record_program({{"init_timeout_ms", 3'600'000}});
  auto reply = act(manager, "program.initialize", it());
  advance(3 * idle());
  EXPECT_THAT(awake(), SizeIs(1));
  ASSERT_THAT(backend.creations, SizeIs(1));
  backend.creations.front()({"backend-1"});
  settle();
  EXPECT_EQ(reply.value()->at("status"), "ready");
  advance(2 * idle());
  EXPECT_THAT(awake(), IsEmpty());
}

TEST_F(ProgramSleep, DoesNotComeWhileAnArchivedProgramDrains) {
  wake_ready({{"timeout_ms", 3'600'000}, {"drain_timeout_ms", 3'600'000}});
  auto x = run_by_node();
  EXPECT_TRUE(act_now(manager, "program.archive", it()).succeeded());
  advance(3 * idle());
  EXPECT_THAT(awake(), SizeIs(1));
  complete(x);
  EXPECT_TRUE(x.reply.succeeded());
  EXPECT_THAT(backend.deleted, SizeIs(1));
}

// -- races --------------------------------------------------------------------

TEST_F(ProgramSleep, LosesNoRequestAtWhicheverMomentItArrives) {
  wake_ready();
  // Requests that give the program's name come by way of the manager, like
  // these.
  auto seen = wakes_at_every_moment([this] {
    return make_run(
      [this](execute_call x) { caf::anon_send(manager, std::move(x)); });
  });
  // The program slept in most of the first half and stayed awake in the second.
  EXPECT_GT(seen, rounds / 4);
  EXPECT_LE(seen, rounds / 2 + 1);
}

TEST_F(ProgramSleep, LosesNoRequestThatComesStraight) {
  wake_ready();
  auto seen = wakes_at_every_moment([this] { return send_run_to_node(); });
  // A shorter way: it comes more often before the program may sleep.
  EXPECT_GT(seen, rounds / 6);
  EXPECT_LE(seen, rounds / 2 + 1);
}

TEST_F(ProgramSleep, AnswersEveryRequestWhenTheProgramDiesInTheMiddle) {
  wake_ready();
  for (auto moment = 0; moment < 12; ++moment) {
    ASSERT_THAT(awake(), SizeIs(1)) << moment;
    auto victim = awake()[0].handle;
    advance_busy(idle());
    auto x = send_run_to_node();
    for (auto i = 0; i < moment; ++i)
      step();
    caf::anon_send_exit(victim, caf::exit_reason::kill);
    settle();
    if (backend.callbacks.count(x.id) > 0 && !x.reply.arrived())
      complete(x);
    ASSERT_TRUE(x.reply.arrived()) << moment;
    if (!x.reply.succeeded()) {
      EXPECT_EQ(x.reply.error().code, errc::backend_unavailable) << moment;
    }
    // The next one finds a program in any case.
    auto y = run_by_node();
    ASSERT_EQ(backend.callbacks.count(y.id), 1u) << moment;
    complete(y);
    EXPECT_TRUE(y.reply.succeeded()) << moment;
  }
}

TEST_F(ProgramSleep, AnswersEveryRequestWhenTheManagerStopsInTheMiddle) {
  for (auto moment = 0; moment < 12; ++moment) {
    wake_ready();
    advance_busy(idle());
    for (auto i = 0; i < moment; ++i)
      step();
    auto x = send_run_to_node();
    for (auto i = 0; i < moment; ++i)
      step();
    ctx->stopping = true;
    caf::anon_send_exit(manager, caf::exit_reason::user_shutdown);
    settle();
    if (backend.callbacks.count(x.id) > 0)
      complete(x);
    settle();
    ASSERT_TRUE(x.reply.arrived()) << moment;
    ctx->stopping = false;
    manager = own(sys.spawn(program_manager, ctx));
    ctx->manager.set(manager);
    settle();
  }
}

// -- the end of the manager ---------------------------------------------------

using ProgramOrphan = ProgramSleep;

TEST_F(ProgramOrphan, LetsItsRunsFinishWhenItsManagerIsKilled) {
  wake_ready();
  auto x = run_by_node();
  caf::anon_send_exit(manager, caf::exit_reason::kill);
  settle();
  complete(x);
  EXPECT_TRUE(x.reply.succeeded());
  EXPECT_THAT(all_stored(), SizeIs(1));
}

TEST_F(ProgramOrphan, IsKilledWithAManagerThatDoesNotStopInTime) {
  wake_ready();
  auto x = run_by_node();
  auto before = running();
  caf::anon_send_exit(manager, caf::exit_reason::user_shutdown);
  advance(1s);
  EXPECT_EQ(running(), before);
  // A supervisor kills the manager when its grace is over.
  caf::anon_send_exit(manager, caf::exit_reason::kill);
  settle();
  EXPECT_EQ(x.reply.error().code, errc::backend_unavailable);
  // The manager and its program are both gone.
  EXPECT_EQ(running(), before - 2);
}

} // namespace dspex::test
