#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dspex/any_signature.hpp"

namespace dspex::test::canonical {

namespace {

using testing::HasSubstr;

any_signature read(std::string_view text, std::string instructions = {}) {
  return any_signature::parse(text, std::move(instructions)).value();
}

json field_json() {
  return {{"name", "a"},
          {"type", "int"},
          {"constraints", {{"min", 0}}},
          {"description", "how many"},
          {"required", true}};
}

json outputs_json() {
  return read("x -> b").to_json(side::outputs);
}

TEST(CanonicalForm, HasFiveMembersInOrder) {
  auto sig = read(
    "age: int(min=0, max=150) \"in years\", n: list[str(min_length"
    "=1)](unique=true) | none -> b");
  EXPECT_EQ(
    dump_json(sig.to_json(side::inputs)),
    R"([{"name":"age","type":"int","constraints":{"max":150,"min":0},)"
    R"("description":"in years","required":true},)"
    R"({"name":"n","type":"list[str(min_length=1)](unique=true) | none",)"
    R"("constraints":{},"description":"","required":false}])");
  EXPECT_EQ(dump_json(sig.to_json(side::outputs)),
            R"([{"name":"b","type":"str","constraints":{},"description":"",)"
            R"("required":true}])");
}

TEST(CanonicalForm, ReadsBackAsTheSameSignature) {
  for (std::string text :
       {"a -> b", "a: int(min=0, max=9) \"x\", c: literal['x', 1, true] -> b",
        "a: str(pattern='^\\d', one_of=['1', '2']) -> b: list[int | none]",
        "a: float(min=0.5), n: none -> b: optional[list(unique=true)]",
        "a: dict[int, any](min_size=1), c: tuple[str, image] -> b: embedding",
        "a: object('{\"enum\": [\"it\\'s\", 1.5]}') | none, c: history -> "
        "b: datetime"}) {
    auto sig = read(text, "Do it.");
    auto again = any_signature::from_json(sig.to_json(side::inputs),
                                          sig.to_json(side::outputs), "Do it.");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->inputs(), sig.inputs());
    EXPECT_EQ(again->outputs(), sig.outputs());
    EXPECT_EQ(again->to_text(), sig.to_text());
    EXPECT_EQ(again->instructions(), "Do it.");
    EXPECT_EQ(*again, sig);
  }
}

TEST(CanonicalForm, SkipsHowDspyRendersAField) {
  auto input = field_json();
  auto plain = any_signature::from_json(json::array({input}), outputs_json());
  input["dspy"] = {{"type", "int"}, {"schema", {{"type", "integer"}}}};
  auto imported = any_signature::from_json(json::array({input}),
                                           outputs_json());
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(*imported, *plain);
}

TEST(CanonicalForm, SortsConstraintsAndNormalisesNumbers) {
  auto input = field_json();
  input["constraints"] = {{"min", 0.0}, {"max", 5.0}};
  auto sig = any_signature::from_json(json::array({input}), outputs_json());
  ASSERT_TRUE(sig) << sig.error().message;
  EXPECT_EQ(sig->to_text(), "a: int(max=5, min=0) \"how many\" -> b: str");
}

// -- errors -------------------------------------------------------------------

struct damage {
  const char* member;
  const char* value;
  const char* message;
};

class CanonicalErrorTable : public testing::TestWithParam<damage> {};

TEST_P(CanonicalErrorTable, IsRefusedWithItsPlace) {
  auto [member, value, message] = GetParam();
  auto input = field_json();
  input[member] = parse_json(value).value();
  auto result = any_signature::from_json(json::array({input}), outputs_json());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, errc::invalid_signature);
  EXPECT_EQ(result.error().message,
            "Invalid signature at /inputs/0" + std::string{message});
  EXPECT_TRUE(result.error().details.contains("pointer"));
  EXPECT_TRUE(result.error().details.contains("expected"));
}

constexpr damage damages[] = {
  {"name", "1", "/name: expected a string, found 1"},
  {"name", "\"_a\"",
   "/name: expected a field name (a letter, then letters, digits and _), "
   "found \"_a\""},
  {"name", "\"completed\"",
   "/name: expected another field name (\"completed\" is reserved), found "
   "\"completed\""},
  {"name", "\"a -> b\"",
   "/name: expected a field name (a letter, then letters, digits and _), "
   "found \"a -> b\""},
  {"type", "null", "/type: expected a string, found null"},
  {"type", "\"list[]\"",
   "/type, column 6: expected a type, found \"]\" in \"list[]\""},
  {"type", "\"int, b: str\"",
   "/type, column 4: expected \"|\" and another type, or the end, found \",\" "
   "in \"int, b: str\""},
  {"type", "\"int(min=0)\"",
   "/type, column 1: expected a type without constraints of its own, found a "
   "type with constraints in \"int(min=0)\""},
  {"type", "\"\"", "/type, column 1: expected a type, found the end in \"\""},
  {"constraints", "[]",
   "/constraints: expected an object, found a list of 0 items"},
  {"constraints", "{\"size\": 1}",
   "/constraints: expected a constraint of int (max, min, multiple_of, "
   "one_of), found \"size\""},
  {"constraints", "{\"min\": \"x\"}",
   "/constraints/min: expected an integer of 64 bits for \"min\", found "
   "\"x\""},
  {"constraints", "{\"min\": 5, \"max\": 3}",
   "/constraints/max: expected \"max\" to be at least \"min\" (5), found 3"},
  {"constraints", "{\"max\": 9223372036854775808}",
   "/constraints/max: expected an integer of 64 bits for \"max\", found "
   "9223372036854775808"},
  {"constraints", "{\"one_of\": []}",
   "/constraints/one_of: expected a list of different integers of 64 bits for "
   "\"one_of\", found a list of 0 items"},
  {"constraints", "{\"one_of\": [[1]]}",
   "/constraints/one_of: expected a list of different integers of 64 bits for "
   "\"one_of\", found a list of 1 item"},
  {"description", "null", "/description: expected a string, found null"},
  {"required", "false",
   "/required: expected true for the type int, found false"},
  {"required", "1", "/required: expected true for the type int, found 1"},
  {"default", "1",
   ": expected only name, type, constraints, description and required, found "
   "the member \"default\""},
};

INSTANTIATE_TEST_SUITE_P(Damages, CanonicalErrorTable,
                         testing::ValuesIn(damages));

std::string refusal(const json& inputs, const json& outputs) {
  auto result = any_signature::from_json(inputs, outputs);
  return result ? "accepted" : result.error().message;
}

TEST(CanonicalForm, NeedsEveryMember) {
  for (std::string key :
       {"name", "type", "constraints", "description", "required"}) {
    auto input = field_json();
    input.erase(key);
    EXPECT_EQ(refusal(json::array({input}), outputs_json()),
              "Invalid signature at /inputs/0: expected the member \"" + key
                + "\", found none");
  }
}

TEST(CanonicalForm, NeedsAListOfObjectsOnBothSides) {
  EXPECT_EQ(refusal(nullptr, outputs_json()),
            "Invalid signature at /inputs: expected a list of fields, not "
            "empty, found null");
  EXPECT_EQ(refusal(json::array(), outputs_json()),
            "Invalid signature at /inputs: expected a list of fields, not "
            "empty, found no field");
  EXPECT_EQ(refusal(json::array({field_json()}), json::object()),
            "Invalid signature at /outputs: expected a list of fields, not "
            "empty, found an object of 0 members");
  EXPECT_EQ(refusal(json::array({1}), outputs_json()),
            "Invalid signature at /inputs/0: expected an object, found 1");
}

TEST(CanonicalForm, RefusesANameTwiceOnEitherSide) {
  EXPECT_EQ(refusal(json::array({field_json(), field_json()}), outputs_json()),
            "Invalid signature at /inputs/1/name: expected a name that no "
            "other field has, found \"a\" again");
  EXPECT_EQ(refusal(json::array({field_json()}), json::array({field_json()})),
            "Invalid signature at /outputs/0/name: expected a name that no "
            "other field has, found \"a\" again");
}

TEST(CanonicalForm, RefusesMoreThanAThousandFields) {
  auto inputs = json::array();
  for (int i = 0; i < 1000; ++i) {
    auto input = field_json();
    input["name"] = "f" + std::to_string(i);
    inputs.push_back(input);
  }
  EXPECT_THAT(refusal(inputs, outputs_json()),
              HasSubstr("/outputs: expected at most 1000 fields on both sides "
                        "together, found 1001"));
}

TEST(CanonicalForm, RefusesMoreTextThanASignatureMayHave) {
  auto input = field_json();
  input["description"] = std::string(70'000, 'x');
  EXPECT_THAT(refusal(json::array({input}), outputs_json()),
              HasSubstr("at most 65536 bytes in canonical form"));
}

TEST(CanonicalForm, RefusesBytesThatAreNotText) {
  auto input = field_json();
  input["description"] = "\xff";
  EXPECT_EQ(refusal(json::array({input}), outputs_json()),
            "Invalid signature at /inputs/0/description: expected UTF-8 "
            "without U+0000, found a string with other bytes");
  input = field_json();
  input["type"] = "str";
  for (const json& bad : {json{{"pattern", "\xff"}},
                          json{{"one_of", json::array({"a", "\xff"})}}}) {
    input["constraints"] = bad;
    EXPECT_THAT(refusal(json::array({input}), outputs_json()),
                HasSubstr("expected UTF-8 without U+0000"));
  }
  input["constraints"] = json::object();
  input["type"] = "literal['\xff']";
  EXPECT_THAT(refusal(json::array({input}), outputs_json()),
              HasSubstr("/inputs/0/type, column 10: expected UTF-8"));
}

// -- hash ---------------------------------------------------------------------

TEST(ContentHash, IsTheSha256OfTheCanonicalForm) {
  // printf '%s' '{"inputs":[...],"outputs":[...],"instructions":""}' |
  // sha256sum
  EXPECT_EQ(read("question -> answer").content_hash(),
            "d36842f67f09c5130365e2ec126ca7c63c710a1ae7fd1fc33cbe2d7f11840568");
}

TEST(ContentHash, IsTheSameHoweverTheSignatureIsWritten) {
  EXPECT_EQ(read("a, b: optional[integer], c: float(min=0.0, max=1) -> d"),
            read("a : string,b:int|None,c:float( max = 1e0,min=0 )->d:str"));
}

TEST(ContentHash, StaysWhatItWas) {
  // Records keep hashes for ever: these were computed by version 0.1.0.
  EXPECT_EQ(read("a: int(min=0, max=9) \"x\", c: literal['x', 1, true] -> "
                 "b: list[str | none](unique=true), d: any, e: bool",
                 "Do it.")
              .content_hash(),
            "661998fb74b784286916ab3645414694e7ae96f3ecefeddffc32c7aa26ca7406");
  EXPECT_EQ(
    read(
      "a: str(pattern='^\\d', one_of=['1', '2']), f: float(max=0.5), n: none "
      "-> b: optional[list]")
      .content_hash(),
    "9ca6e140313fd0cd1ac2e4456475270a6a03c12edc7bbf424519caa8cd23ddae");
}

TEST(ContentHash, CoversInputsOutputsAndInstructions) {
  auto base = read("a -> b").content_hash();
  for (auto& other :
       {read("c -> b"), read("a -> c"), read("a: int -> b"),
        read("a \"x\" -> b"), read("a: str(min_length=0) -> b"),
        read("a, c -> b"), read("a -> b", "Do it."), read("b -> a")})
    EXPECT_NE(other.content_hash(), base) << other.to_text();
  EXPECT_NE(read("a, b -> c"), read("b, a -> c"));
}

} // namespace

} // namespace dspex::test::canonical
