#include "persistence/histogram.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace dspex::test {

TEST(Histogram, MiddleOfABucketIsWithinFourPercentOfItsValues) {
  for (int64_t x = 1; x < std::numeric_limits<int64_t>::max() / 3;
       x += x / 7 + 1) {
    auto middle = histogram::middle_of(histogram::bucket_of(x));
    auto exact = static_cast<double>(x);
    EXPECT_NEAR(middle, exact, exact * 0.04) << x;
  }
}

TEST(Histogram, BucketsGrowWithTheDuration) {
  auto last = histogram::bucket_of(0);
  EXPECT_EQ(last, 0u);
  for (int64_t x = 1; x < 100'000; ++x) {
    auto next = histogram::bucket_of(x);
    EXPECT_TRUE(next == last || next == last + 1) << x;
    last = next;
  }
}

TEST(Histogram, ExtremesHaveBuckets) {
  EXPECT_EQ(histogram::bucket_of(std::numeric_limits<int64_t>::max()),
            histogram::max_bucket);
  EXPECT_EQ(histogram::bucket_of(-5), 0u);
}

TEST(Histogram, ShortDurationsAreExact) {
  auto x = histogram{};
  for (int64_t i = 1; i <= 10; ++i)
    x.add(i);
  EXPECT_EQ(x.quantile(0.5), 5.0);
  EXPECT_EQ(x.quantile(1.0), 10.0);
  EXPECT_EQ(x.quantile(0.01), 1.0);
}

TEST(Histogram, EmptyOneHasNoQuantiles) {
  EXPECT_EQ(histogram{}.quantile(0.5), std::nullopt);
  EXPECT_EQ(histogram{}.count(), 0u);
}

TEST(Histogram, SumOfBucketsEqualsTheWhole) {
  auto whole = histogram{};
  auto first = histogram{};
  auto second = histogram{};
  for (int64_t i = 0; i < 500; ++i) {
    whole.add(i * i);
    (i % 2 == 0 ? first : second).add(i * i);
  }
  for (auto& [bucket, count] : second.buckets())
    first.add_bucket(bucket, count);
  EXPECT_EQ(first.buckets(), whole.buckets());
  EXPECT_EQ(first.count(), 500u);
}

} // namespace dspex::test
