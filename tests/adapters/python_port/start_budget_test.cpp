#include "adapters/python_port/start_budget.hpp"

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

using namespace std::chrono_literals;

class StartBudget : public ::testing::Test {
protected:
  /// A failed start; returns how long the next has to wait.
  std::chrono::steady_clock::duration fail(bool others_work) {
    now_ += 1s;
    budget_.note_failure(now_, others_work);
    return budget_.next_start() - now_;
  }

  start_budget::time_point now_;
  // The defaults of a node.
  start_budget budget_{10, 5min, {.initial = 500ms, .max = 1min}};
};

} // namespace

TEST_F(StartBudget, DoublesTheDelayOfAPoolThatHasNoWorker) {
  for (auto delay = 500ms; delay < 60s; delay *= 2) {
    auto spread = fail(false);
    EXPECT_GE(spread, delay * 4 / 5);
    EXPECT_LE(spread, delay * 6 / 5);
  }
  EXPECT_LE(fail(false), 72s);
}

TEST_F(StartBudget, KeepsTheDelayBelowTwoSecondsWhileOthersWork) {
  for (auto i = 0; i < 10; ++i)
    EXPECT_LE(fail(true), 1200ms);
  EXPECT_FALSE(budget_.exhausted());
  EXPECT_GT(fail(true), 40s) << "the budget is exhausted";
  EXPECT_TRUE(budget_.exhausted());
}

TEST_F(StartBudget, ForgetsWhatWasBeforeASuccess) {
  for (auto i = 0; i < 12; ++i)
    fail(false);
  budget_.note_success();
  EXPECT_FALSE(budget_.exhausted());
  EXPECT_FALSE(budget_.failing());
  EXPECT_LE(budget_.next_start(), now_);
  EXPECT_LE(fail(false), 600ms);
}

} // namespace dspex::test
