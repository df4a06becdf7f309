#include "adapters/native/chat/field_stream.hpp"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/native/chat/reply_parse.hpp"
#include "tests/support/pieces.hpp"

namespace dspex::test {

namespace {

const prompt_signature& two_texts() {
  static const auto sig
    = make_prompt_signature(any_signature::parse("x -> a, b: str").value());
  return sig;
}

// The fields as the stream reports them when the text comes in pieces of so
// many characters.
std::map<std::string, std::string> streamed(std::string_view reply,
                                            size_t characters) {
  auto all = std::map<std::string, std::string>{};
  auto x = field_stream{two_texts(),
                        [&](const std::string& field, std::string_view text) {
                          EXPECT_FALSE(text.empty());
                          all[field] += text;
                        }};
  read_in_pieces(x, reply, characters);
  x.finish(reply);
  return all;
}

TEST(FieldStream, TellsWhatTheReplyIsReadAs) {
  auto replies = {
    "[[ ## a ## ]]\none\n\n[[ ## b ## ]]\ntwo\n\n[[ ## completed ## ]]",
    "Sure!\n[[ ## b ## ]]  beside \n\n\n  and  below\t\n\n [[ ## a ## ]]\nx",
    "[[ ## a ## ]]\r\n1\r\n\r\n2\r3\n\r\n[[ ## b ## ]]\r\nq\r\n",
    "[[ ## a ## ]]\nfirst\n[[ ## c ## ]]\nno\n[[ ## b ## ]]\ny\n"
    "[[ ## a ## ]]\nsecond\n[[ ## b ## ]] third",
    "[[ ## a ## ]]\n[[ not a header\n[[ ## b ##\n[[ ## b # ]]\n [\n[[\n"
    "mid [[ ## b ## ]]\n[[ ## b ## ]]\n[[ ## ]]",
    "[[ ## a ## ]]\nlines\u2028of\x0b Unicode\u00a0\n\u3000\n\u00e9\u3000\n"
    "[[ ## b ## ]]\n\u00a0\U0001F600\n ",
    "[[ ## a ## ]]x[[ ## b ## ]]\n[[ ## b ## ]][[ ## completed ## ]]",
    "  [[ ## a ## ]] leaks\n[[ ## b ## ]]\n    indented\n  less",
  };
  for (std::string_view reply : replies) {
    auto read = parse_reply(two_texts(), prompt_adapter::chat, reply);
    ASSERT_TRUE(read) << reply;
    for (size_t n = 1; n <= reply.size(); ++n) {
      auto all = streamed(reply, n);
      for (auto name : {"a", "b"})
        ASSERT_EQ(all[name], read->at(name).get<std::string>())
          << reply << " in pieces of " << n;
    }
  }
}

TEST(FieldStream, TellsTextAsSoonAsItIsSure) {
  auto told = std::vector<std::string>{};
  auto x = field_stream{two_texts(),
                        [&](const std::string& field, std::string_view text) {
                          told.push_back(field + ':' + std::string{text});
                        }};
  x.read("[[ ## a ## ]]\nThe ");
  EXPECT_EQ(told, std::vector<std::string>{"a:The"});
  x.read("end");
  x.read(".\n");
  x.read("[[ ##");
  EXPECT_EQ(told, (std::vector<std::string>{"a:The", "a: end", "a:."}));
  x.read(" b ## ]]\n1");
  EXPECT_EQ(told.back(), "b:1");
}

TEST(FieldStream, TellsTheRestWhenTheReplyBreaksOff) {
  using fields = std::map<std::string, std::string>;
  EXPECT_EQ(streamed("[[ ## a ## ]]\nx\n[[ ##", 4),
            (fields{{"a", "x\n[[ ##"}}));
  EXPECT_EQ(streamed("[[ ## a ## ]] x", 4), (fields{{"a", "x"}}));
  EXPECT_EQ(streamed("", 1), fields{});
}

} // namespace

} // namespace dspex::test
