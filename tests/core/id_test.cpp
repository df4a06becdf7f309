#include "dspex/id.hpp"

#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace dspex::test {

TEST(Uuid, HasVersionSevenAndTheRfcVariant) {
  auto text = to_string(uuid::make());
  ASSERT_EQ(text.size(), 36u);
  EXPECT_EQ(text[14], '7');
  EXPECT_NE(std::string_view{"89ab"}.find(text[19]), std::string_view::npos);
}

TEST(Uuid, IdsOfAThreadStrictlyIncrease) {
  auto last = uuid::make();
  for (int i = 0; i < 50'000; ++i) {
    auto next = uuid::make();
    ASSERT_LT(last, next);
    last = next;
  }
}

TEST(Uuid, IdsOfManyThreadsAreDistinct) {
  constexpr size_t threads = 4;
  constexpr size_t each = 5000;
  auto made = std::vector<std::vector<uuid>>(threads);
  {
    auto running = std::vector<std::jthread>{};
    for (auto& mine : made)
      running.emplace_back([&mine] {
        for (size_t i = 0; i < each; ++i)
          mine.push_back(uuid::make());
      });
  }
  auto distinct = std::set<uuid>{};
  for (auto& xs : made)
    distinct.insert(xs.begin(), xs.end());
  EXPECT_EQ(distinct.size(), threads * each);
}

TEST(Uuid, TextOrderIsByteOrder) {
  auto low = uuid::make();
  auto high = uuid::make();
  EXPECT_LT(to_string(low), to_string(high));
}

TEST(Uuid, EachByteDecidesBeforeThoseBehindIt) {
  for (size_t i = 0; i < 16; ++i) {
    auto low = uuid{};
    auto high = uuid{};
    low.bytes[i] = 0x7F;
    high.bytes[i] = 0x80;
    if (i < 15)
      low.bytes[i + 1] = 0xFF;
    EXPECT_LT(low, high) << i;
    EXPECT_NE(low, high) << i;
  }
}

TEST(Uuid, KnowsWhenItWasMade) {
  auto before = now() - std::chrono::milliseconds{1};
  auto made_at = std::optional<timestamp>{};
  // A thread that has made many ids is ahead of the clock; a new thread is not.
  std::thread{[&] { made_at = uuid::make().made_at(); }}.join();
  ASSERT_TRUE(made_at);
  EXPECT_GE(*made_at, before);
  EXPECT_LE(*made_at, now());
  EXPECT_EQ(
    to_string(*uuid::parse("0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b")->made_at()),
    "2024-07-11T12:09:25.716000Z");
  EXPECT_FALSE(uuid::parse("0190a1b2-c3d4-4e5f-8a6b-7c8d9e0f1a2b")->made_at());
}

TEST(Uuid, ReadsEitherCaseAndNothingElse) {
  auto text = std::string{"0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b"};
  auto id = uuid::parse(text);
  ASSERT_TRUE(id);
  EXPECT_EQ(to_string(*id), text);
  EXPECT_EQ(uuid::parse("0190A1B2-C3D4-7E5F-8A6B-7C8D9E0F1A2B"), id);
  for (auto bad : {"", "0190a1b2", "0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2",
                   "0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2bb",
                   "0190a1b2c3d4-7e5f-8a6b-7c8d9e0f1a2b-",
                   "g190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b"})
    EXPECT_FALSE(uuid::parse(bad)) << bad;
}

TEST(Timestamp, RoundTripsThroughText) {
  for (auto text :
       {"1970-01-01T00:00:00.000000Z", "2026-01-31T12:34:56.123456Z",
        "2024-02-29T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59.999999Z"}) {
    auto t = timestamp_from_string(text);
    ASSERT_TRUE(t) << text;
    EXPECT_EQ(to_string(*t), text);
  }
  auto present = now();
  EXPECT_EQ(timestamp_from_string(to_string(present)), present);
}

TEST(Timestamp, CountsMicrosecondsSince1970) {
  auto t = timestamp_from_string("1970-01-02T00:00:00.000001Z");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->time_since_epoch().count(), 86'400'000'001);
}

TEST(Timestamp, RefusesOtherForms) {
  for (auto bad :
       {"", "2026-01-31", "2026-01-31T12:34:56Z", "2026-02-30T00:00:00.000000Z",
        "2026-01-31T24:00:00.000000Z", "2026-01-31T12:60:00.000000Z",
        "2026-01-31T12:34:61.000000Z", "2026-01-31 12:34:56.123456Z",
        "2026-13-01T00:00:00.000000Z", "2026-01-31T12:34:56.12345xZ"})
    EXPECT_FALSE(timestamp_from_string(bad)) << bad;
}

} // namespace dspex::test
