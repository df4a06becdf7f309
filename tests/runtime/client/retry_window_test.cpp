#include "runtime/client/retry_window.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

/// Items are numbers from 1 on; `started` lists them in the order of their
/// starts.
class RetryWindow : public ::testing::Test {
protected:
  void start_all() {
    while (auto next = window_.take_next([this] { return take_new(); }))
      started_.push_back(*next);
  }

  std::optional<int> take_new() {
    return last_ < total_ ? std::optional{++last_} : std::nullopt;
  }

  int total_ = 100;
  int last_ = 0;
  std::vector<int> started_;
  retry_window<int> window_{3};
};

using numbers = std::vector<int>;

} // namespace

TEST_F(RetryWindow, StartsAsManyAsItHasRoomFor) {
  start_all();
  EXPECT_EQ(started_, (numbers{1, 2, 3}));
  window_.on_end();
  start_all();
  EXPECT_EQ(started_, (numbers{1, 2, 3, 4}));
}

TEST_F(RetryWindow, IsEmptyOnceAllItemsHaveEnded) {
  total_ = 2;
  EXPECT_TRUE(window_.empty());
  start_all();
  window_.on_end();
  EXPECT_FALSE(window_.empty());
  window_.on_end();
  start_all();
  EXPECT_TRUE(window_.empty());
  EXPECT_FALSE(window_.needs_pause());
}

TEST_F(RetryWindow, KeepsThePlaceOfARefusedItem) {
  start_all();
  window_.on_refusal(2);
  start_all();
  EXPECT_EQ(started_, (numbers{1, 2, 3})) << "item 4 has no place";
  EXPECT_FALSE(window_.empty());
}

TEST_F(RetryWindow, TriesOneRefusedItemAgainForEachRunThatEnds) {
  start_all();
  window_.on_refusal(2);
  window_.on_refusal(3);
  EXPECT_FALSE(window_.needs_pause()) << "the end of item 1 makes room";
  window_.on_end();
  start_all();
  EXPECT_EQ(started_, (numbers{1, 2, 3, 2, 4}));
  window_.on_end();
  start_all();
  EXPECT_EQ(started_, (numbers{1, 2, 3, 2, 4, 3, 5}));
}

TEST_F(RetryWindow, KeepsNoPermitOfARunThatEndedBeforeTheRefusal) {
  start_all();
  window_.on_end();
  window_.on_refusal(2);
  start_all();
  EXPECT_EQ(started_, (numbers{1, 2, 3, 4}));
}

TEST_F(RetryWindow, TriesOneRefusedItemAfterAPauseWhenNothingElseRuns) {
  start_all();
  for (auto i : {1, 2, 3})
    window_.on_refusal(i);
  EXPECT_TRUE(window_.needs_pause());
  start_all();
  EXPECT_EQ(started_, (numbers{1, 2, 3}));
  window_.on_pause();
  EXPECT_FALSE(window_.needs_pause());
  start_all();
  EXPECT_EQ(started_, (numbers{1, 2, 3, 1}));
  window_.on_refusal(1);
  window_.on_pause();
  start_all();
  EXPECT_EQ(started_, (numbers{1, 2, 3, 1, 2})) << "in the order of refusals";
}

TEST_F(RetryWindow, IgnoresAPauseWhenNothingWasRefused) {
  start_all();
  window_.on_pause();
  window_.on_end();
  window_.on_refusal(2);
  start_all();
  EXPECT_EQ(started_, (numbers{1, 2, 3, 4}));
}

} // namespace dspex::test
