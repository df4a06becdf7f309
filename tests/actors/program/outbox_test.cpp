#include "actors/program/outbox.hpp"

#include <map>
#include <variant>

#include <gmock/gmock.h>

namespace dspex::test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

class Outbox : public ::testing::Test {
protected:
  using due = outbox::due;

  run& add(run_phase at) {
    auto& x = book.add(execution_id::make());
    x.at = at;
    return x;
  }

  // What is told of each run: "lasts", "started", "finished" or "abandoned".
  static std::map<execution_id, std::string>
  told(const std::vector<run_event>& events) {
    auto out = std::map<execution_id, std::string>{};
    for (auto& event : events)
      if (auto* x = std::get_if<execution_lasted>(&event))
        out[x->record.id] += "lasts";
      else if (auto* y = std::get_if<execution_finished>(&event))
        out[y->record.id] += "finished";
      else if (auto* z = std::get_if<execution_abandoned>(&event))
        out[z->record.id] += "abandoned";
      else
        out[std::get<execution_started>(event).id] += "started";
    return out;
  }

  outbox box;
  run_book book;
};

} // namespace

TEST_F(Outbox, IsSentOnceATurnUnlessABundleIsFull) {
  EXPECT_TRUE(box.empty());
  EXPECT_EQ(box.start(execution_id::make()), due::next_turn);
  EXPECT_EQ(box.tell(execution_started{}), due::this_turn);
  for (size_t i = 2; i < outbox::bundle; ++i)
    EXPECT_EQ(box.start(execution_id::make()), due::this_turn);
  EXPECT_EQ(box.start(execution_id::make()), due::now);
  EXPECT_THAT(box.take_starts(), SizeIs(outbox::bundle));
  EXPECT_EQ(box.start(execution_id::make()), due::this_turn);
  EXPECT_THAT(box.take_report().events, SizeIs(1));
}

TEST_F(Outbox, FillsABundleForTheTracker) {
  for (size_t i = 1; i < outbox::bundle; ++i)
    EXPECT_NE(box.tell(execution_started{}), due::now);
  EXPECT_EQ(box.tell(execution_started{}), due::now);
}

TEST_F(Outbox, IsEmptyOnceItWasClosed) {
  static_cast<void>(box.start(execution_id::make()));
  static_cast<void>(box.take_starts());
  EXPECT_FALSE(box.empty());
  box.close();
  EXPECT_TRUE(box.empty());
  EXPECT_THAT(box.take_starts(), IsEmpty());
  EXPECT_THAT(box.take_report().events, IsEmpty());
  EXPECT_EQ(box.tell(execution_started{}), due::next_turn);
}

TEST_F(Outbox, KeepsTheOrderOfEvents) {
  auto& x = add(run_phase::running);
  static_cast<void>(box.tell(lasting(x)));
  static_cast<void>(box.tell(execution_started{x.record.id, {}}));
  static_cast<void>(box.tell(end_of(x)));
  EXPECT_EQ(told(box.take_report().events).at(x.record.id),
            "lastsstartedfinished");
}

TEST_F(Outbox, TellsANewTrackerOfRunsThatLastAndOfEndsThatAreNotConfirmed) {
  auto& running = add(run_phase::running);
  auto& waiting = add(run_phase::waiting);
  running.told = waiting.told = true;
  auto& ended = add(run_phase::ended);
  add(run_phase::running);
  add(run_phase::checking);
  add(run_phase::following);
  EXPECT_EQ(told(events_for_new_tracker(book)),
            (std::map<execution_id, std::string>{
              {running.record.id, "lasts"},
              {waiting.record.id, "lasts"},
              {ended.record.id, "finished"},
            }));
}

TEST_F(Outbox, ReportsAtLastEveryRecordThatIsNotConfirmed) {
  auto& running = add(run_phase::running);
  auto& waiting = add(run_phase::waiting);
  waiting.told = true;
  auto& ended = add(run_phase::ended);
  add(run_phase::checking);
  add(run_phase::following);
  EXPECT_EQ(told(last_report(book).events),
            (std::map<execution_id, std::string>{
              {running.record.id, "abandoned"},
              {waiting.record.id, "abandoned"},
              {ended.record.id, "finished"},
            }));
}

TEST_F(Outbox, TellsWhetherTheStoreHoldsTheRunThatLasts) {
  auto& x = add(run_phase::running);
  EXPECT_FALSE(lasting(x).in_store);
  EXPECT_TRUE(x.told);
  x.check = std::make_unique<precondition>();
  x.check->claimed = true;
  EXPECT_TRUE(lasting(x).in_store);
}

} // namespace dspex::test
