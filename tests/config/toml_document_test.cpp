#include "config/toml_document.hpp"

#include <string>

#include <gtest/gtest.h>

#include "config/toml_nesting.hpp"

namespace dspex::test {

namespace {

std::string complaint_about(const std::string& text) {
  auto x = parse_toml(text, "f");
  if (x)
    return "accepted";
  return to_string(x.error().front());
}

std::string repeated(const std::string& text, size_t n) {
  std::string result;
  for (size_t i = 0; i < n; ++i)
    result += text;
  return result;
}

TEST(TomlDocument, KeepsTheOrderOfTheText) {
  auto x = parse_toml("z = 1\na = [true, 1.5]\n[m]\ny = 's'\nb.c = {d = 2}\n",
                      "f");
  ASSERT_TRUE(x);
  EXPECT_EQ(dump_json(to_json(*x)),
            R"({"z":1,"a":[true,1.5],"m":{"y":"s","b":{"c":{"d":2}}}})");
}

TEST(TomlDocument, KnowsWhereEachKeyStands) {
  auto x = parse_toml("[m]\r\n  y = 1\r\n", "f");
  ASSERT_TRUE(x);
  auto* m = x->find("m");
  ASSERT_NE(m, nullptr);
  EXPECT_TRUE(m->is_table);
  EXPECT_EQ(m->line, 1u);
  auto* y = m->find("y");
  ASSERT_NE(y, nullptr);
  EXPECT_EQ(y->line, 2u);
  EXPECT_EQ(y->column, 3u);
  EXPECT_EQ(m->find("x"), nullptr);
}

TEST(TomlDocument, SkipsAByteOrderMark) {
  EXPECT_TRUE(parse_toml("\xEF\xBB\xBF# comment\nz = 1\n", "f"));
}

TEST(TomlDocument, RefusesBadText) {
  EXPECT_NE(complaint_about("a = '\xFF'\n"), "accepted");
  EXPECT_NE(complaint_about(std::string("a = 1\0\n", 7)), "accepted");
  EXPECT_EQ(complaint_about("a = \"x\\u0000\"\n"),
            "f:1:5: a: text must not contain U+0000");
  EXPECT_EQ(complaint_about("\"x\\u0000\" = 1\n"),
            "f:1:1: a key must not contain U+0000");
}

TEST(TomlDocument, RefusesWhatJsonCannotSay) {
  EXPECT_EQ(complaint_about("a = [1, inf]\n"),
            "f:1:9: a[1]: must be a finite number");
  EXPECT_EQ(complaint_about("a = {t = 07:32:00}\n"),
            "f:1:10: a.t: dates and times are not supported; put it in quotes");
}

TEST(TomlDocument, RefusesDeepNestingOfAnyKindWithoutCrashing) {
  constexpr size_t deep = 200'000;
  EXPECT_EQ(complaint_about("\na=" + repeated("[", deep) + repeated("]", deep)),
            "f:2:35: nested deeper than 32 levels");
  EXPECT_EQ(complaint_about("a=" + repeated("[", deep)),
            "f:1:35: nested deeper than 32 levels");
  EXPECT_EQ(complaint_about("a=" + repeated("{a=", deep)),
            "f:1:99: nested deeper than 32 levels");
  EXPECT_EQ(complaint_about("a" + repeated(".a", deep) + "=1"),
            "f:1:66: nested deeper than 32 levels");
  EXPECT_EQ(complaint_about("[a" + repeated(" . 'a'", deep) + "]"),
            "f:1:196: nested deeper than 32 levels");
}

TEST(TomlDocument, SurvivesTheDeepestNestingItAccepts) {
  auto dotted = "a" + repeated(".a", max_toml_nesting);
  auto table = repeated("{" + dotted + "=", max_toml_nesting) + "1"
               + repeated("}", max_toml_nesting);
  EXPECT_TRUE(parse_toml("[" + dotted + "]\n" + dotted + "=" + table, "f"));
}

TEST(TomlDocument, DoesNotCountBracketsAndDotsInTextAndComments) {
  auto marks = repeated("[.", 100);
  EXPECT_TRUE(parse_toml("# " + marks + "\na = \"" + marks + "\\\"" + marks
                           + "\" # " + marks + "\nb = '" + marks
                           + "'\nc = \"\"\"" + marks + "\n\"\" \\\"\"\"" + marks
                           + "\"\"\"\"\"\nd = '''" + marks + "\n\\" + marks
                           + "'''\ne = \"\\\\\"\nf = ''\ng = \"\"\n",
                         "f"));
}

} // namespace

} // namespace dspex::test
