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

  // What is told of each run: "accepted", "started" or "finished".
  static std::map<execution_id, std::string>
  told(const std::vector<run_event>& events) {
    auto out = std::map<execution_id, std::string>{};
    for (auto& event : events)
      if (auto* x = std::get_if<execution_accepted>(&event))
        out[x->record.id] += "accepted";
      else if (auto* y = std::get_if<execution_finished>(&event))
        out[y->record.id] += "finished";
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
  static_cast<void>(box.tell(acceptance_of(x)));
  static_cast<void>(box.tell(execution_started{x.record.id, {}}));
  static_cast<void>(box.tell(end_of(x)));
  EXPECT_EQ(told(box.take_report().events).at(x.record.id),
            "acceptedstartedfinished");
}

TEST_F(Outbox, TellsANewTrackerOfEveryRunThatIsNotConfirmed) {
  auto& running = add(run_phase::running);
  auto& waiting = add(run_phase::waiting);
  auto& ended = add(run_phase::ended);
  add(run_phase::checking);
  add(run_phase::following);
  EXPECT_EQ(told(events_for_new_tracker(book)),
            (std::map<execution_id, std::string>{
              {running.record.id, "accepted"},
              {waiting.record.id, "accepted"},
              {ended.record.id, "finished"},
            }));
  EXPECT_TRUE(running.announced);
  EXPECT_TRUE(waiting.announced);
}

TEST_F(Outbox, ReportsAtLastTheEndsOfRunsThatWereNeverAnnounced) {
  auto& announced = add(run_phase::running);
  announced.announced = true;
  auto& untold = add(run_phase::running);
  auto& waiting = add(run_phase::waiting);
  add(run_phase::checking);
  auto last = last_report({}, book);
  EXPECT_EQ(told(last.events), (std::map<execution_id, std::string>{
                                 {untold.record.id, "finished"},
                                 {waiting.record.id, "finished"},
                               }));
}

TEST_F(Outbox, ReportsAtLastWhatWasAboutToLeave) {
  auto& ended = add(run_phase::ended);
  auto& begun = add(run_phase::running);
  auto unsent = run_report{};
  unsent.events.emplace_back(acceptance_of(begun));
  unsent.events.emplace_back(execution_started{begun.record.id, {}});
  unsent.events.emplace_back(end_of(ended));
  auto last = last_report(std::move(unsent), book);
  EXPECT_THAT(last.events, SizeIs(2));
  EXPECT_EQ(told(last.events), (std::map<execution_id, std::string>{
                                 {ended.record.id, "finished"},
                                 {begun.record.id, "finished"},
                               }));
}

TEST_F(Outbox, TellsWhetherTheStoreHoldsTheRun) {
  auto& x = add(run_phase::running);
  EXPECT_FALSE(acceptance_of(x).in_store);
  x.check = std::make_unique<precondition>();
  x.check->claimed = true;
  EXPECT_TRUE(acceptance_of(x).in_store);
  EXPECT_TRUE(end_of(x).in_store);
}

} // namespace dspex::test
