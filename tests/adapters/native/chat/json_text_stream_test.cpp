#include "adapters/native/chat/json_text_stream.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "dspex/json.hpp"
#include "tests/support/pieces.hpp"

namespace dspex::test {

namespace {

// The fields as the stream reports them when the text comes in pieces of so
// many characters.
std::map<std::string, std::string> told_texts(std::string_view text,
                                              size_t characters) {
  auto all = std::map<std::string, std::string>{};
  auto x
    = json_text_stream{[&](const std::string& name, std::string_view piece) {
        EXPECT_FALSE(piece.empty());
        all[name] += piece;
      }};
  read_in_pieces(x, text, characters);
  return all;
}

TEST(JsonTextStream, TellsTheTextsOfAnObject) {
  auto objects = {
    R"({"a": "one", "b": "two\nlines \"quoted\" \\ \/"})",
    R"({"skipped": [1, {"a": "no", "x": "]}\"{"}, "a"], "a": "yes"})",
    R"({"a":"\u00e9\ud83d\ude00\u0041","n":-1.5,"b":"\t","c":true})",
    "{\n  \"a\" :\t\"é 😀\",\r\n  \"o\": {}, \"b\": \"\"}",
    R"({"\u0061": "named with an escape", "l": ["]", "\\"], "b": "}"})",
    "{}",
  };
  for (std::string_view text : objects) {
    auto expected = std::map<std::string, std::string>{};
    auto object = parse_json(text);
    ASSERT_TRUE(object) << text;
    for (auto& [name, value] : object->items())
      if (value.is_string() && !value.empty() && value != "")
        expected[name] = value.get<std::string>();
    for (size_t n = 1; n <= text.size(); ++n)
      ASSERT_EQ(told_texts(text, n), expected) << text << " by " << n;
  }
}

TEST(JsonTextStream, SkipsWhatStandsAroundTheObject) {
  EXPECT_EQ(told_texts("```json\n{\"a\": \"x\"}\n``` {\"a\": \"y\"}", 3),
            (std::map<std::string, std::string>{{"a", "x"}}));
}

TEST(JsonTextStream, IsSafeOnWhatIsNoJson) {
  for (std::string_view text :
       {R"({"a": "\q x", "b": "y"})", R"({"a": "\ud83d lone"})",
        R"({"a": "\ud83d\)", R"({"a" "b"})", "{]}}", R"({"a": "\u00)", "\"{\"",
        R"({'a': 'b'})", R"({"a": "\ud83dx"})"})
    for (size_t n = 1; n <= text.size(); ++n)
      EXPECT_LE(told_texts(text, n).size(), 2U) << text;
}

} // namespace

} // namespace dspex::test
