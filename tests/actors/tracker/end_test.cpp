// What a tracker does when programs die, when it is stopped, and when somebody
// cancels.

#include <gmock/gmock.h>

#include "tests/actors/tracker/fixture.hpp"

namespace dspex::test {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// -- death of a program -------------------------------------------------------

using TrackerOwner = tracker_test;

TEST_F(TrackerOwner, LeavesItsExecutionsClosedAsFailed) {
  auto second = make_owner();
  auto x = make_record();
  auto y = make_record();
  accept(second, x);
  accept(y);
  advance(1s);
  blow_up(second, "the roof is on fire");
  auto closed = direct().get_execution(x.id).value();
  EXPECT_EQ(closed.status, execution_status::failed);
  EXPECT_EQ(closed.error_code, errc::internal);
  EXPECT_EQ(closed.error_message, "Execution exception: the roof is on fire");
  EXPECT_TRUE(closed.finished_at);
  EXPECT_EQ(stored_status(y), "running");
}

TEST_F(TrackerOwner, DoesNotChangeWhatHasEndedBefore) {
  auto second = make_owner();
  auto x = make_record();
  accept(second, x);
  script.hold_writes = true;
  finish(second, completed(x));
  blow_up(second, "too late");
  release();
  EXPECT_EQ(stored_status(x), "completed");
}

// -- stop ---------------------------------------------------------------------

using TrackerStop = tracker_test;

TEST_F(TrackerStop, FlushesEverythingFirst) {
  script.hold_writes = true;
  auto records = std::vector<execution_record>{};
  for (auto i = 0; i < 3; ++i) {
    records.push_back(make_record());
    finish(completed(records.back()));
  }
  auto before = running();
  caf::anon_send_exit(tracker, caf::exit_reason::user_shutdown);
  settle();
  EXPECT_EQ(running(), before);
  release();
  EXPECT_EQ(running(), before - 1);
  for (auto& x : records)
    EXPECT_EQ(stored_status(x), "completed");
  EXPECT_THAT(first.script->heard, SizeIs(3));
}

TEST_F(TrackerStop, DoesNotWaitForRunsThatHaveNotEnded) {
  // Their programs tell the next tracker, or have stopped before this one.
  accept(make_record());
  auto before = running();
  caf::anon_send_exit(tracker, caf::exit_reason::user_shutdown);
  settle();
  EXPECT_EQ(running(), before - 1);
}

TEST_F(TrackerStop, OutlastsAnOutage) {
  script.away = true;
  auto x = make_record();
  finish(completed(x));
  auto before = running();
  caf::anon_send_exit(tracker, caf::exit_reason::user_shutdown);
  advance(5s);
  EXPECT_EQ(running(), before);
  script.away = false;
  advance(2s);
  EXPECT_EQ(running(), before - 1);
  EXPECT_EQ(stored_status(x), "completed");
}

TEST_F(TrackerStop, IsImmediateWhenThereIsNothingToDo) {
  auto before = running();
  caf::anon_send_exit(tracker, caf::exit_reason::user_shutdown);
  settle();
  EXPECT_EQ(running(), before - 1);
}

// -- cancel -------------------------------------------------------------------

using TrackerCancel = tracker_test;

TEST_F(TrackerCancel, AsksTheProgramThatHasTheRun) {
  auto x = make_record();
  accept(x);
  auto reply = call("execution.cancel", {{"execution", to_string(x.id)}});
  EXPECT_TRUE(reply.value()->is_null());
  ASSERT_THAT(first.script->asked_to_cancel, SizeIs(1));
  EXPECT_EQ(first.script->asked_to_cancel[0], x.id);
}

TEST_F(TrackerCancel, RefusesAFinishedExecution) {
  auto x = make_record();
  finish(completed(x));
  auto reply = call("execution.cancel", {{"execution", to_string(x.id)}});
  EXPECT_EQ(reply.error(),
            (error{errc::invalid_transition, "Execution is already finished"}));
  EXPECT_THAT(first.script->asked_to_cancel, IsEmpty());
}

TEST_F(TrackerCancel, LeavesTheRunOfAnotherNodeAlone) {
  auto x = make_record();
  x.node = node_id::make();
  direct().write({.live = {x}}).value();
  auto reply = call("execution.cancel", {{"execution", to_string(x.id)}});
  EXPECT_EQ(reply.error(),
            (error{errc::conflict, "Another node runs this execution"}));
}

TEST_F(TrackerCancel, DoesNotKnowAnIdThatNobodyUsed) {
  auto id = to_string(execution_id::make());
  auto asked = act(tracker, "execution.cancel", {{"execution", id}});
  advance(150ms);
  EXPECT_EQ(asked.error().code, errc::not_found);
  EXPECT_EQ(call("execution.cancel", {{"execution", "x"}}).error(),
            (error{errc::not_found, "No execution has the id \"x\""}));
}

} // namespace dspex::test
