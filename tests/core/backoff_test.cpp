#include "core/backoff.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

using namespace std::chrono_literals;

using delays = std::vector<std::chrono::nanoseconds>;

} // namespace

TEST(Backoff, DoublesTheDelayPerFailureUpToItsMaximum) {
  auto random = std::mt19937_64{1};
  auto b = backoff{.initial = 100ms, .max = 1s, .jitter = 0};
  auto spread = delays{};
  auto plain = delays{};
  for (size_t i = 1; i <= 6; ++i) {
    spread.push_back(b.delay(i, random));
    plain.push_back(b.delay(i));
  }
  auto expected = delays{100ms, 200ms, 400ms, 800ms, 1s, 1s};
  EXPECT_EQ(spread, expected);
  EXPECT_EQ(plain, expected);
}

TEST(Backoff, StaysAtItsMaximumAfterAnyNumberOfFailures) {
  auto random = std::mt19937_64{1};
  auto b = backoff{.initial = 100ms, .max = 30s, .jitter = 0};
  EXPECT_EQ(b.delay(1'000'000, random), 30s);
}

TEST(Backoff, NeverWaitsLongerThanItsMaximumEvenAtFirst) {
  EXPECT_EQ((backoff{.initial = 2s, .max = 1s}.delay(1)), 1s);
}

TEST(Backoff, SpreadsOverTheWholeFractionAndNoFurther) {
  auto random = std::mt19937_64{7};
  auto b = backoff{.initial = 100ms, .max = 30s, .jitter = 0.2};
  auto least = std::chrono::nanoseconds{1h};
  auto most = std::chrono::nanoseconds{0};
  for (auto i = 0; i < 10'000; ++i) {
    auto x = b.delay(1, random);
    least = std::min(least, x);
    most = std::max(most, x);
  }
  EXPECT_GE(least, 80ms);
  EXPECT_LT(least, 81ms);
  EXPECT_GT(most, 119ms);
  EXPECT_LE(most, 120ms);
}

TEST(Backoff, DependsOnTheSeedAlone) {
  auto of_seed = [](uint64_t seed) {
    auto random = std::mt19937_64{seed};
    auto out = delays{};
    for (size_t i = 1; i < 10; ++i)
      out.push_back(backoff{}.delay(i, random));
    return out;
  };
  EXPECT_EQ(of_seed(3), of_seed(3));
  EXPECT_NE(of_seed(3), of_seed(4));
}

} // namespace dspex::test
