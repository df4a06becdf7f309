#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dspex/any_signature.hpp"

namespace dspex::test::union_types {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<problem> check(const std::string& type, json value,
                           json* after = nullptr) {
  auto sig = any_signature::parse("a: " + type + " -> b").value();
  json values{{"a", std::move(value)}};
  auto result = sig.validate(side::inputs, values);
  if (after != nullptr)
    *after = values["a"];
  return result;
}

TEST(Union, AcceptsWhatOneAlternativeAccepts) {
  EXPECT_THAT(check("int | str", 1), IsEmpty());
  EXPECT_THAT(check("int | str", "x"), IsEmpty());
  EXPECT_THAT(check("int | none", nullptr), IsEmpty());
  EXPECT_THAT(check("int(max=3) | int(min=10)", 12), IsEmpty());
  EXPECT_THAT(check("list[int] | list[str]", json::array({"a"})), IsEmpty());
}

TEST(Union, TakesANumberAsItIs) {
  json after;
  EXPECT_THAT(check("int | float", 2.0, &after), IsEmpty());
  EXPECT_TRUE(after.is_number_float());
  EXPECT_THAT(check("list[int] | list[float]", json::array({2.0}), &after),
              IsEmpty());
  EXPECT_TRUE(after[0].is_number_float());
}

TEST(Union, ConvertsNothing) {
  json after;
  EXPECT_THAT(
    check("int | str", 2.0, &after),
    ElementsAre(problem{"/a", "type", "Field a: must be int | str, got 2.0"}));
  EXPECT_TRUE(after.is_number_float());
  EXPECT_THAT(
    check("int | none", 2.0),
    ElementsAre(problem{"/a", "type", "Field a: must be an integer, got 2.0"}));
  EXPECT_THAT(
    check("literal[2] | none", 2.0),
    ElementsAre(problem{"/a", "choice", "Field a: must be one of 2, got 2.0"}));
}

TEST(Union, SaysWhatIsWrongWithTheOnlyAlternativeToNone) {
  EXPECT_THAT(
    check("none | list[int(min=0)]", json::array({1, -1, "x"})),
    ElementsAre(
      problem{"/a/1", "range", "Field a[1]: must be at least 0, got -1"},
      problem{"/a/2", "type", "Field a[2]: must be an integer, got \"x\""}));
}

TEST(Union, NamesItsAlternativesWhenNoneFits) {
  EXPECT_THAT(
    check("int(min=0) | str | none", -1),
    ElementsAre(problem{"/a", "type",
                        "Field a: must be int(min=0) | str | none, got -1"}));
}

TEST(Union, ReportsInsideAList) {
  EXPECT_THAT(check("list[int | str]", json::array({1, "x", true})),
              ElementsAre(problem{"/a/2", "type",
                                  "Field a[2]: must be int | str, got true"}));
}

TEST(Union, ConvertsAfterItOutsideOfIt) {
  auto sig = any_signature::parse("a: int | none, b: int -> c").value();
  json values{{"a", 1}, {"b", 2.0}};
  EXPECT_THAT(sig.validate(side::inputs, values), IsEmpty());
  EXPECT_TRUE(values["b"].is_number_integer());
}

} // namespace

} // namespace dspex::test::union_types
