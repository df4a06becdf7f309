#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dspex/any_signature.hpp"

namespace dspex::test::validation {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

json read_json(std::string_view text) {
  auto result = parse_json(text);
  if (!result) {
    ADD_FAILURE() << to_string(result.error()) << " in " << text;
    return nullptr;
  }
  return *result;
}

any_signature read(std::string_view text) {
  auto result = any_signature::parse(text);
  if (!result) {
    ADD_FAILURE() << result.error().message;
    return {};
  }
  return *result;
}

std::vector<problem> problems_of(std::string_view text,
                                 std::string_view values) {
  auto parsed = read_json(values);
  return read(text).validate(side::inputs, parsed);
}

std::vector<std::string> messages_of(std::string_view text,
                                     std::string_view values) {
  std::vector<std::string> result;
  for (auto& p : problems_of(text, values))
    result.push_back(p.message);
  return result;
}

// -- one value of one type ----------------------------------------------------

struct fit {
  const char* type;
  const char* value;
};

class AcceptedTable : public testing::TestWithParam<fit> {};

TEST_P(AcceptedTable, StaysAsItIs) {
  auto [type, value] = GetParam();
  auto sig = read("a: " + std::string{type} + " -> b");
  auto values = json::object();
  values["a"] = read_json(value);
  auto before = dump_json(values);
  EXPECT_THAT(sig.validate(side::inputs, values), IsEmpty());
  EXPECT_EQ(dump_json(values), before);
}

constexpr fit accepted[] = {
  {"str", "\"\""},
  {"str", "\"text\""},
  {"str(min_length=2, max_length=2)", "\"\\u00e4\\ud83d\\ude00\""},
  {"str(pattern='b+')", "\"abbc\""},
  {"str(pattern='^.$')", "\"\\u00e4\""},
  {"str(one_of=['x', 'y'])", "\"y\""},
  {"int", "0"},
  {"int", "-9223372036854775808"},
  {"int", "9223372036854775807"},
  {"int(min=0, max=150)", "0"},
  {"int(min=0, max=150)", "150"},
  {"int(multiple_of=5)", "-15"},
  {"int(multiple_of=9223372036854775807)", "-9223372036854775807"},
  {"int(one_of=[1, 2])", "2"},
  {"float", "1"},
  {"float", "-1.5e300"},
  {"float", "18446744073709551615"},
  {"float(min=0, max=1)", "1.0"},
  {"float(min=0.1)", "0.1"},
  {"bool", "true"},
  {"bool", "false"},
  {"list", "[]"},
  {"list", "[1, \"a\", null, [true], {\"a\": 1}]"},
  {"list[str]", "[\"a\", \"a\"]"},
  {"list[list[int]]", "[[1], [], [2, 3]]"},
  {"list(min_length=1, max_length=2)", "[1, 2]"},
  {"list(unique=true)", "[1, \"1\", true, 1.5, null, [1], {\"a\": 1}]"},
  {"list(unique=false)", "[1, 1]"},
  {"list(unique=true)", "[9007199254740993, 9007199254740992]"},
  {"literal['bug', 3, true]", "\"bug\""},
  {"literal['bug', 3, true]", "3"},
  {"literal['bug', 3, true]", "true"},
  {"any", "null"},
  {"any", "{\"a\": [1, 2.0]}"},
  {"none", "null"},
};

INSTANTIATE_TEST_SUITE_P(Accepted, AcceptedTable, testing::ValuesIn(accepted));

struct misfit {
  const char* type;
  const char* value;
  const char* pointer;
  const char* code;
  const char* message;
};

class RefusedTable : public testing::TestWithParam<misfit> {};

TEST_P(RefusedTable, HasOneProblem) {
  auto [type, value, pointer, code, message] = GetParam();
  auto sig = read("a: " + std::string{type} + " -> b");
  auto values = json::object();
  values["a"] = read_json(value);
  EXPECT_THAT(sig.validate(side::inputs, values),
              ElementsAre(problem{pointer, code, message}));
}

constexpr misfit refused[] = {
  {"str", "5", "/a", "type", "Field a: must be a string, got 5"},
  {"str", "null", "/a", "type", "Field a: must be a string, got null"},
  {"str", "[1]", "/a", "type",
   "Field a: must be a string, got a list of 1 item"},
  {"str", "{}", "/a", "type",
   "Field a: must be a string, got an object of 0 members"},
  {"str(min_length=1)", "\"\"", "/a", "length",
   "Field a: must have at least 1 character, has 0"},
  {"str(max_length=2)", "\"\\u00e4\\u00e4\\u00e4\"", "/a", "length",
   "Field a: must have at most 2 characters, has 3"},
  {"str(min_length=2, max_length=4)", "\"a\"", "/a", "length",
   "Field a: must have between 2 and 4 characters, has 1"},
  {"str(pattern='^[a-z]+$')", "\"A\"", "/a", "pattern",
   "Field a: must match \"^[a-z]+$\", got \"A\""},
  {"str(one_of=['x', 'y'])", "\"z\"", "/a", "choice",
   "Field a: must be one of \"x\", \"y\", got \"z\""},
  {"int", "true", "/a", "type", "Field a: must be an integer, got true"},
  {"int", "\"1\"", "/a", "type", "Field a: must be an integer, got \"1\""},
  {"int", "1.5", "/a", "type", "Field a: must be an integer, got 1.5"},
  {"int", "9223372036854775808", "/a", "range",
   "Field a: must be an integer of 64 bits, got 9223372036854775808"},
  {"int", "1e19", "/a", "range",
   "Field a: must be an integer of 64 bits, got 1e+19"},
  {"int", "-1e19", "/a", "range",
   "Field a: must be an integer of 64 bits, got -1e+19"},
  {"int(min=0, max=150)", "-1", "/a", "range",
   "Field a: must be between 0 and 150, got -1"},
  {"int(min=0)", "-1", "/a", "range", "Field a: must be at least 0, got -1"},
  {"int(max=0)", "1.0", "/a", "range", "Field a: must be at most 0, got 1"},
  {"int(multiple_of=5)", "-7", "/a", "range",
   "Field a: must be a multiple of 5, got -7"},
  {"int(one_of=[1, 2])", "3", "/a", "choice",
   "Field a: must be one of 1, 2, got 3"},
  {"float", "false", "/a", "type", "Field a: must be a number, got false"},
  {"float", "\"1.5\"", "/a", "type", "Field a: must be a number, got \"1.5\""},
  {"float(min=0, max=1)", "1.2", "/a", "range",
   "Field a: must be between 0 and 1, got 1.2"},
  {"float(max=0.5)", "1", "/a", "range", "Field a: must be at most 0.5, got 1"},
  {"bool", "0", "/a", "type", "Field a: must be true or false, got 0"},
  {"bool", "\"true\"", "/a", "type",
   "Field a: must be true or false, got \"true\""},
  {"none", "0", "/a", "type", "Field a: must be null, got 0"},
  {"list", "\"a\"", "/a", "type", "Field a: must be a list, got \"a\""},
  {"list[str]", "[\"a\", 5]", "/a/1", "type",
   "Field a[1]: must be a string, got 5"},
  {"list[list[int]]", "[[], [1, null]]", "/a/1/1", "type",
   "Field a[1][1]: must be an integer, got null"},
  {"list(min_length=1)", "[]", "/a", "length",
   "Field a: must have at least 1 item, has 0"},
  {"list(unique=true)", "[1, 2, 1.0]", "/a/2", "unique",
   "Field a[2]: must be unique, item 0 is 1.0 too"},
  {"list(unique=true)", "[{\"a\": 1, \"b\": 2}, {\"b\": 2, \"a\": 1}]", "/a/1",
   "unique",
   "Field a[1]: must be unique, item 0 is an object of 2 members too"},
  {"literal['bug', 3]", "\"x\"", "/a", "choice",
   "Field a: must be one of \"bug\", 3, got \"x\""},
  {"literal[1]", "true", "/a", "choice", "Field a: must be one of 1, got true"},
  {"literal['1']", "1", "/a", "choice", "Field a: must be one of \"1\", got 1"},
};

INSTANTIATE_TEST_SUITE_P(Refused, RefusedTable, testing::ValuesIn(refused));

// -- whole objects ------------------------------------------------------------

TEST(Validation, ReportsAllProblemsInTheOrderOfTheFields) {
  auto found = problems_of(
    "question, age: int(min=0), tags: list[str(min_length=2)](unique=true), "
    "name: str(max_length=3, pattern='^[a-z]+$'), ok: bool -> b",
    R"({"wrong_field": 1, "name": "ABCD", "tags": ["aa", "x", "aa", 5],
        "age": -1, "ok": true, "a/b~c": 2})");
  EXPECT_THAT(
    found,
    ElementsAre(
      problem{"/question", "missing", "Missing field: question"},
      problem{"/age", "range", "Field age: must be at least 0, got -1"},
      problem{"/tags/1", "length",
              "Field tags[1]: must have at least 2 characters, has 1"},
      problem{"/tags/3", "type", "Field tags[3]: must be a string, got 5"},
      problem{"/tags/2", "unique",
              "Field tags[2]: must be unique, item 0 is \"aa\" too"},
      problem{"/name", "length",
              "Field name: must have at most 3 characters, has 4"},
      problem{"/name", "pattern",
              "Field name: must match \"^[a-z]+$\", got \"ABCD\""},
      problem{"/wrong_field", "unknown", "Unknown field: wrong_field"},
      problem{"/a~1b~0c", "unknown", "Unknown field: a/b~c"}));
}

TEST(Validation, PrintsAProblemAsJson) {
  EXPECT_EQ(
    to_json(problem{"/a", "type", "Field a: wrong"}),
    (json{{"pointer", "/a"}, {"code", "type"}, {"message", "Field a: wrong"}}));
}

TEST(Validation, TellsNullFalseZeroAndAbsentApart) {
  EXPECT_THAT(messages_of("a -> b", "{}"), ElementsAre("Missing field: a"));
  EXPECT_THAT(messages_of("a -> b", R"({"a": null})"),
              ElementsAre("Field a: must be a string, got null"));
  EXPECT_THAT(messages_of("a: bool -> b", R"({"a": 0})"),
              ElementsAre("Field a: must be true or false, got 0"));
  EXPECT_THAT(messages_of("a: int -> b", R"({"a": false})"),
              ElementsAre("Field a: must be an integer, got false"));
  EXPECT_THAT(messages_of("a: any -> b", "{}"),
              ElementsAre("Missing field: a"));
}

TEST(Validation, ChecksOutputsAgainstOutputs) {
  auto sig = read("a -> b, confidence: float(min=0, max=1), c: int | none");
  auto values = read_json(R"({"b": "x", "confidence": 1.2, "a": "x"})");
  EXPECT_THAT(
    sig.validate(side::outputs, values),
    ElementsAre(problem{"/confidence", "range",
                        "Field confidence: must be between 0 and 1, got 1.2"},
                problem{"/a", "unknown", "Unknown field: a"}));
}

TEST(Validation, RefusesWhatIsNoObjectWithOneProblem) {
  EXPECT_THAT(
    problems_of("a, b -> c", "[1]"),
    ElementsAre(problem{"", "type",
                        "The inputs must be an object, got a list of 1 item"}));
  auto values = json(nullptr);
  EXPECT_THAT(read("a -> b").validate(side::outputs, values),
              ElementsAre(problem{"", "type",
                                  "The outputs must be an object, got null"}));
}

TEST(Validation, LetsAnOptionalFieldBeAbsentAndLeavesItSo) {
  auto sig = read("a: int | none, b: none, c -> d: optional[str]");
  auto values = read_json(R"({"c": "x"})");
  EXPECT_THAT(sig.validate(side::inputs, values), IsEmpty());
  EXPECT_EQ(dump_json(values), R"({"c":"x"})");
  auto none = json::object();
  EXPECT_THAT(sig.validate(side::outputs, none), IsEmpty());
}

TEST(Validation, TellsWhetherValuesFitAsTheyAre) {
  auto sig = read("a: int, b: literal[1, 'x'], c: list[int] -> d: float");
  auto fits = [&](const char* text) {
    auto values = read_json(text);
    auto answer = sig.fits(side::inputs, values);
    EXPECT_EQ(dump_json(values), dump_json(read_json(text)));
    return answer;
  };
  EXPECT_TRUE(fits(R"({"a": 1, "b": 1, "c": [1, 2]})"));
  EXPECT_FALSE(fits(R"({"a": 1.0, "b": 1, "c": []})")) << "to convert";
  EXPECT_FALSE(fits(R"({"a": 1, "b": 1.0, "c": []})")) << "to convert";
  EXPECT_FALSE(fits(R"({"a": 1, "b": 1, "c": [2.0]})")) << "to convert";
  EXPECT_FALSE(fits(R"({"a": 1, "b": 2, "c": []})"));
  EXPECT_FALSE(fits(R"({"a": 1, "b": 1})"));
  EXPECT_FALSE(fits(R"({"a": 1, "b": 1, "c": [], "d": 1})"));
  EXPECT_FALSE(fits("[]"));
  EXPECT_TRUE(sig.fits(side::outputs, read_json(R"({"d": 1})")));
}

TEST(Validation, FindsFieldsInAnyOrder) {
  std::string text = "f0: int";
  std::string values = "{";
  for (int i = 1; i < 40; ++i)
    text += ", f" + std::to_string(i) + ": int";
  for (int i = 39; i >= 0; --i)
    values += "\"f" + std::to_string(i) + "\": " + std::to_string(i)
              + (i > 0 ? ", " : "}");
  EXPECT_THAT(messages_of(text + " -> z", values), IsEmpty());
}

TEST(Validation, MakesAnIntegerOfANumberWithoutFraction) {
  auto sig = read("a: int, b: list[int], c: literal[3], d: float -> e");
  auto values
    = read_json(R"({"a": 2.0, "b": [1e3, -0.0], "c": 3.0, "d": 4.0})");
  EXPECT_THAT(sig.validate(side::inputs, values), IsEmpty());
  EXPECT_EQ(dump_json(values), R"({"a":2,"b":[1000,0],"c":3,"d":4.0})");
}

TEST(Validation, RefusesNumbersThatJsonCannotHold) {
  auto sig = read("a: float, b: int -> c");
  json values{{"a", std::nan("")}, {"b", INFINITY}};
  auto found = sig.validate(side::inputs, values);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].code, "type");
  EXPECT_EQ(found[1].code, "type");
}

// -- long values --------------------------------------------------------------

TEST(Validation, ShortensValuesInMessages) {
  auto long_text = json(std::string(100'000, 'x'));
  json values{{"a", long_text}, {"b", long_text}};
  auto found
    = read("a: int, b: literal['x'] -> c").validate(side::inputs, values);
  ASSERT_EQ(found.size(), 2u);
  for (auto& p : found) {
    EXPECT_LT(p.message.size(), 120u) << p.message;
    EXPECT_THAT(p.message, testing::EndsWith("xxx...\""));
  }
}

TEST(Validation, ShortensBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += "\U0001F600";
  json values{{"a", text}};
  auto found = read("a: int -> c").validate(side::inputs, values);
  ASSERT_EQ(found.size(), 1u);
  auto printed = dump_json(json(found[0].message));
  EXPECT_EQ(printed.find("\uFFFD"), std::string::npos);
}

TEST(Validation, ShortensLongListsOfChoices) {
  std::string text = "a: literal['c0'";
  for (int i = 1; i < 1000; ++i)
    text += ", 'c" + std::to_string(i) + "'";
  auto found = messages_of(text + "] -> b", R"({"a": 1})");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_LT(found[0].size(), 400u);
}

TEST(Validation, CountsTheProblemsOfAFieldBeyondAHundred) {
  auto list = json::array();
  for (int i = 0; i < 5000; ++i)
    list.push_back(i);
  json values{{"a", list}};
  auto found = read("a: list[str], b -> c").validate(side::inputs, values);
  ASSERT_EQ(found.size(), 102u);
  EXPECT_EQ(found[99].pointer, "/a/99");
  EXPECT_EQ(found[100], (problem{"/a", "type", "Field a: 4900 more problems"}));
  EXPECT_EQ(found[101].message, "Missing field: b");
}

TEST(Validation, CountsUnknownFieldsBeyondAHundred) {
  auto values = json::object();
  for (int i = 0; i < 150; ++i)
    values["u" + std::to_string(i)] = i;
  auto found = read("a: int | none -> c").validate(side::inputs, values);
  ASSERT_EQ(found.size(), 101u);
  EXPECT_EQ(found[100], (problem{"", "unknown", "50 more unknown fields"}));
}

TEST(Validation, FindsEveryRepeatInALongList) {
  auto list = json::array();
  for (int i = 0; i < 20'000; ++i)
    list.push_back("item " + std::to_string(i));
  list.push_back("item 19999");
  json values{{"a", list}};
  EXPECT_THAT(
    read("a: list(unique=true) -> c").validate(side::inputs, values),
    ElementsAre(problem{
      "/a/20000", "unique",
      "Field a[20000]: must be unique, item 19999 is \"item 19999\" too"}));
}

} // namespace

} // namespace dspex::test::validation
