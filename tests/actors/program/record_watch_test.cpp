#include "actors/program/record_watch.hpp"

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

class RecordWatch : public ::testing::Test {
protected:
  static record_watch::time_point at(int64_t ms) {
    return record_watch::time_point{std::chrono::milliseconds{ms}};
  }

  static record_watch::task nothing() {
    return [] {};
  }

  record_watch watch;
};

} // namespace

TEST_F(RecordWatch, TrustsARecordForASecond) {
  watch.renew(at(5000));
  EXPECT_TRUE(watch.is_fresh(at(6000)));
  EXPECT_FALSE(watch.is_fresh(at(6001)));
}

TEST_F(RecordWatch, DistrustsAnExpiredRecord) {
  watch.renew(at(5000));
  watch.expire();
  EXPECT_FALSE(watch.is_fresh(at(5000)));
}

TEST_F(RecordWatch, RefreshesOnceForAllThatWait) {
  auto refresh = watch.wait(nothing());
  ASSERT_TRUE(refresh);
  EXPECT_TRUE(refresh->ask);
  EXPECT_FALSE(watch.wait(nothing()));
  watch.on_answer();
  EXPECT_EQ(watch.end(at(5000)).size(), 2u);
  EXPECT_TRUE(watch.empty());
  EXPECT_TRUE(watch.is_fresh(at(5000)));
}

TEST_F(RecordWatch, TrustsNoRecordWhileSomethingWaits) {
  watch.renew(at(5000));
  watch.hold();
  EXPECT_FALSE(watch.is_fresh(at(5000)));
  EXPECT_FALSE(watch.wait(nothing()));
  EXPECT_EQ(watch.end(at(5000)).size(), 2u);
}

TEST_F(RecordWatch, DoesNotAskAgainWhileTheStoreHasNotAnswered) {
  auto first = watch.wait(nothing());
  EXPECT_EQ(watch.give_up(first->number, at(1000)).size(), 1u);
  auto second = watch.wait(nothing());
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->ask);
  watch.on_answer();
  EXPECT_EQ(watch.end(at(5000)).size(), 1u);
  EXPECT_TRUE(watch.wait(nothing())->ask);
}

TEST_F(RecordWatch, DoesNotGiveUpARefreshThatHasEnded) {
  auto first = watch.wait(nothing());
  static_cast<void>(watch.end(at(500)));
  static_cast<void>(watch.wait(nothing()));
  EXPECT_TRUE(watch.give_up(first->number, at(1000)).empty());
  EXPECT_FALSE(watch.empty());
}

} // namespace dspex::test
