#include "signatures/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dspex/any_signature.hpp"

namespace dspex::test::explain {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::vector<std::string> reasons(std::string_view text) {
  std::vector<std::string> result;
  for (auto& x : explain_text(text)) {
    EXPECT_EQ(x.code, errc::invalid_signature);
    result.push_back(x.message.substr(0, x.message.find(" in \"")));
  }
  return result;
}

TEST(Explain, FindsNothingInAGoodSignature) {
  EXPECT_THAT(reasons("a: int(min=0), b -> c: list[str] \"x\""), IsEmpty());
}

TEST(Explain, FindsAFaultInEachField) {
  EXPECT_THAT(
    reasons("a: wrong, b: int(size=1), c: list[str, a, ok: int, 1x, d e -> "
            "f: str(pattern='('), ok, completed: dict[float, int], g: int"),
    ElementsAre(
      StartsWith("Invalid signature at column 4: expected a type (str, int"),
      "Invalid signature at column 18: expected a constraint of int (max, min, "
      "multiple_of, one_of), found \"size\"",
      "Invalid signature at column 38: expected \"]\", found \",\"",
      StartsWith("Invalid signature at column 78: expected an RE2 pattern "
                 "(missing ): ()"),
      "Invalid signature at column 88: expected another field name "
      "(\"completed\" is reserved), found \"completed\""));
}

TEST(Explain, FindsNamesThatAreThereTwice) {
  EXPECT_THAT(
    reasons("a, a, b -> b, c: no"),
    ElementsAre("Invalid signature at column 4: expected a name that no other "
                "field has, found \"a\" again",
                "Invalid signature at column 12: expected a name that no other "
                "field has, found \"b\" again",
                StartsWith("Invalid signature at column 18: expected a type")));
}

TEST(Explain, FindsWhatIsWrongWithTheSides) {
  EXPECT_THAT(reasons(""),
              ElementsAre("Invalid signature at column 1: expected a field "
                          "name, found the end"));
  EXPECT_THAT(reasons("a: no, b"),
              ElementsAre(StartsWith("Invalid signature at column 4"),
                          "Invalid signature at column 9: expected \",\" and "
                          "another field, or \"->\", found the end"));
  EXPECT_THAT(reasons("-> b: no"),
              ElementsAre("Invalid signature at column 1: expected a field "
                          "name, found \"->\"",
                          StartsWith("Invalid signature at column 7")));
  EXPECT_THAT(reasons("a -> b -> c: no"),
              ElementsAre("Invalid signature at column 8: expected only one "
                          "\"->\", found \"->\"",
                          StartsWith("Invalid signature at column 14")));
}

TEST(Explain, GoesOnAfterACharacterThatIsNoneOfTheLanguage) {
  EXPECT_THAT(reasons("a;b, c: no -> d ! e, f: no"),
              ElementsAre(HasSubstr("at column 2"), HasSubstr("at column 9"),
                          HasSubstr("at column 17"),
                          HasSubstr("at column 25")));
  EXPECT_THAT(reasons("a: no, b \"x -> c"),
              ElementsAre(HasSubstr("at column 4"), HasSubstr("at column 17")));
}

TEST(Explain, BeginsWithTheFaultThatReadingStopsAt) {
  for (std::string_view text :
       {"", "a", "a ->", "-> b", "a: list[ -> b", "a: int(min=007) -> b",
        "a b -> c", "a -> b c", "a, a -> b", "a -> b,", "a: int(min=1 -> b",
        "a \"x", "a: object('{') -> b", "\xff", "a -> b -> c"}) {
    auto found = explain_text(text);
    ASSERT_FALSE(found.empty()) << text;
    EXPECT_EQ(found.front(), any_signature::parse(text).error()) << text;
  }
}

TEST(Explain, TellsAtMostAHundredFaults) {
  std::string text;
  for (int i = 0; i < 500; ++i)
    text += "f" + std::to_string(i) + ": no, ";
  EXPECT_EQ(explain_text(text + "a -> b").size(), 100u);
}

TEST(Explain, FindsWhatIsWrongWithTheWhole) {
  auto found = explain_text("a -> b", "\xff");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].message, HasSubstr("the instructions must be UTF-8"));
}

TEST(ExplainCanonical, FindsAFaultInEachMember) {
  auto sig = any_signature::parse("a, b: int(min=1), c -> d").value();
  auto inputs = sig.to_json(side::inputs);
  auto outputs = sig.to_json(side::outputs);
  EXPECT_THAT(explain_fields(inputs, outputs), IsEmpty());
  inputs[0]["name"] = "_a";
  inputs[0]["description"] = 1;
  inputs[1]["constraints"]["max"] = 0;
  inputs[1]["required"] = false;
  inputs[2].erase("type");
  inputs[2]["more"] = 1;
  outputs[0]["type"] = "wrong";
  std::vector<std::string> places;
  for (auto& x : explain_fields(inputs, outputs))
    places.push_back(x.details["pointer"].get<std::string>());
  EXPECT_THAT(places,
              ElementsAre("/inputs/0/name", "/inputs/0/description",
                          "/inputs/1/constraints/max", "/inputs/1/required",
                          "/inputs/2", "/inputs/2", "/outputs/0/type"));
  EXPECT_EQ(explain_fields(inputs, outputs).front(),
            any_signature::from_json(inputs, outputs).error());
}

TEST(ExplainCanonical, FindsWhatIsWrongWithBothSides) {
  EXPECT_EQ(explain_fields(nullptr, json::array()).size(), 2u);
}

} // namespace

} // namespace dspex::test::explain
