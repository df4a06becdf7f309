#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace dspex::test {

using namespace dspex::cli;

TEST(Table, AlignsItsColumns) {
  auto table = text_table{{{"name"}, {"n", true}}, 80};
  table.add({"a", "1"});
  table.add({"long name", "12345"});
  EXPECT_EQ(table.take(), "name           n\n"
                          "a              1\n"
                          "long name  12345\n");
}

TEST(Table, CutsTheWidestColumnToItsWidth) {
  auto table = text_table{{{"id", false, true}, {"text"}}, 20};
  table.add({"0123456789", "0123456789"});
  EXPECT_EQ(table.take(), "id          text\n"
                          "0123456789  0123456…\n");
}

TEST(Table, PrintsItsHeadOnce) {
  auto table = text_table{{{"a"}}, 80};
  table.add({"1"});
  EXPECT_EQ(table.take(), "a\n1\n");
  table.add({"22"});
  EXPECT_EQ(table.take(), "…\n");
}

TEST(Table, CountsWideAndCombiningCharacters) {
  EXPECT_EQ(display_width("日本"), 4u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
  EXPECT_EQ(display_width("\xff\xfe"), 2u);
  EXPECT_EQ(cut("日本語", 5), "日本…");
}

TEST(Table, LetsNoControlCharacterThrough) {
  EXPECT_EQ(one_line(" a\n\tb\x1b[31mc \u009b "), "a b [31mc");
}

} // namespace dspex::test
