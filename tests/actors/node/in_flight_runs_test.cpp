#include "actors/node/in_flight_runs.hpp"

#include <gmock/gmock.h>

namespace dspex::test {

namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class in_flight_test : public ::testing::Test {
protected:
  execution_record record_of(const open_run& x) const {
    auto out = execution_record{};
    out.id = x.id();
    out.program_id = program;
    out.inputs = document{{{"question", "why?"}}};
    out.executed_at = out.inserted_at = out.updated_at = now();
    return out;
  }

  std::shared_ptr<open_run> add_shown() {
    auto x = runs.add(execution_id::make());
    EXPECT_TRUE(x->take({}));
    x->show(record_of(*x));
    return x;
  }

  program_id program = program_id::make();
  std::shared_ptr<std::atomic<uint64_t>> count
    = std::make_shared<std::atomic<uint64_t>>(0);
  in_flight_runs runs{count};
};

} // namespace

using InFlightRuns = in_flight_test;

TEST_F(InFlightRuns, HoldARunFromWhenItIsSentUntilItLeaves) {
  auto x = runs.add(execution_id::make());
  EXPECT_TRUE(runs.contains(x->id()));
  EXPECT_FALSE(runs.find(x->id()));
  EXPECT_TRUE(x->take({}));
  auto record = record_of(*x);
  x->show(record);
  EXPECT_EQ(runs.find(x->id()), record);
  EXPECT_EQ(runs.size(), 1u);
  x->leave();
  x->leave();
  EXPECT_FALSE(runs.contains(x->id()));
  EXPECT_EQ(runs.size(), 0u);
}

TEST_F(InFlightRuns, ForgetARunThatEverybodyHasLetGo) {
  auto x = add_shown();
  auto id = x->id();
  x = nullptr;
  EXPECT_FALSE(runs.contains(id));
  EXPECT_EQ(runs.size(), 0u);
}

TEST_F(InFlightRuns, RefuseAnIdThatIsTaken) {
  auto x = runs.add(execution_id::make());
  EXPECT_EQ(runs.add(x->id()), nullptr);
  EXPECT_TRUE(runs.contains(x->id()));
  x->leave();
  EXPECT_NE(runs.add(x->id()), nullptr);
}

TEST_F(InFlightRuns, ShowARunAsRunningOnceItHasStarted) {
  auto x = add_shown();
  EXPECT_EQ(runs.find(x->id())->status, execution_status::pending);
  auto t = now();
  x->start(t);
  auto seen = *runs.find(x->id());
  EXPECT_EQ(seen.status, execution_status::running);
  EXPECT_EQ(seen.started_at, t);
  EXPECT_EQ(seen.updated_at, t);
}

TEST_F(InFlightRuns, KeepATaskUntilItIsClearWhetherARunIsShown) {
  auto done = 0;
  auto task = [&] { ++done; };
  auto shown = runs.add(execution_id::make());
  auto aside = runs.add(execution_id::make());
  auto gone = runs.add(execution_id::make());
  EXPECT_TRUE(aside->take({}));
  for (auto& x : {shown, aside, gone})
    EXPECT_TRUE(runs.when_decided(x->id(), task));
  EXPECT_EQ(done, 0);
  shown->show(record_of(*shown));
  EXPECT_EQ(done, 1);
  aside->step_aside();
  EXPECT_EQ(done, 2);
  gone->leave();
  EXPECT_EQ(done, 3);
  for (auto& x : {shown, aside, gone})
    EXPECT_FALSE(runs.when_decided(x->id(), task));
  EXPECT_EQ(done, 3);
}

TEST_F(InFlightRuns, CancelARunBeforeItIsTakenByThemselves) {
  auto x = runs.add(execution_id::make());
  EXPECT_EQ(runs.cancel(x->id()), caf::actor_addr{});
  EXPECT_FALSE(x->take({}));
  EXPECT_FALSE(runs.cancel(execution_id::make()));
}

TEST_F(InFlightRuns, CountTheRunsOfAProgramThatTheStoreDoesNotCount) {
  auto x = add_shown();
  auto y = add_shown();
  auto sent = runs.add(execution_id::make());
  EXPECT_EQ(runs.count(program), 2u);
  EXPECT_EQ(runs.count(program_id::make()), 0u);
  y->note_stored();
  EXPECT_EQ(runs.count(program), 1u);
}

TEST_F(InFlightRuns, ListTheNewestFirst) {
  auto all = std::vector<std::shared_ptr<open_run>>{};
  for (auto i = 0; i < 100; ++i)
    all.push_back(add_shown());
  auto sent = runs.add(execution_id::make());
  auto listed = runs.newest({}, {}, 10);
  ASSERT_THAT(listed, SizeIs(10));
  for (size_t i = 0; i < 10; ++i)
    EXPECT_EQ(listed[i].id, all[99 - i]->id());
  listed = runs.newest({}, all[5]->id(), 10);
  ASSERT_THAT(listed, SizeIs(5));
  EXPECT_EQ(listed[0].id, all[4]->id());
  EXPECT_THAT(runs.newest({.status = execution_status::running}, {}, 10),
              IsEmpty());
}

} // namespace dspex::test
