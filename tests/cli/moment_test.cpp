#include "cli/moment.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

const auto noon = *timestamp_from_string("2026-01-31T12:00:00.000000Z");

std::string read(std::string_view text) {
  auto moment = cli::read_moment("--since", text, noon);
  return moment ? to_string(*moment) : to_string(moment.error());
}

} // namespace

TEST(Moment, IsATimeInUtcOrADate) {
  EXPECT_EQ(read("2026-01-02T03:04:05Z"), "2026-01-02T03:04:05.000000Z");
  EXPECT_EQ(read("2026-01-02T03:04:05.5Z"), "2026-01-02T03:04:05.500000Z");
  EXPECT_EQ(read("2026-01-02T03:04:05.123456Z"), "2026-01-02T03:04:05.123456Z");
  EXPECT_EQ(read("2026-01-02"), "2026-01-02T00:00:00.000000Z");
}

TEST(Moment, IsAnAge) {
  EXPECT_EQ(read("90s"), "2026-01-31T11:58:30.000000Z");
  EXPECT_EQ(read("90m"), "2026-01-31T10:30:00.000000Z");
  EXPECT_EQ(read("12h"), "2026-01-31T00:00:00.000000Z");
  EXPECT_EQ(read("30d"), "2026-01-01T12:00:00.000000Z");
  EXPECT_EQ(read("2w"), "2026-01-17T12:00:00.000000Z");
  EXPECT_EQ(read("0d"), "2026-01-31T12:00:00.000000Z");
}

TEST(Moment, IsNothingElse) {
  for (auto text : {"", "d", "30", "30x", "30 d", "-1d", "1.5h", "99999999999d",
                    "4294967295w", "2026-13-01", "2026-01-02T03:04:05",
                    "2026-01-02T03:04:05+01:00", "2026-01-02T03:04:05.1234567Z",
                    "2026-01-02T03:04Z", "2026-01-02T03:04:05xZ", "tomorrow"})
    EXPECT_EQ(read(text), "invalid_option: --since: expected a moment such as "
                          "2026-01-31T12:00:00Z or an age such as 30d, got \""
                            + std::string{text} + '"');
}

} // namespace dspex::test
