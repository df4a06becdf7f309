#include "core/text.hpp"

#include <gtest/gtest.h>

namespace dspex::test {

TEST(Text, IsBlankIfItHoldsOnlyWhiteSpace) {
  for (auto text : {"", " ", "\t", "\r\n", "\v", "\f", " \t\r\n\v\f "})
    EXPECT_TRUE(is_blank(text)) << ::testing::PrintToString(text);
  for (auto text : {"a", " a ", "\va", ".", "\xC2\xA0"})
    EXPECT_FALSE(is_blank(text)) << ::testing::PrintToString(text);
}

TEST(Text, IsShortenedBetweenCharacters) {
  EXPECT_EQ(shorten("abc", 3), "abc");
  EXPECT_EQ(shorten("abcd", 3), "abc…");
  EXPECT_EQ(shorten("aéb", 2), "a…");
  EXPECT_EQ(shorten("é", 1), "…");
}

} // namespace dspex::test
