// Retries, and what happens to runs when something else dies.

#include <gmock/gmock.h>

#include "tests/actors/program/fixture.hpp"

namespace dspex::test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// -- retries ------------------------------------------------------------------

using ProgramRetry = program_test;

TEST_F(ProgramRetry, IsOffUnlessAskedFor) {
  make_ready();
  auto x = run();
  fail_with(x, errc::backend_unavailable);
  EXPECT_EQ(x.reply.error().code, errc::backend_unavailable);
  advance(10s);
  EXPECT_EQ(started(), 1u);
}

TEST_F(ProgramRetry, TriesAnUnavailableOrOverloadedBackendAgain) {
  make_ready({{"retry", {{"max_attempts", 3}}}});
  auto x = run();
  fail_with(x, errc::backend_unavailable);
  EXPECT_EQ(started(), 1u);
  advance(49ms);
  EXPECT_EQ(started(), 1u);
  advance(101ms);
  ASSERT_EQ(started(), 2u);
  EXPECT_EQ(backend.runs[1].attempt, 2);
  EXPECT_EQ(backend.runs[1].deadline, backend.runs[0].deadline);
  fail_with(x, errc::overloaded);
  advance(99ms);
  EXPECT_EQ(started(), 2u);
  advance(201ms);
  ASSERT_EQ(started(), 3u);
  complete(x);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
  EXPECT_EQ(stored(x).attempt, 3);
}

TEST_F(ProgramRetry, EndsAfterTheConfiguredAttempts) {
  make_ready({{"retry", {{"max_attempts", 2}}}});
  auto x = run();
  fail_with(x, errc::overloaded);
  advance(1s);
  fail_with(x, errc::overloaded);
  advance(10s);
  EXPECT_EQ(started(), 2u);
  EXPECT_EQ(x.reply.error().code, errc::overloaded);
  EXPECT_EQ(stored(x).attempt, 2);
}

TEST_F(ProgramRetry, IsNotForOtherFailures) {
  make_ready({{"retry", {{"max_attempts", 5}}}});
  for (auto code :
       {errc::backend_failed, errc::invalid_output, errc::timeout}) {
    auto x = run();
    fail_with(x, code);
    EXPECT_EQ(x.reply.error().code, code);
  }
  advance(10s);
  EXPECT_EQ(started(), 3u);
}

TEST_F(ProgramRetry, EndsAtTheDeadlineOfTheRun) {
  make_ready({{"retry", {{"max_attempts", 10}}}, {"timeout_ms", 1000}});
  auto x = run();
  for (auto n = 0; n < 100 && !x.reply.arrived(); ++n) {
    if (backend.callbacks.count(x.id) > 0) {
      auto callback = backend.callbacks.extract(x.id);
      callback.mapped()({fail(errc::overloaded, "busy")});
    }
    advance(20ms);
  }
  EXPECT_EQ(x.reply.error().code, errc::timeout);
  EXPECT_EQ(stored(x).duration_us, 1'000'000);
  auto attempts = started();
  advance(1min);
  EXPECT_EQ(started(), attempts);
}

TEST_F(ProgramRetry, KeepsItsSlotWhileItWaits) {
  make_ready({{"retry", {{"max_attempts", 2}}}, {"max_concurrency", 1}});
  auto x = run();
  auto y = run();
  fail_with(x, errc::overloaded);
  EXPECT_EQ(started(), 1u);
  advance(1s);
  EXPECT_EQ(backend.runs.back().id, x.id);
  EXPECT_FALSE(y.reply.arrived());
}

// -- the adapter --------------------------------------------------------------

using ProgramAdapter = program_test;

TEST_F(ProgramAdapter, LeavesItsRunsUnavailableWhenItDies) {
  make_ready();
  auto x = run();
  auto y = run();
  ctx->adapters.at("test").clear();
  crash(front);
  for (auto& lost : {x, y}) {
    EXPECT_EQ(lost.reply.error().code, errc::backend_unavailable);
    EXPECT_EQ(lost.reply.error().message,
              "The adapter test died while it held the execution");
    EXPECT_EQ(stored(lost).error_code, errc::backend_unavailable);
  }
}

TEST_F(ProgramAdapter, TellsWhatItThrows) {
  make_ready();
  auto x = run();
  ctx->adapters.at("test").clear();
  caf::anon_send(front, delayed_task{[] { throw std::runtime_error("bug"); }});
  settle();
  EXPECT_EQ(x.reply.error().code, errc::backend_unavailable);
  EXPECT_EQ(x.reply.error().message, "Execution exception: bug");
  EXPECT_EQ(stored(x).error_message, "Execution exception: bug");
}

TEST_F(ProgramAdapter, KeepsTheAnswersThatItGaveBeforeItThrew) {
  make_ready();
  backend.at_once = [n = 0](const adapter::run_callback& done) mutable {
    if (++n > 1)
      throw std::runtime_error("bug");
    done({json{{"answer", "because"}}});
  };
  // Both runs leave the program in one message.
  auto x = send_run();
  auto y = send_run();
  settle();
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
  EXPECT_EQ(y.reply.error().code, errc::backend_unavailable);
  EXPECT_EQ(stored(y).error_message, "Execution exception: bug");
}

TEST_F(ProgramAdapter, IsUnavailableForNewRunsWhileItRestarts) {
  make_ready();
  ctx->adapters.at("test").clear();
  auto x = run();
  EXPECT_EQ(x.reply.error().code, errc::backend_unavailable);
  EXPECT_EQ(x.reply.error().message, "The adapter test is restarting");
  start_front();
  auto y = run();
  complete(y);
  EXPECT_EQ(y.reply.value().status, execution_status::completed);
}

TEST_F(ProgramAdapter, TakesTheNextAttemptWhenItComesBack) {
  make_ready({{"retry", {{"max_attempts", 2}}}});
  auto x = run();
  ctx->adapters.at("test").clear();
  crash(front);
  start_front();
  advance(1s);
  ASSERT_EQ(started(), 2u);
  complete(x);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
}

// -- the tracker --------------------------------------------------------------

using ProgramTracker = program_test;

TEST_F(ProgramTracker, HasItsRecordsHandedToTheNextOnceEachWhenItDies) {
  make_ready();
  auto x = run();
  auto y = run();
  script.away = true;
  complete(x);
  ctx->tracker.clear();
  crash(tracker);
  complete(y);
  script.away = false;
  advance(1s);
  EXPECT_FALSE(x.reply.arrived());
  start_tracker();
  advance(50ms);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
  EXPECT_EQ(y.reply.value().status, execution_status::completed);
  EXPECT_THAT(all_stored(), SizeIs(2));
  EXPECT_EQ(direct().get_program(record.id)->completed_count, 2u);
}

TEST_F(ProgramTracker, HurtsNobodyWhenItDiesBeforeItCanSayCommitted) {
  make_ready();
  auto x = run();
  script.hold_answers = true;
  complete(x);
  ASSERT_EQ(stored(x).status, execution_status::completed);
  ctx->tracker.clear();
  crash(tracker);
  script.hold_answers = false;
  start_tracker();
  advance(50ms);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
  EXPECT_THAT(all_stored(), SizeIs(1));
}

TEST_F(ProgramTracker, TellsATrueConflictEvenWhenItIsNew) {
  make_ready();
  auto x = run();
  script.hold_writes = true;
  complete(x);
  // Another execution takes the id meanwhile.
  auto other = execution_record{};
  other.id = x.id;
  other.program_id = record.id;
  other.status = execution_status::completed;
  other.outputs = document{{{"answer", "so"}}};
  other.duration_us = 1;
  other.node = node_id::make();
  other.executed_at = other.inserted_at = other.updated_at = now() - 1h;
  other.finished_at = other.executed_at;
  ASSERT_TRUE(direct().write({.finished = {other}}));
  ctx->tracker.clear();
  crash(tracker);
  script.hold_writes = false;
  start_tracker();
  advance(50ms);
  EXPECT_EQ(x.reply.error().code, errc::conflict);
  EXPECT_EQ(stored(x), other);
}

TEST_F(ProgramTracker, LosesNothingWhenItDiesAfterTheNextIsKnown) {
  make_ready();
  auto x = run();
  script.hold_writes = true;
  complete(x);
  auto old = tracker;
  start_tracker();
  script.hold_writes = false;
  auto y = run();
  complete(y);
  EXPECT_TRUE(y.reply.arrived());
  crash(old);
  advance(50ms);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
  EXPECT_EQ(stored(x).status, execution_status::completed);
}

TEST_F(ProgramTracker, KnowsWhatIsStillRunningWhenItIsNew) {
  make_ready();
  auto x = run();
  ctx->tracker.clear();
  crash(tracker);
  start_tracker();
  advance(50ms);
  auto seen = act_now(tracker, "execution.get",
                      {{"execution", to_string(x.id)}});
  EXPECT_EQ(seen.value()->at("status"), "running");
}

// -- the store ----------------------------------------------------------------

using ProgramStore = program_test;

TEST_F(ProgramStore, IsReportedWhenAwayPastTheDeadlineAndTakesTheRecordLater) {
  make_ready({{"timeout_ms", 3000}});
  auto x = run();
  script.away = true;
  complete(x);
  advance(3s + ctx->config.store.timeout - 1ms);
  EXPECT_FALSE(x.reply.arrived());
  advance(1ms);
  EXPECT_EQ(x.reply.error().code, errc::store_unavailable);
  EXPECT_EQ(x.reply.error().details.at("execution_id"), to_string(x.id));
  script.away = false;
  advance(2s);
  EXPECT_EQ(stored(x).status, execution_status::completed);
}

TEST_F(ProgramStore, DoesNotKeepAProgramFromStoppingWhenItIsAwayForGood) {
  make_ready();
  auto x = run();
  auto y = run();
  script.away = true;
  complete(x);
  auto before = running();
  caf::anon_send_exit(program, caf::exit_reason::user_shutdown);
  advance(ctx->drain_limit + store_deadline(*ctx) - 1ms);
  EXPECT_EQ(running(), before);
  advance(1ms);
  EXPECT_EQ(running(), before - 1);
  EXPECT_EQ(x.reply.error().code, errc::store_unavailable);
  EXPECT_EQ(y.reply.error().code, errc::store_unavailable);
}

TEST_F(ProgramStore, IsReportedWhenItRefusesTheRecord) {
  make_ready();
  auto x = run();
  say(x, {json{{"answer", std::string{"\0", 1}}}});
  EXPECT_EQ(x.reply.error().code, errc::store_rejected);
  EXPECT_THAT(all_stored(), IsEmpty());
}

// -- the program itself -------------------------------------------------------

using ProgramCrash = program_test;

TEST_F(ProgramCrash, AnswersItsCallersAndTheTrackerClosesTheRecords) {
  make_ready();
  auto x = run();
  advance(4ms);
  script.hold_writes = true;
  auto y = run();
  complete(y);
  crash(program);
  EXPECT_EQ(x.reply.error().code, errc::backend_unavailable);
  EXPECT_EQ(y.reply.error().code, errc::store_unavailable);
  release();
  EXPECT_EQ(stored(x).status, execution_status::failed);
  EXPECT_EQ(stored(x).error_code, errc::internal);
  EXPECT_EQ(stored(x).error_message.rfind("Execution exception: ", 0), 0u);
  EXPECT_EQ(stored(y).status, execution_status::completed);
}

TEST_F(ProgramCrash, LeavesTheEndsThatWereAboutToLeave) {
  make_ready();
  auto x = run();
  auto y = run();
  backend.callbacks.at(x.id)({json{{"answer", "because"}}});
  crash(program);
  EXPECT_EQ(x.reply.error().code, errc::store_unavailable);
  EXPECT_EQ(stored(x).status, execution_status::completed);
  EXPECT_EQ(stored(y).status, execution_status::failed);
  EXPECT_EQ(stored(y).error_code, errc::internal);
}

TEST_F(ProgramCrash, LeavesTheRecordsOfRunsThatWereNotYetAnnounced) {
  make_ready({{"max_concurrency", 1}});
  auto x = run();
  auto y = run();
  crash(program);
  for (auto& z : {x, y}) {
    EXPECT_EQ(z.reply.error().code, errc::backend_unavailable);
    EXPECT_EQ(stored(z).status, execution_status::failed);
    EXPECT_EQ(stored(z).error_code, errc::internal);
    EXPECT_EQ(stored(z).error_message,
              "The program died while it held the execution");
  }
}

} // namespace dspex::test
