#include "core/utf8.hpp"

#include <string>

#include <gtest/gtest.h>

namespace dspex::test {

TEST(PlainAscii, IsEveryByteFromOneTo127AtEveryPlace) {
  for (size_t size = 0; size < 80; ++size) {
    auto text = std::string(size, 'x');
    EXPECT_TRUE(is_plain_ascii(text)) << size;
    for (size_t i = 0; i < size; ++i) {
      for (auto c : {'\x01', '\x7F'}) {
        text[i] = c;
        EXPECT_TRUE(is_plain_ascii(text)) << i << " of " << size;
      }
      for (auto c : {'\x00', '\x80', '\xFF'}) {
        text[i] = c;
        EXPECT_FALSE(is_plain_ascii(text)) << i << " of " << size;
      }
      text[i] = 'x';
    }
  }
}

} // namespace dspex::test
