// A tracker over a store that takes two writers at a time.

#include <gmock/gmock.h>

#include "tests/actors/tracker/fixture.hpp"
#include "tests/support/forwarding_database.hpp"

namespace dspex::test {

using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

class wide_database : public forwarding_database {
public:
  using forwarding_database::forwarding_database;

  [[nodiscard]] size_t max_writers() const noexcept override {
    return 2;
  }
};

/// Two programs, `program` and `other`, that have different lanes.
class tracker_lanes_test : public tracker_test {
protected:
  void SetUp() override {
    ctx->store = std::make_shared<wide_database>(ctx->store);
    tracker_test::SetUp();
    auto lane = [](program_id id) { return std::hash<program_id>{}(id) % 2; };
    do
      other = add_program(json::object(), "other");
    while (lane(other.id) == lane(program.id));
  }

  execution_record record_of(const program_record& x) {
    auto out = make_record();
    out.program_id = x.id;
    return out;
  }

  program_record other;
};

} // namespace

using TrackerLanes = tracker_lanes_test;

TEST_F(TrackerLanes, HaveABatchOutEach) {
  script.hold_writes = true;
  for (auto i = 0; i < 3; ++i) {
    finish(completed(record_of(program)));
    finish(completed(record_of(other)));
  }
  EXPECT_EQ(script.writes, 2u);
  release();
  EXPECT_EQ(script.writes, 4u);
  EXPECT_THAT(first.script->heard, SizeIs(6));
}

TEST_F(TrackerLanes, MarkTheirBatchesAlsoOnceTheyAreCut) {
  auto lane = write_lane{7, 10};
  for (auto i = 0; i < 2; ++i)
    lane.add(completed(record_of(program)), nullptr);
  auto never = [](execution_id) { return false; };
  auto whole = lane.next(never);
  ASSERT_NE(whole, nullptr);
  EXPECT_EQ(whole->lane, 7u);
  lane.cut(whole);
  for (auto i = 0; i < 2; ++i) {
    auto half = lane.next(never);
    ASSERT_NE(half, nullptr);
    EXPECT_EQ(half->finished.size(), 1u);
    EXPECT_EQ(half->lane, 7u);
    lane.settled();
  }
}

TEST_F(TrackerLanes, DoNotWaitForEachOther) {
  script.hold_writes = true;
  auto x = record_of(program);
  finish(completed(x));
  script.hold_writes = false;
  auto y = record_of(other);
  finish(completed(y));
  EXPECT_EQ(stored_status(y), "completed");
  EXPECT_EQ(stored_status(x), "not_found");
  EXPECT_THAT(first.script->heard, SizeIs(1));
}

TEST_F(TrackerLanes, WriteALiveRowBeforeTheTerminalOne) {
  auto x = record_of(program);
  accept(x);
  script.hold_writes = true;
  advance(1s);
  ASSERT_EQ(script.writes, 1u);
  // The terminal row could leave on the other connection, which is free.
  script.hold_writes = false;
  finish(completed(x));
  EXPECT_EQ(script.writes, 1u);
  EXPECT_EQ(stored_status(x), "not_found");
  release();
  EXPECT_EQ(stored_status(x), "completed");
  EXPECT_EQ(direct().get_statistics(program.id)->in_progress, 0u);
}

TEST_F(TrackerLanes, DropALiveRowWhoseRunHasEnded) {
  auto x = record_of(program);
  accept(x);
  advance(500ms);
  script.hold_writes = true;
  finish(completed(record_of(program)));
  advance(500ms);
  finish(completed(x));
  release();
  EXPECT_EQ(script.writes, 2u);
  EXPECT_EQ(stored_status(x), "completed");
}

TEST_F(TrackerLanes, RideOutAnOutageEachForItself) {
  script.away = true;
  auto x = record_of(program);
  auto y = record_of(other);
  finish(completed(x));
  advance(99ms);
  finish(completed(y));
  EXPECT_EQ(script.writes, 2u);
  EXPECT_EQ(ctx->metrics.store_outages, 1u);
  script.away = false;
  advance(1ms);
  EXPECT_EQ(stored_status(x), "completed");
  EXPECT_EQ(stored_status(y), "not_found");
  advance(99ms);
  EXPECT_EQ(stored_status(y), "completed");
  EXPECT_THAT(first.script->heard, SizeIs(2));
}

TEST_F(TrackerLanes, CutOutAPoisonedRowWithoutDelayForTheOtherOne) {
  script.hold_writes = true;
  finish(completed(record_of(program)));
  auto poisoned = completed(record_of(program));
  poisoned.outputs = document{{{"answer", std::string{"\0", 1}}}};
  finish(poisoned);
  auto neighbour = record_of(program);
  finish(completed(neighbour));
  script.hold_writes = false;
  auto y = record_of(other);
  finish(completed(y));
  EXPECT_EQ(stored_status(y), "completed");
  release();
  EXPECT_EQ(stored_status(neighbour), "completed");
  EXPECT_EQ(stored_status(poisoned), "not_found");
  ASSERT_THAT(first.script->heard, SizeIs(4));
  for (auto& heard : first.script->heard)
    EXPECT_EQ(heard.outcome.has_value(), heard.id != poisoned.id);
}

TEST_F(TrackerLanes, AreAllFlushedBeforeTheTrackerEnds) {
  script.hold_writes = true;
  auto x = record_of(program);
  auto y = record_of(other);
  finish(completed(x));
  finish(completed(y));
  auto before = running();
  caf::anon_send_exit(tracker, caf::exit_reason::user_shutdown);
  settle();
  EXPECT_EQ(running(), before);
  release();
  EXPECT_EQ(running(), before - 1);
  EXPECT_EQ(stored_status(x), "completed");
  EXPECT_EQ(stored_status(y), "completed");
}

} // namespace dspex::test
