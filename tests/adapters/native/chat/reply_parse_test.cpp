#include "adapters/native/chat/reply_parse.hpp"

#include <gtest/gtest.h>

#include "adapters/native/chat/parse_value.hpp"

namespace dspex::test {

namespace {

prompt_signature task_of(const std::string& outputs) {
  return make_prompt_signature(any_signature::parse("x -> " + outputs).value());
}

result<json> parse_chat_reply(const prompt_signature& sig,
                              std::string_view reply) {
  return parse_reply(sig, prompt_adapter::chat, reply);
}

// The fields as JSON text, or the error as `code: message`.
std::string read(const std::string& outputs, std::string_view reply) {
  auto fields = parse_chat_reply(task_of(outputs), reply);
  return fields ? dump_json(*fields) : to_string(fields.error());
}

// The value of one field as JSON text, or `-`.
std::string value(const std::string& type, std::string_view text) {
  auto sig = any_signature::parse("x -> y: " + type).value();
  auto result = parse_value(text, annotate(sig.outputs().front().type));
  return result ? dump_json(*result) : "-";
}

struct reply_row {
  const char* text;
  const char* expected;
};

void expect_rows(const std::string& type, const std::vector<reply_row>& rows) {
  for (auto& x : rows)
    EXPECT_EQ(value(type, x.text), x.expected) << type << " of " << x.text;
}

TEST(ReplyParse, ReadsTheSectionsInTheOrderOfTheSignature) {
  EXPECT_EQ(read("a: int, b",
                 "Sure!\n[[ ## b ## ]]\n two\nlines \n\n[[ ## a ## ]]\n7\n\n"
                 "[[ ## completed ## ]]\nbye"),
            R"({"a":7,"b":"two\nlines"})");
}

TEST(ReplyParse, TakesTheFirstSectionOfANameAndDropsUnknownOnes) {
  EXPECT_EQ(read("a", "[[ ## z ## ]]\nq\n[[ ## a ## ]]\n1\n[[ ## a ## ]]\n2\n"
                      "[[ ## zz ## ]] t"),
            R"({"a":"1"})");
}

TEST(ReplyParse, ReadsTextBesideItsHeader) {
  EXPECT_EQ(read("a", "[[ ## a ## ]] inline\nmore"), R"({"a":"inline\nmore"})");
}

TEST(ReplyParse, LeaksTheMarkersOfAnIndentedHeaderAsDspyDoes) {
  EXPECT_EQ(read("a", "  [[ ## a ## ]] inline r"), R"({"a":"]] inline r"})");
}

TEST(ReplyParse, KnowsNoHeadersInsideALineOrSpelledOtherwise) {
  for (auto reply :
       {"text [[ ## a ## ]]\nb", "[[##a##]]\nb", "[[ ## A ## ]]\nb",
        "[[ ##  ## ]]\nb", "[[ ## a b ## ]]\nb"})
    EXPECT_EQ(read("a", reply),
              "invalid_output: The model's reply lacks the field a");
}

TEST(ReplyParse, NamesAllMissingFieldsAndAllowsMissingOptionalOnes) {
  auto fields = parse_chat_reply(task_of("a, b: int, c: optional[int], d: any"),
                                 "[[ ## a ## ]]\n1");
  ASSERT_FALSE(fields);
  EXPECT_EQ(fields.error().code, errc::invalid_output);
  EXPECT_EQ(fields.error().message, "The model's reply lacks the fields b, d");
  EXPECT_EQ(dump_json(fields.error().details),
            R"({"missing":["b","d"],"found":["a","c"]})");
  EXPECT_EQ(read("a, c: optional[int]", "[[ ## a ## ]]\n1"),
            R"({"a":"1","c":null})");
}

TEST(ReplyParse, NamesTheFieldAndQuotesTheTextThatDoesNotFit) {
  auto fields = parse_chat_reply(task_of("a: int"),
                                 "[[ ## a ## ]]\n42 apples\n\n"
                                 "[[ ## completed ## ]]");
  ASSERT_FALSE(fields);
  EXPECT_EQ(to_string(fields.error()),
            "invalid_output: The model's reply gives no int for field a: "
            "\"42 apples\"");
  EXPECT_EQ(dump_json(fields.error().details),
            R"({"field":"a","text":"42 apples"})");
}

TEST(ReplyParse, ShortensALongTextBetweenCharacters) {
  auto text = std::string(199, 'a') + "\u00e9" + std::string(1000, 'b');
  auto fields = parse_chat_reply(task_of("a: int"), "[[ ## a ## ]]\n" + text);
  ASSERT_FALSE(fields);
  EXPECT_EQ(fields.error().details["text"], std::string(199, 'a') + "\u2026");
}

TEST(ReplyParse, SurvivesBytesThatAreNoText) {
  EXPECT_EQ(read("a", "[[ ## a ## ]]\n\xff\xfe"), "{\"a\":\"\ufffd\ufffd\"}");
  EXPECT_EQ(read("a", "[[ ## \xff ## ]]\n[[ ## a ## ]]\nb"), R"({"a":"b"})");
}

TEST(ParseValue, KeepsStringsAsTheyAre) {
  expect_rows("str",
              {{"", "\"\""}, {"None", "\"None\""}, {"\"q\"", R"("\"q\"")"}});
  expect_rows("optional[str]", {{"null", "\"null\""}, {"5", "\"5\""}});
}

TEST(ParseValue, ReadsIntegersLeniently) {
  expect_rows("int", {{"42", "42"},
                      {"42.0", "42"},
                      {"+7", "7"},
                      {"-3", "-3"},
                      {"0x10", "16"},
                      {"1e3", "1000"},
                      {"1_000", "1000"},
                      {"true", "1"},
                      {"'8'", "8"},
                      {"9223372036854775807", "9223372036854775807"},
                      {"9223372036854775808", "-"},
                      {"99999999999999999999", "-"},
                      {"1,234", "-"},
                      {"42 apples", "-"},
                      {"4.5", "-"},
                      {"1__0", "-"},
                      {"--1", "-"},
                      {"null", "-"},
                      {"", "-"}});
}

TEST(ParseValue, ReadsFloatsLenientlyAndRefusesWhatJsonCannotHold) {
  expect_rows("float", {{"1", "1.0"},
                        {".5", "0.5"},
                        {"5.", "5.0"},
                        {"1e3", "1000.0"},
                        {"-0.25", "-0.25"},
                        {"True", "1.0"},
                        {"nan", "-"},
                        {"inf", "-"},
                        {"1e999", "-"},
                        {"0,5", "-"},
                        {"high", "-"}});
}

TEST(ParseValue, ReadsBooleansInManyWords) {
  for (auto x : {"true", "TRUE", "Yes", "on", "t", "y", "1", "1.0", "\"true\""})
    EXPECT_EQ(value("bool", x), "true") << x;
  for (auto x : {"false", "No", "off", "f", "n", "0"})
    EXPECT_EQ(value("bool", x), "false") << x;
  for (auto x : {"", "2", "maybe", "null"})
    EXPECT_EQ(value("bool", x), "-") << x;
}

TEST(ParseValue, ReadsListsInJsonPythonAndProse) {
  expect_rows("list[int]", {{"[1, 2]", "[1,2]"},
                            {"1, 2", "[1,2]"},
                            {"(4, 5)", "[4,5]"},
                            {"{1, 2}", "[1,2]"},
                            {"[1, 2,]", "[1,2]"},
                            {"[1.0, '2']", "[1,2]"},
                            {"```json\n[1]\n```", "[1]"},
                            {"Here: [1, 2]", "[1,2]"},
                            {"[]", "[]"},
                            {"3", "-"},
                            {"[1, [2]]", "-"},
                            {"[1, 2", "[1,2]"},
                            {"", "-"}});
  expect_rows("list[str]",
              {{"['a', \"b\"]", R"(["a","b"])"},
               {"['it\\'s', '\\u00e9\\n']", "[\"it's\",\"\u00e9\"]"},
               {"[a, b c]", R"(["a","b c"])"},
               {"[\"a\"] trailing", R"(["a"])"},
               {"a, b", "-"},
               {"[1, 2]", "-"}});
}

TEST(ParseValue, PeelsTheWrappingsOfALiteral) {
  for (auto x : {"bug", " bug ", "'bug'", "\"bug\"", "Literal[bug]",
                 "Literal['bug']", "str[bug]"})
    EXPECT_EQ(value("literal['bug', 'billing']", x), "\"bug\"") << x;
  for (auto x : {"Bug", "bug.", "", "bu"})
    EXPECT_EQ(value("literal['bug', 'billing']", x), "-") << x;
  // The text `1` is not the number, as in DSPy.
  expect_rows("literal[1, 'a', true]", {{"1", "-"}, {"a", "\"a\""}});
}

TEST(ParseValue, GivesAUnionTheAlternativeThatNeedsLeastChange) {
  expect_rows("int | str", {{"5", "5"}, {"five", "\"five\""}});
  expect_rows("float | int", {{"5", "5"}, {"5.5", "5.5"}});
  expect_rows("optional[int]",
              {{"None", "null"}, {"null", "null"}, {"5", "5"}, {"x", "-"}});
  expect_rows("optional[list[int]]", {{"None", "null"}, {"so: [1]", "[1]"}});
}

TEST(ParseValue, ReadsAnyAsWhatItLooksLike) {
  expect_rows("any", {{"5", "5"},
                      {"hello there", "\"hello there\""},
                      {"{\"a\": 1}", "{\"a\":1}"},
                      {"{'a': null, 'b': (1, 2)}", "{\"a\":null,\"b\":[1,2]}"},
                      {"True", "true"}});
}

TEST(ParseValue, ReadsObjectsOfTypedMembers) {
  expect_rows("dict[str, int]", {{R"({"a": 1, "b": "2"})", R"({"a":1,"b":2})"},
                                 {"{'a': 1.0}", R"({"a":1})"},
                                 {"```json\n{\"a\": 1}\n```", R"({"a":1})"},
                                 {R"({"a": "x"})", "-"},
                                 {"[1]", "-"},
                                 {"a: 1", "-"}});
  expect_rows("dict[int, str]",
              {{R"({"1": "a", " 2 ": "b"})", R"({"1":"a","2":"b"})"},
               {R"({"x": "a"})", "-"}});
  expect_rows("dict", {{R"({"a": [1, null]})", R"({"a":[1,null]})"}});
}

TEST(ParseValue, ReadsTuplesItemByItem) {
  expect_rows("tuple[int, str]", {{R"([1, "a"])", R"([1,"a"])"},
                                  {R"(("1", 'a'))", R"([1,"a"])"},
                                  {"so: [1, \"a\"]", R"([1,"a"])"},
                                  {"[1]", "-"},
                                  {R"([1, "a", 2])", "-"},
                                  {R"(["a", 1])", "-"}});
}

TEST(ParseValue, ReadsDatesAndTimesAsPydanticDoes) {
  expect_rows("datetime", {{"2026-01-31T12:34:56Z", "\"2026-01-31T12:34:56Z\""},
                           {" 2026-01-31 12:34:56+01:00\n",
                            "\"2026-01-31T12:34:56+01:00\""},
                           {"2026-01-31t12:34z", "\"2026-01-31T12:34Z\""},
                           {"2026-01-31", "\"2026-01-31T00:00:00\""},
                           {"1769862896", "\"2026-01-31T12:34:56Z\""},
                           {"1769862896.25", "\"2026-01-31T12:34:56.250000Z\""},
                           {"1769862896000", "\"2026-01-31T12:34:56Z\""},
                           {"-1", "\"1969-12-31T23:59:59Z\""},
                           {"-62135596800000", "\"0001-01-01T00:00:00Z\""},
                           {"1e300", "-"},
                           {"2026-02-30", "-"},
                           {"tomorrow", "-"},
                           {"", "-"}});
  expect_rows("list[datetime]",
              {{R"(["2026-01-31 12:34", 0])",
                R"(["2026-01-31T12:34","1970-01-01T00:00:00Z"])"}});
  expect_rows("datetime | none",
              {{"2026-01-31", "\"2026-01-31T00:00:00\""}, {"None", "null"}});
}

TEST(ParseValue, ReadsTypesThatPythonHasUnderOtherNames) {
  expect_rows("embedding", {{"[1, 0.5]", "[1.0,0.5]"}, {"[\"x\"]", "-"}});
  expect_rows("probability", {{"0.5", "0.5"}, {"1", "1.0"}, {"high", "-"}});
  expect_rows("reasoning_chain", {{"[\"a\", \"b\"]", "[\"a\",\"b\"]"},
                                  {"steps: [\"a\"]", "[\"a\"]"}});
}

TEST(ParseValue, LeavesObjectsToTheirSchema) {
  expect_rows(R"(object('{"type":"object"}'))",
              {{R"({"a": 1})", R"({"a":1})"}, {"[1]", "-"}, {"x", "-"}});
  expect_rows(R"(object('{"type":"string"}') | int)",
              {{"x", "\"x\""}, {"5", "5"}});
}

TEST(ParseValue, RefusesEndlessNestingWithoutHarm) {
  EXPECT_EQ(value("list[int]", std::string(200'000, '[')), "-");
  auto deep = std::string(200'000, '(') + "1" + std::string(200'000, ')');
  EXPECT_EQ(value("list[int]", deep), "-");
  EXPECT_EQ(value("list[int]", "{'a':" + std::string(100'000, '{')), "-");
}

TEST(ReplyParse, ReadsAJsonObjectInProseAndBroken) {
  auto read_json = [](const std::string& outputs, std::string_view reply) {
    auto fields = parse_reply(task_of(outputs), prompt_adapter::json_object,
                              reply);
    return fields ? dump_json(*fields) : to_string(fields.error());
  };
  auto expected = R"({"a":1,"b":"x y"})";
  for (auto reply :
       {R"({"a": 1, "b": "x y"})", R"({"b": "x y", "a": "1", "z": []})",
        "Sure:\n```json\n{\"a\": 1, \"b\": \"x y\"}\n```\nBye.",
        "{'a': 1, 'b': 'x y',}", "{a: 1, b: \"x y\"", "{\"a\": 1 \"b\": \"x y",
        R"([{"a": 1, "b": "x y"}])"})
    EXPECT_EQ(read_json("a: int, b", reply), expected) << reply;
  EXPECT_EQ(read_json("a", R"({"a": {"k": [true, null, 1.0]}})"),
            R"({"a":"{'k': [True, None, 1.0]}"})");
  EXPECT_EQ(read_json("a", "I do not know."),
            "invalid_output: The model's reply is no JSON object");
  EXPECT_EQ(read_json("a, b", R"({"a": 1})"),
            "invalid_output: The model's reply lacks the field b");
}

TEST(ParseValue, GivesModelsTheirDefaultsAndBounds) {
  auto type = std::string{
    R"(object('{"type":"object","title":"P","properties":{"n":{"type":)"
    R"("integer","maximum":9},"s":{"type":"string","default":"x"}},)"
    R"("required":["n"],"additionalProperties":false}'))"};
  expect_rows(type, {{"{\"n\": \"7\"}", R"({"n":7,"s":"x"})"},
                     {"{\"n\": 10}", "-"},
                     {"{\"s\": \"y\"}", "-"},
                     {"{\"n\": 1, \"z\": 1}", "-"}});
}

} // namespace

} // namespace dspex::test
