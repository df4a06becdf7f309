#include "messages/promise.hpp"

#include <optional>

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

/// Makes promises and notes how the last one was answered.
class Promise : public ::testing::Test {
protected:
  promise<int> make() {
    return {[this](result<int> x, bool dropped) {
              outcome_ = std::move(x);
              dropped_ = dropped;
            },
            errc::backend_unavailable, stopping_};
  }

  std::shared_ptr<std::atomic<bool>> stopping_
    = std::make_shared<std::atomic<bool>>(false);
  std::optional<result<int>> outcome_;
  bool dropped_ = false;
};

} // namespace

TEST_F(Promise, SaysThatItWasDroppedWhenItsLastCopyGoesAway) {
  {
    auto last = std::optional{make()};
    auto copy = last;
    last.reset();
    EXPECT_FALSE(outcome_);
  }
  EXPECT_TRUE(dropped_);
  EXPECT_EQ(outcome_->error().code, errc::backend_unavailable);
}

TEST_F(Promise, SaysThatTheNodeStopsIfItIsDroppedThen) {
  *stopping_ = true;
  make();
  EXPECT_TRUE(dropped_);
  EXPECT_EQ(outcome_->error().code, errc::shutting_down);
}

TEST_F(Promise, IsNotDroppedByAnAnswerWhateverThatSays) {
  make().deliver(1);
  EXPECT_EQ(*outcome_, 1);
  EXPECT_FALSE(dropped_);
  make().deliver(error{errc::overloaded, "full"});
  EXPECT_EQ(outcome_->error().message, "full");
  EXPECT_FALSE(dropped_);
}

TEST_F(Promise, TellsThatItWasDroppedAlsoWhileItHoldsSomething) {
  auto held = std::make_shared<int>(1);
  make().hold(held);
  EXPECT_TRUE(dropped_);
  EXPECT_EQ(held.use_count(), 1);
}

} // namespace dspex::test
