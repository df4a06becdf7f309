#include <gmock/gmock.h>

#include "tests/actors/tracker/fixture.hpp"

namespace dspex::test {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// -- rows ---------------------------------------------------------------------

using TrackerRows = tracker_test;

TEST_F(TrackerRows, CostOneWriteForAShortRun) {
  auto x = make_record();
  accept(x);
  advance(900ms);
  EXPECT_EQ(script.writes, 0u);
  finish(completed(x));
  advance(1min);
  EXPECT_EQ(script.writes, 1u);
  EXPECT_EQ(direct().get_execution(x.id).value(), completed(x));
  ASSERT_THAT(first.script->heard, SizeIs(1));
  EXPECT_EQ(first.script->heard[0].id, x.id);
  EXPECT_TRUE(first.script->heard[0].outcome);
}

TEST_F(TrackerRows, ShowALongRunInTheStoreWhileItLasts) {
  auto x = make_record();
  accept(x);
  advance(999ms);
  EXPECT_EQ(stored_status(x), "not_found");
  advance(1ms);
  EXPECT_EQ(stored_status(x), "running");
  finish(completed(x));
  EXPECT_EQ(stored_status(x), "completed");
}

TEST_F(TrackerRows, WaitForTheirOwnAgeEach) {
  auto x = make_record();
  auto y = make_record();
  accept(x);
  advance(600ms);
  accept(y);
  advance(400ms);
  EXPECT_EQ(stored_status(x), "running");
  EXPECT_EQ(stored_status(y), "not_found");
  advance(600ms);
  EXPECT_EQ(stored_status(y), "running");
}

TEST_F(TrackerRows, TurnFromPendingToRunningWhenTheRunStarts) {
  auto x = make_record(execution_status::pending);
  accept(x);
  advance(1s);
  EXPECT_EQ(stored_status(x), "pending");
  auto at = now();
  report(first, execution_started{x.id, at});
  EXPECT_EQ(stored_status(x), "running");
  EXPECT_EQ(direct().get_execution(x.id)->started_at, at);
}

TEST_F(TrackerRows, AreWrittenOnceThoughHandedInTwice) {
  auto x = make_record();
  accept(x);
  script.hold_writes = true;
  finish(completed(x));
  finish(completed(x));
  release();
  EXPECT_EQ(script.writes, 1u);
  EXPECT_THAT(first.script->heard, SizeIs(1));
}

TEST_F(TrackerRows, AreTakenFromAnEarlierTrackerWithoutBeingAccepted) {
  auto x = make_record();
  finish(completed(x));
  EXPECT_EQ(stored_status(x), "completed");
  ASSERT_THAT(first.script->heard, SizeIs(1));
  EXPECT_TRUE(first.script->heard[0].outcome);
}

TEST_F(TrackerRows, AreAConflictIfTheirIdIsUsed) {
  auto x = completed(make_record());
  direct().write({.finished = {x}}).value();
  auto second = make_owner();
  auto later = x;
  later.executed_at += 1s;
  accept(second, later);
  auto good = make_record();
  accept(good);
  script.hold_writes = true;
  finish(completed(make_record()));
  finish(second, later);
  finish(completed(good));
  release();
  ASSERT_THAT(second.script->heard, SizeIs(1));
  ASSERT_FALSE(second.script->heard[0].outcome);
  EXPECT_EQ(second.script->heard[0].outcome.error(),
            (error{errc::conflict,
                   "Execution id is already used: " + to_string(x.id)}));
  EXPECT_EQ(stored_status(good), "completed");
}

TEST_F(TrackerRows, AreInterruptedForTheirProgramIfOthersClosedThem) {
  auto x = make_record();
  accept(x);
  advance(1s);
  auto closed = completed(x);
  closed.status = execution_status::failed;
  closed.error_code = errc::interrupted;
  closed.error_message = "The process that ran it is gone";
  direct().write({.finished = {closed}}).value();
  finish(completed(x));
  ASSERT_THAT(first.script->heard, SizeIs(1));
  ASSERT_FALSE(first.script->heard[0].outcome);
  EXPECT_EQ(first.script->heard[0].outcome.error(),
            (error{errc::interrupted, "The process that ran it is gone"}));
  EXPECT_EQ(stored_status(x), "failed");
}

// -- batches ------------------------------------------------------------------

using TrackerBatches = tracker_test;

TEST_F(TrackerBatches, TakeAllThatEndedWhileAWriteWasOut) {
  script.hold_writes = true;
  for (auto i = 0; i < 6; ++i)
    finish(completed(make_record()));
  EXPECT_EQ(script.writes, 1u);
  release();
  EXPECT_EQ(script.writes, 2u);
  EXPECT_THAT(first.script->heard, SizeIs(6));
}

TEST_F(TrackerBatches, HoldAtMostTheConfiguredRows) {
  crash(tracker);
  ctx->config.tracker.batch_rows = 2;
  start_tracker();
  script.hold_writes = true;
  for (auto i = 0; i < 6; ++i)
    finish(completed(make_record()));
  release();
  EXPECT_EQ(script.writes, 4u);
  EXPECT_THAT(first.script->heard, SizeIs(6));
}

TEST_F(TrackerBatches, HoldAboutAMegabyte) {
  script.hold_writes = true;
  auto big = document{{{"question", std::string(600'000, 'x')}}};
  for (auto i = 0; i < 5; ++i) {
    auto x = completed(make_record());
    x.inputs = big;
    finish(x);
  }
  release();
  EXPECT_EQ(script.writes, 3u);
  EXPECT_THAT(first.script->heard, SizeIs(5));
}

// -- outages ------------------------------------------------------------------

using TrackerOutage = tracker_test;

TEST_F(TrackerOutage, LosesNobody) {
  auto records = std::vector<execution_record>{};
  for (auto i = 0; i < 5; ++i)
    records.push_back(make_record());
  for (auto& x : records)
    accept(x);
  script.away = true;
  finish(completed(records[0]));
  finish(completed(records[1]));
  advance(10min);
  finish(completed(records[2]));
  advance(10min);
  EXPECT_THAT(first.script->heard, IsEmpty());
  script.away = false;
  advance(2s);
  EXPECT_THAT(first.script->heard, SizeIs(3));
  EXPECT_EQ(stored_status(records[0]), "completed");
  EXPECT_EQ(stored_status(records[2]), "completed");
  EXPECT_EQ(stored_status(records[4]), "running");
}

TEST_F(TrackerOutage, IsProbedEverMoreSeldom) {
  script.away = true;
  finish(completed(make_record()));
  advance(99ms);
  EXPECT_EQ(script.writes, 1u);
  advance(1ms);
  EXPECT_EQ(script.writes, 2u);
  advance(200ms);
  EXPECT_EQ(script.writes, 3u);
  advance(1min);
  auto before = script.writes;
  advance(20s);
  EXPECT_EQ(script.writes, before + 20);
}

TEST_F(TrackerOutage, SendsNothingBetweenTwoAttempts) {
  script.away = true;
  finish(completed(make_record()));
  advance(1min);
  auto before = script.writes;
  for (auto i = 0; i < 10; ++i)
    finish(completed(make_record()));
  EXPECT_EQ(script.writes, before);
}

TEST_F(TrackerOutage, LosesNobodyEitherWhenThePoolIsGone) {
  auto pool = ctx->pool.get();
  ctx->pool.clear();
  auto x = make_record();
  finish(completed(x));
  advance(1min);
  EXPECT_THAT(first.script->heard, IsEmpty());
  ctx->pool.set(pool);
  advance(2s);
  EXPECT_EQ(stored_status(x), "completed");
}

TEST_F(TrackerOutage, IsNoConflictThoughItLeavesACommitInDoubt) {
  auto x = make_record();
  accept(x);
  script.hold_answers = true;
  finish(completed(x));
  ASSERT_EQ(stored_status(x), "completed");
  script.hold_answers = false;
  advance(1min);
  ASSERT_THAT(first.script->heard, SizeIs(1));
  EXPECT_TRUE(first.script->heard[0].outcome);
  EXPECT_EQ(direct().get_program(program.id)->completed_count, 1u);
}

TEST_F(TrackerOutage, EndsWhenAWriteNeverAnswers) {
  script.hold_writes = true;
  auto x = make_record();
  finish(completed(x));
  advance(store_deadline(*ctx));
  script.hold_writes = false;
  advance(2s);
  EXPECT_EQ(stored_status(x), "completed");
  EXPECT_THAT(first.script->heard, SizeIs(1));
}

// -- rows that cannot be written ----------------------------------------------

using TrackerRejection = tracker_test;

TEST_F(TrackerRejection, ReachesTheOwnerOfThePoisonedRowAlone) {
  auto second = make_owner();
  script.hold_writes = true;
  finish(completed(make_record()));
  for (auto i = 0; i < 7; ++i) {
    auto x = make_record();
    accept(x);
    finish(completed(x));
  }
  auto poisoned = completed(make_record());
  poisoned.outputs = document{{{"answer", std::string{"\0", 1}}}};
  accept(second, make_record());
  finish(second, poisoned);
  auto last = make_record();
  accept(last);
  finish(completed(last));
  release();
  advance(1min);
  EXPECT_THAT(first.script->heard, SizeIs(9));
  for (auto& x : first.script->heard)
    EXPECT_TRUE(x.outcome);
  EXPECT_EQ(stored_status(last), "completed");
  ASSERT_THAT(second.script->heard, SizeIs(1));
  EXPECT_EQ(second.script->heard[0].id, poisoned.id);
  EXPECT_EQ(second.script->heard[0].outcome.error().code, errc::store_rejected);
  EXPECT_EQ(stored_status(poisoned), "not_found");
}

TEST_F(TrackerRejection, LeavesInSightWhatWaitsInHalfABatch) {
  script.hold_writes = true;
  finish(completed(make_record()));
  auto ended = std::vector<execution_record>{};
  for (auto i = 0; i < 4; ++i) {
    ended.push_back(completed(make_record()));
    if (i == 2)
      ended.back().outputs = document{{{"answer", std::string{"\0", 1}}}};
    finish(ended.back());
  }
  // The batch of one is written, that of four refused.
  release_held();
  release_held();
  for (auto& x : ended) {
    auto shown = call("execution.get", {{"execution", to_string(x.id)}});
    EXPECT_EQ(shown.value()->at("id"), to_string(x.id));
    EXPECT_EQ(shown.value()->at("status"), "running");
    EXPECT_TRUE(shown.value()->at("outputs").is_null());
  }
  EXPECT_EQ(call("execution.list", json::object()).value()->at("items").size(),
            5u);
}

TEST_F(TrackerRejection, DelaysNobodyIfTheRowIsLive) {
  auto poisoned = make_record();
  poisoned.inputs = document{{{"question", std::string{"\0", 1}}}};
  auto good = make_record();
  accept(poisoned);
  accept(good);
  advance(900ms);
  script.hold_writes = true;
  finish(completed(make_record()));
  advance(100ms);
  auto ended = make_record();
  finish(completed(ended));
  release();
  advance(1s);
  EXPECT_EQ(stored_status(good), "running");
  EXPECT_EQ(stored_status(ended), "completed");
  EXPECT_EQ(stored_status(poisoned), "not_found");
}

TEST_F(TrackerRejection, ReachesEveryCallerOfAFencedNode) {
  auto second = make_owner();
  script.hold_writes = true;
  finish(completed(make_record()));
  auto x = make_record();
  auto y = make_record();
  finish(completed(x));
  finish(second, completed(y));
  script.write_error = error{errc::interrupted, "The lease has expired"};
  release();
  ASSERT_THAT(first.script->heard, SizeIs(2));
  ASSERT_THAT(second.script->heard, SizeIs(1));
  EXPECT_TRUE(first.script->heard[0].outcome);
  for (auto& heard : {first.script->heard[1], second.script->heard[0]}) {
    ASSERT_FALSE(heard.outcome);
    EXPECT_EQ(heard.outcome.error(),
              (error{errc::interrupted, "The lease has expired"}));
  }
  script.write_error.reset();
  auto z = make_record();
  finish(completed(z));
  EXPECT_EQ(stored_status(z), "completed");
}

// -- watermark ----------------------------------------------------------------

using TrackerWatermark = tracker_test;

TEST_F(TrackerWatermark, IsSetAtTheBacklogAndClearedAtHalfOfIt) {
  ctx->config.tracker.backlog = 4;
  auto records = std::vector<execution_record>{};
  for (auto i = 0; i < 4; ++i) {
    EXPECT_FALSE(ctx->saturated);
    records.push_back(make_record());
    accept(records.back());
  }
  EXPECT_TRUE(ctx->saturated);
  finish(completed(records[0]));
  finish(completed(records[1]));
  EXPECT_TRUE(ctx->saturated);
  finish(completed(records[2]));
  EXPECT_FALSE(ctx->saturated);
}

TEST_F(TrackerWatermark, CountsWhatWaitsForTheStore) {
  ctx->config.tracker.backlog = 4;
  script.away = true;
  for (auto i = 0; i < 4; ++i)
    finish(completed(make_record()));
  EXPECT_TRUE(ctx->saturated);
  script.away = false;
  advance(2s);
  EXPECT_FALSE(ctx->saturated);
}

TEST_F(TrackerWatermark, DoesNotOutliveTheTracker) {
  ctx->config.tracker.backlog = 1;
  accept(make_record());
  EXPECT_TRUE(ctx->saturated);
  ctx->tracker.clear();
  crash(tracker);
  EXPECT_FALSE(ctx->saturated);
}

} // namespace dspex::test
