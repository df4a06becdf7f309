#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dspex/any_signature.hpp"

namespace dspex::test::container_types {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

json read_json(std::string_view text) {
  return parse_json(text).value();
}

/// Checks a value of field `a`; `after` receives what became of it.
std::vector<problem> check(std::string_view type, std::string_view value,
                           std::string* after = nullptr) {
  auto sig = any_signature::parse("a: " + std::string{type} + " -> b");
  if (!sig) {
    ADD_FAILURE() << sig.error().message;
    return {};
  }
  json values{{"a", read_json(value)}};
  auto result = sig->validate(side::inputs, values);
  if (after != nullptr)
    *after = dump_json(values["a"]);
  return result;
}

struct fit {
  const char* type;
  const char* value;
};

class ContainerAcceptedTable : public testing::TestWithParam<fit> {};

TEST_P(ContainerAcceptedTable, StaysAsItIs) {
  auto [type, value] = GetParam();
  std::string after;
  EXPECT_THAT(check(type, value, &after), IsEmpty());
  EXPECT_EQ(after, dump_json(read_json(value)));
}

constexpr fit accepted[] = {
  {"dict", "{}"},
  {"map", R"({"a": null, "": [1], "b/c~": {}})"},
  {"dict[str, int]", R"({"x": 1, "2": 2})"},
  {"dict[int, str]", R"({"0": "a", "-7": "b", "9223372036854775807": "c"})"},
  {"dict(min_size=1, max_size=2)", R"({"x": 1, "y": 2})"},
  {"dict[str, dict[int, list[bool]]]", R"({"x": {"1": [true]}})"},
  {"tuple[int, str]", R"([1, "a"])"},
  {"tuple[list[int]]", "[[]]"},
  {"embedding", "[]"},
  {"embedding(dimensions=3)", "[0.5, -1, 1e300]"},
  {"probability", "0"},
  {"probability", "1.0"},
  {"confidence_score(min=0.5)", "0.5"},
  {"reasoning_chain", "[]"},
  {"reasoning_chain(max_length=2)", R"(["first", "then"])"},
  {"history", "[]"},
  {"history", R"([{"question": "q", "answer": 1}, {}])"},
};

INSTANTIATE_TEST_SUITE_P(Accepted, ContainerAcceptedTable,
                         testing::ValuesIn(accepted));

struct misfit {
  const char* type;
  const char* value;
  const char* pointer;
  const char* code;
  const char* message;
};

class ContainerRefusedTable : public testing::TestWithParam<misfit> {};

TEST_P(ContainerRefusedTable, HasOneProblem) {
  auto [type, value, pointer, code, message] = GetParam();
  EXPECT_THAT(check(type, value), ElementsAre(problem{pointer, code, message}));
}

constexpr misfit refused[] = {
  {"dict", "[]", "/a", "type",
   "Field a: must be an object, got a list of 0 items"},
  {"dict[str, int]", R"({"x": "1"})", "/a/x", "type",
   "Field a[\"x\"]: must be an integer, got \"1\""},
  {"dict[str, list[int]]", R"({"x": [1, 2.5]})", "/a/x/1", "type",
   "Field a[\"x\"][1]: must be an integer, got 2.5"},
  {"dict[str, int]", R"({"b/c~d": null})", "/a/b~1c~0d", "type",
   "Field a[\"b/c~d\"]: must be an integer, got null"},
  {"dict[int, any]", R"({"x": 1})", "/a/x", "type",
   "Field a[\"x\"]: must have an integer as its key, has \"x\""},
  {"dict[int, any]", R"({"01": 1})", "/a/01", "type",
   "Field a[\"01\"]: must have an integer as its key, has \"01\""},
  {"dict[int, any]", R"({"-0": 1})", "/a/-0", "type",
   "Field a[\"-0\"]: must have an integer as its key, has \"-0\""},
  {"dict[int, any]", R"({"9223372036854775808": 1})", "/a/9223372036854775808",
   "type",
   "Field a[\"9223372036854775808\"]: must have an integer as its key, has "
   "\"9223372036854775808\""},
  {"dict(min_size=1)", "{}", "/a", "length",
   "Field a: must have at least 1 member, has 0"},
  {"dict(max_size=1)", R"({"x": 1, "y": 2})", "/a", "length",
   "Field a: must have at most 1 member, has 2"},
  {"tuple[int, str]", "{}", "/a", "type",
   "Field a: must be a list, got an object of 0 members"},
  {"tuple[int, str]", "[1]", "/a", "length",
   "Field a: must have 2 items, has 1"},
  {"tuple[int]", "[1, 2]", "/a", "length", "Field a: must have 1 item, has 2"},
  {"tuple[int, str]", "[1, 2]", "/a/1", "type",
   "Field a[1]: must be a string, got 2"},
  {"embedding", "\"x\"", "/a", "type",
   "Field a: must be a list of numbers, got \"x\""},
  {"embedding(dimensions=3)", "[1, 2]", "/a", "length",
   "Field a: must have 3 dimensions, has 2"},
  {"embedding(dimensions=1)", "[]", "/a", "length",
   "Field a: must have 1 dimension, has 0"},
  {"embedding(dimensions=2)", "[1, true]", "/a/1", "type",
   "Field a[1]: must be a number, got true"},
  {"probability", "1.2", "/a", "range",
   "Field a: must be between 0 and 1, got 1.2"},
  {"probability(min=0.5)", "0.2", "/a", "range",
   "Field a: must be between 0.5 and 1, got 0.2"},
  {"confidence_score", "-0.1", "/a", "range",
   "Field a: must be between 0 and 1, got -0.1"},
  {"confidence_score", "\"high\"", "/a", "type",
   "Field a: must be a number, got \"high\""},
  {"reasoning_chain", "\"x\"", "/a", "type",
   "Field a: must be a list, got \"x\""},
  {"reasoning_chain", "[\"x\", 1]", "/a/1", "type",
   "Field a[1]: must be a string, got 1"},
  {"reasoning_chain(max_length=1)", R"(["x", "y"])", "/a", "length",
   "Field a: must have at most 1 item, has 2"},
  {"history", "{}", "/a", "type",
   "Field a: must be a list, got an object of 0 members"},
  {"history", "[{}, \"hello\"]", "/a/1", "type",
   "Field a[1]: must be an object, got \"hello\""},
  {"datetime", "\"2026-02-30\"", "/a", "type",
   "Field a: must be a date and time like 2026-01-31T12:34:56Z, got "
   "\"2026-02-30\""},
  {"datetime", "5", "/a", "type",
   "Field a: must be a date and time like 2026-01-31T12:34:56Z, got 5"},
  {"image", "\"cat.png\"", "/a", "type",
   "Field a: must be an http, https or gs URL or a data URI, got \"cat.png\""},
};

INSTANTIATE_TEST_SUITE_P(Refused, ContainerRefusedTable,
                         testing::ValuesIn(refused));

TEST(ContainerTypes, ReportEveryProblemInside) {
  EXPECT_THAT(
    check("dict[int, tuple[int, str]](max_size=1)",
          R"({"x": [1], "2": ["a", "b"]})"),
    ElementsAre(
      problem{"/a", "length", "Field a: must have at most 1 member, has 2"},
      problem{"/a/x", "type",
              "Field a[\"x\"]: must have an integer as its key, has \"x\""},
      problem{"/a/x", "length", "Field a[\"x\"]: must have 2 items, has 1"},
      problem{"/a/2/0", "type",
              "Field a[\"2\"][0]: must be an integer, got \"a\""}));
}

TEST(ContainerTypes, ConvertNumbersWithoutFractionInside) {
  std::string after;
  EXPECT_THAT(
    check("dict[str, tuple[int, float]]", R"({"x": [2.0, 3.0]})", &after),
    IsEmpty());
  EXPECT_EQ(after, R"({"x":[2,3.0]})");
}

TEST(ContainerTypes, TakeTheFirstAlternativeThatFitsAsItIs) {
  std::string after;
  EXPECT_THAT(
    check("dict[str, int] | dict[str, float]", R"({"x": 2.0})", &after),
    IsEmpty());
  EXPECT_EQ(after, R"({"x":2.0})");
  EXPECT_THAT(check("datetime | int", "5"), IsEmpty());
  EXPECT_THAT(check("tuple[int, int] | tuple[int]", "[5]"), IsEmpty());
}

TEST(ContainerTypes, ShortenLongKeysAndDeepPlaces) {
  auto list = json::array();
  for (int i = 0; i < 300; ++i)
    list.push_back("x");
  json values{{"a", {{std::string(100'000, 'k'), list}}}};
  auto sig = any_signature::parse("a: dict[str, list[int]] -> b").value();
  auto found = sig.validate(side::inputs, values);
  ASSERT_EQ(found.size(), 101u);
  EXPECT_EQ(found[7].pointer, "/a/" + std::string(200, 'k') + ".../7");
  for (auto& p : found)
    EXPECT_LT(p.message.size(), 200u);
  auto nested = json::object();
  for (int i = 0; i < 100; ++i)
    nested = json{{"next", nested}};
  nested = json{{"a", nested}};
  auto deep
    = any_signature::parse(R"(a: object('{"properties":{"next":{"$ref":"#"}
                               },"minProperties":1}') -> b)")
        .value()
        .validate(side::inputs, nested);
  ASSERT_EQ(deep.size(), 1u);
  EXPECT_EQ(deep[0].pointer.size(), 2u + 100 * 5);
  EXPECT_THAT(deep[0].message,
              testing::StartsWith("Field a[...][\"next\"][\"next\"]"));
  EXPECT_LT(deep[0].message.size(), 400u);
}

// -- texts of a form ----------------------------------------------------------

bool is_datetime(const std::string& text) {
  return check("datetime", dump_json(json(text))).empty();
}

TEST(Datetime, IsIso8601) {
  for (const char* text :
       {"2026-01-31", "2026-01-31T12:34", "2026-01-31T12:34:56",
        "2026-01-31T12:34:56Z", "2026-01-31T12:34:56.789012345Z",
        "2026-01-31T12:34:56,5+01:00", "2026-01-31T00:00:00-0330",
        "2026-01-31T23:59:59+14", "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z"})
    EXPECT_TRUE(is_datetime(text)) << text;
  for (const char* text : {"",
                           "2026",
                           "2026-01",
                           "26-01-31",
                           "2026-1-31",
                           "2026-01-31T",
                           "2026-01-31T12",
                           "2026-01-31T12:34:",
                           "2026-01-31T12:34:56.",
                           "2026-01-31 12:34:56",
                           "2026-01-31T12:34:56z",
                           "2026-01-31T12:34:56Z ",
                           " 2026-01-31",
                           "2026-01-31Z",
                           "2026-01-31T12:34:56+1",
                           "2026-01-31T12:34:56+01:0",
                           "2026-01-31T12:34:56ZZ",
                           "20260131T123456Z",
                           "yesterday",
                           "1769862896",
                           "2026-01-31T12:34:56+01:00Z"})
    EXPECT_FALSE(is_datetime(text)) << text;
}

TEST(Datetime, IsARealDateAndTime) {
  for (const char* text : {"2024-02-29", "2000-02-29", "2026-12-31",
                           "2026-04-30", "2400-02-29T00:00:00Z"})
    EXPECT_TRUE(is_datetime(text)) << text;
  for (const char* text :
       {"2026-02-29", "1900-02-29", "2100-02-29", "2026-00-01", "2026-13-01",
        "2026-01-00", "2026-01-32", "2026-04-31", "2026-06-31", "0000-01-01",
        "2026-01-31T24:00:00", "2026-01-31T12:60:00", "2026-01-31T12:34:60",
        "2026-01-31T12:34:56+24:00", "2026-01-31T12:34:56+01:60"})
    EXPECT_FALSE(is_datetime(text)) << text;
}

bool is_image(const std::string& text) {
  return check("image", dump_json(json(text))).empty();
}

TEST(Image, IsAUrlOrADataUri) {
  for (const char* text :
       {"https://example.com/cat.png", "http://localhost:8080/x?y=1#z",
        "HTTPS://EXAMPLE.COM", "gs://bucket/cat.png", "https://münchen.de/ä",
        "data:image/png;base64,iVBORw0KGgo=", "data:image/png;base64,AAAA",
        "data:image/svg+xml;charset=utf-8,%3Csvg%2F%3E", "data:,x"})
    EXPECT_TRUE(is_image(text)) << text;
  for (const char* text : {"",
                           "cat.png",
                           "/etc/passwd",
                           "file:///etc/passwd",
                           "ftp://host/x",
                           "https://",
                           "https:///cat.png",
                           "https://?x",
                           "https://example.com/a b",
                           "https://example.com/\n",
                           "javascript:alert(1)",
                           "https:example.com",
                           "data:image/png;base64,",
                           "data:image/png;base64,A",
                           "data:image/png;base64,A===",
                           "data:image/png;base64,AA=A",
                           "data:image/png;base64,AA A",
                           "data:image/png;base64",
                           "data:",
                           "data:image/svg+xml,<svg/>",
                           " https://example.com/"})
    EXPECT_FALSE(is_image(text)) << text;
}

} // namespace

} // namespace dspex::test::container_types
