#include "dspex/json.hpp"

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

std::string complaint(std::string_view text, const json_limits& limits = {}) {
  auto got = parse_json(text, limits);
  return got ? "ok: " + dump_json(*got) : to_string(got.error());
}

std::string nested(size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

} // namespace

TEST(Json, KeepsTheOrderOfMembers) {
  auto text = std::string{R"({"z":1,"a":{"y":2,"b":3},"m":[]})"};
  EXPECT_EQ(dump_json(parse_json(text).value()), text);
}

TEST(Json, ReadsExactlyAsDeepAsAllowed) {
  EXPECT_TRUE(parse_json(nested(128)));
  EXPECT_NE(complaint(nested(129)).find("nested deeper than 128 levels"),
            std::string::npos);
  EXPECT_NE(complaint(nested(200'000)).find("nested deeper"),
            std::string::npos);
  EXPECT_TRUE(parse_json("[]", {.max_depth = 1}));
  EXPECT_FALSE(parse_json("[[]]", {.max_depth = 1}));
}

TEST(Json, RefusesMoreBytesThanAllowed) {
  EXPECT_TRUE(parse_json("[1,2]", {.max_bytes = 5}));
  EXPECT_NE(complaint("[1,2,3]", {.max_bytes = 5}).find("longer than 5 bytes"),
            std::string::npos);
}

TEST(Json, RefusesInvalidUtf8WithItsPosition) {
  for (std::string_view bad : {"\"\x80\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"",
                               "\"\xF4\x90\x80\x80\"", "\"\xE2\x82\""})
    EXPECT_EQ(complaint(bad), "line 1, column 2: invalid UTF-8");
  EXPECT_EQ(complaint("[\n\"ok\",\n  \"\xFF\"]"),
            "line 3, column 4: invalid UTF-8");
}

TEST(Json, ReplacesBadTextOnRequest) {
  auto limits = json_limits{.replace_bad_text = true};
  EXPECT_EQ(complaint("\"a\xFFz\"", limits), "ok: \"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(complaint(R"("a\u0000z")", limits), "ok: \"a\xEF\xBF\xBDz\"");
}

TEST(Json, RefusesTheCharacterZero) {
  EXPECT_NE(complaint(R"("a\u0000z")").find("character U+0000"),
            std::string::npos);
  EXPECT_NE(complaint(R"({"a\u0000z":1})").find("character U+0000"),
            std::string::npos);
}

TEST(Json, RefusesIntegersBeyond64Bits) {
  EXPECT_EQ(complaint("18446744073709551615"), "ok: 18446744073709551615");
  EXPECT_EQ(complaint("-9223372036854775808"), "ok: -9223372036854775808");
  EXPECT_NE(complaint("18446744073709551616").find("beyond 64 bits"),
            std::string::npos);
  EXPECT_NE(complaint("[-9223372036854775809]").find("beyond 64 bits"),
            std::string::npos);
  EXPECT_NE(complaint("1e400").find("number out of range"), std::string::npos);
}

TEST(Json, RefusesDuplicateMemberNamesOfOneObjectOnly) {
  EXPECT_NE(complaint(R"({"a":1,"a":2})").find(R"(duplicate member name "a")"),
            std::string::npos);
  EXPECT_EQ(complaint(R"({"a":{"a":1},"b":{"a":2}})"),
            R"(ok: {"a":{"a":1},"b":{"a":2}})");
}

TEST(Json, ErrorsSayWhere) {
  auto got = parse_json("{\n  \"a\": tru\n}");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().line, 2u);
  EXPECT_GE(got.error().column, 8u);
  EXPECT_LE(got.error().column, 11u);
  got = parse_json("");
  ASSERT_FALSE(got);
  EXPECT_EQ(to_string(got.error()), "line 1, column 1: unexpected end of text");
}

TEST(Json, RefusesWhatIsNotOneValue) {
  for (auto bad : {"{} {}", "[1,]", "{\"a\"}", "nul", "'a'", "01", "+1",
                   "[1 2]", "{\"a\":1,}", "NaN", "\"a\nb\"", "// c\n1"})
    EXPECT_FALSE(parse_json(bad)) << bad;
}

TEST(Json, NullFalseZeroAndEmptyTextDiffer) {
  auto x = parse_json(R"([null,false,0,"",[],{}])").value();
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t j = 0; j < x.size(); ++j)
      EXPECT_EQ(x[i] == x[j], i == j) << i << " " << j;
}

TEST(Json, PrintingReplacesBadTextInsteadOfThrowing) {
  EXPECT_EQ(dump_json(json("a\xFFz")), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(pretty_json(json::object({{"a", 1}})), "{\n  \"a\": 1\n}");
}

TEST(Json, PrintsWhatTheLibraryPrints) {
  auto samples = std::vector<std::string>{"", "plain", "12345678", "\xC3\xA4"};
  for (size_t size = 1; size < 18; ++size)
    for (size_t pos = 0; pos < size; ++pos)
      for (auto c : {'"', '\\', '\n', '\x1f', '\x20', '\x7f', '\xff', '!'}) {
        samples.emplace_back(size, 'x');
        samples.back()[pos] = c;
      }
  auto value = json::array();
  for (auto& x : samples) {
    auto member = json::object();
    member[x] = x;
    value.push_back(std::move(member));
  }
  for (auto& x :
       {json(nullptr), json(true), json(-1), json(18446744073709551615u),
        json(0.1), json(1e300), json(-0.0), json::object(), json::array()})
    value.push_back(x);
  EXPECT_EQ(dump_json(value),
            value.dump(-1, ' ', false, json::error_handler_t::replace));
}

TEST(Json, AppendsBehindWhatIsThere) {
  auto text = std::string{"data: "};
  append_json(text, json::array({1, "a\"b"}));
  EXPECT_EQ(text, R"(data: [1,"a\"b"])");
}

TEST(Document, CopiesShareOneValueAndCompareByContent) {
  auto first = document{json::array({1, 2})};
  auto copy = first;
  EXPECT_EQ(&*copy, &*first);
  EXPECT_EQ(first, document{json::array({1, 2})});
  EXPECT_NE(first, document{json::array({2, 1})});
  EXPECT_TRUE(document {} -> is_null());
}

} // namespace dspex::test
