#include "actors/program/run_book.hpp"

#include <gmock/gmock.h>

namespace dspex::test {

namespace {

class RunBook : public ::testing::Test {
protected:
  static run_book::time_point at(int64_t ms) {
    return run_book::time_point{std::chrono::milliseconds{ms}};
  }

  run& add(run_book::time_point deadline = at(1000)) {
    auto& x = book.add(execution_id::make());
    book.set_deadline(x, deadline);
    return x;
  }

  // A run that has or awaits one of `places`.
  run& enqueue(size_t places, run_book::time_point deadline = at(1000)) {
    auto& x = add(deadline);
    book.enqueue(x, places);
    return x;
  }

  // Ends a run and takes it out.
  void remove(run& x) {
    book.finish(x);
    EXPECT_TRUE(book.take(x.record.id));
  }

  run_book book;
};

} // namespace

TEST_F(RunBook, LetsRunsWaitWhenAllPlacesAreTaken) {
  EXPECT_TRUE(book.enqueue(add(), 1));
  EXPECT_FALSE(book.enqueue(add(), 1));
  EXPECT_EQ(book.running(), 1u);
  EXPECT_EQ(book.waiting(), 1u);
}

TEST_F(RunBook, GivesAFreePlaceToTheRunThatHasWaitedLongest) {
  auto& first = enqueue(1);
  auto& second = enqueue(1);
  auto& third = enqueue(1);
  EXPECT_EQ(book.start_next(1, at(0)), nullptr);
  book.finish(first);
  EXPECT_EQ(book.start_next(1, at(0)), &second);
  EXPECT_EQ(second.at, run_phase::running);
  EXPECT_EQ(book.start_next(1, at(0)), nullptr);
  EXPECT_EQ(third.at, run_phase::waiting);
  EXPECT_EQ(book.running(), 1u);
  EXPECT_EQ(book.waiting(), 1u);
}

TEST_F(RunBook, GivesNoPlaceToARunThatHasEndedInTheLine) {
  auto& first = enqueue(1);
  auto& second = enqueue(1);
  auto& third = enqueue(1);
  EXPECT_EQ(book.finish(second), run_phase::waiting);
  EXPECT_EQ(book.finish(first), run_phase::running);
  EXPECT_EQ(book.start_next(1, at(0)), &third);
  EXPECT_EQ(book.waiting(), 0u);
}

TEST_F(RunBook, GivesNoPlaceToARunThatIsDue) {
  auto& first = enqueue(1);
  auto& second = enqueue(1, at(10));
  book.finish(first);
  EXPECT_EQ(book.start_next(1, at(10)), nullptr);
  EXPECT_EQ(book.take_due(at(10)), &second);
  EXPECT_EQ(second.at, run_phase::waiting);
}

TEST_F(RunBook, CountsARunAsWaitingWhileItAsksOrFollows) {
  auto& x = add();
  EXPECT_EQ(book.waiting(), 0u);
  book.check(x);
  book.follow(x);
  book.check(x);
  EXPECT_EQ(book.waiting(), 1u);
  EXPECT_TRUE(book.enqueue(x, 1));
  EXPECT_EQ(book.waiting(), 0u);
  EXPECT_EQ(book.running(), 1u);
}

TEST_F(RunBook, CountsNoRunThatHasEnded) {
  auto& refused = add();
  auto& follower = add();
  book.check(follower);
  book.follow(follower);
  EXPECT_EQ(book.finish(refused), run_phase::accepted);
  EXPECT_EQ(book.finish(follower), run_phase::following);
  EXPECT_EQ(book.running() + book.waiting(), 0u);
  EXPECT_FALSE(book.empty());
}

TEST_F(RunBook, FindsARunInItsPhaseOnly) {
  auto& x = enqueue(1);
  EXPECT_EQ(book.find(x.record.id), &x);
  EXPECT_EQ(book.find(x.record.id, run_phase::running), &x);
  EXPECT_EQ(book.find(x.record.id, run_phase::ended), nullptr);
  EXPECT_EQ(book.find(execution_id::make()), nullptr);
}

TEST_F(RunBook, TakesOutOnlyWhatHasEnded) {
  auto& x = enqueue(1);
  EXPECT_FALSE(book.take(x.record.id));
  book.finish(x);
  auto node = book.take(x.record.id);
  ASSERT_TRUE(node);
  EXPECT_EQ(&node.mapped(), &x);
  EXPECT_TRUE(book.empty());
  EXPECT_FALSE(book.take(x.record.id));
}

TEST_F(RunBook, GivesRunsThatAreDueOnce) {
  auto& late = enqueue(2, at(20));
  auto& early = enqueue(2, at(10));
  EXPECT_EQ(book.next_deadline(), at(10));
  EXPECT_EQ(book.take_due(at(9)), nullptr);
  EXPECT_EQ(book.take_due(at(20)), &early);
  EXPECT_EQ(book.take_due(at(20)), &late);
  EXPECT_EQ(book.take_due(at(20)), nullptr);
}

TEST_F(RunBook, TellsOnceOfARunThatHasLasted) {
  auto& x = book.add(execution_id::make());
  x.accepted = at(0);
  x.lasts_at = at(10);
  book.set_deadline(x, at(30));
  static_cast<void>(book.enqueue(x, 1));
  EXPECT_EQ(book.next_deadline(), at(10));
  EXPECT_EQ(book.take_due(at(9)), nullptr);
  EXPECT_EQ(book.take_due(at(10)), &x);
  x.told = true;
  EXPECT_EQ(book.take_due(at(29)), nullptr);
  EXPECT_EQ(book.take_due(at(30)), &x);
}

TEST_F(RunBook, WaitsForADeadlineThatWasMoved) {
  auto& x = enqueue(1, at(10));
  book.set_deadline(x, at(30));
  EXPECT_EQ(book.take_due(at(10)), nullptr);
  EXPECT_EQ(book.next_deadline(), at(30));
  EXPECT_EQ(book.take_due(at(30)), &x);
}

TEST_F(RunBook, GivesNoRunThatHasGone) {
  auto& gone = enqueue(2, at(10));
  auto& present = enqueue(2, at(20));
  remove(gone);
  EXPECT_EQ(book.take_due(at(20)), &present);
}

} // namespace dspex::test
