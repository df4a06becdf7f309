// Values of a run against its signature.

#include "actors/executions/validate.hpp"

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

constexpr size_t enough = 1000;

any_signature counting() {
  return any_signature::parse("n: int -> m: int").value();
}

} // namespace

TEST(Validate, RecordsWhatTheLanguageConverts) {
  auto given = document{{{"n", 2.0}}};
  auto values = given;
  ASSERT_TRUE(make_valid(counting(), side::inputs, values, enough));
  EXPECT_EQ(dump_json(*values), R"({"n":2})");
  EXPECT_EQ(dump_json(*given), R"({"n":2.0})") << "it is the caller's";
}

TEST(Validate, SharesWhatFits) {
  auto given = document{{{"n", 2}}};
  auto values = given;
  ASSERT_TRUE(make_valid(counting(), side::inputs, values, enough));
  EXPECT_EQ(&values.value(), &given.value());
}

TEST(Validate, ChangesOnlyWhatIsValid) {
  auto wrong = json{{"m", "two"}};
  auto refused = make_valid(counting(), side::outputs, wrong);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::invalid_output);
  EXPECT_EQ(dump_json(wrong), R"({"m":"two"})");
  auto right = json{{"m", 2}};
  ASSERT_TRUE(make_valid(counting(), side::outputs, right));
  EXPECT_EQ(dump_json(right), R"({"m":2})");
  auto to_convert = json{{"m", 2.0}};
  ASSERT_TRUE(make_valid(counting(), side::outputs, to_convert));
  EXPECT_EQ(dump_json(to_convert), R"({"m":2})");
}

} // namespace dspex::test
