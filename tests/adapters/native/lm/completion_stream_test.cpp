#include "adapters/native/lm/completion_stream.hpp"

#include <gtest/gtest.h>

namespace dspex::test::sse {

namespace {

std::vector<std::string> events_of(std::string_view text, size_t piece) {
  auto result = std::vector<std::string>{};
  auto reader = sse_reader{};
  for (size_t i = 0; i < text.size(); i += piece)
    reader.read(text.substr(i, piece),
                [&](std::string_view data) { result.emplace_back(data); });
  return result;
}

using texts = std::vector<std::string>;

TEST(Sse, SplitsEventsWhereverThePiecesEnd) {
  constexpr auto stream = std::string_view{
    "\xEF\xBB\xBF"
    "data: one\n\n: comment\r\n\r\ndata:two\r\ndata\r\n"
    "data:  three\r\n\r\nid: 5\rdata: four\r\revent: x\n\n"
    "data: lost"};
  auto expected = texts{"one", "two\n\n three", "four"};
  for (auto piece : {1, 2, 3, 7, 1000})
    EXPECT_EQ(events_of(stream, static_cast<size_t>(piece)), expected) << piece;
}

TEST(Sse, TakesAnEmptyDataLineForAnEvent) {
  EXPECT_EQ(events_of("data\n\n\n\n", 100), texts{""});
}

std::string event(const std::string& data) {
  return "data: " + data + "\n\n";
}

result<json> put_together(const std::string& stream) {
  auto x = completion_stream{};
  x.read(stream);
  return x.finish();
}

TEST(CompletionStream, PutsTheAnswerTogether) {
  auto x = completion_stream{};
  x.read(event(R"({"model":"m","choices":[{"index":0,"delta":)"
               R"({"role":"assistant","content":""}}]})"));
  EXPECT_TRUE(x.has_events());
  EXPECT_FALSE(x.has_begun());
  x.read(event(R"({"choices":[{"index":1,"delta":{"content":"B"}}]})"));
  EXPECT_TRUE(x.has_begun());
  x.read(event(R"({"choices":[{"index":0,"delta":{"content":"Hel"}}]})")
         + event(R"({"choices":[{"index":0,"delta":{"content":"lo"}},)"
                 R"({"index":1,"finish_reason":"length"}]})")
         + event(R"({"choices":[{"index":0,"delta":{},)"
                 R"("finish_reason":"stop"}],"usage":null})")
         + event(R"({"choices":[],"usage":{"total_tokens":9}})")
         + event("[DONE]") + event("what follows is not read"));
  EXPECT_EQ(
    dump_json(x.finish().value()),
    R"({"model":"m","choices":[{"index":0,"message":{"role":"assistant",)"
    R"("content":"Hello"},"finish_reason":"stop"},{"index":1,"message":)"
    R"({"role":"assistant","content":"B"},"finish_reason":"length"}],)"
    R"("usage":{"total_tokens":9}})");
}

TEST(CompletionStream, PutsToolCallsTogether) {
  auto x = put_together(
    event(R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a",)"
          R"("function":{"name":"find","arguments":""}}]}}]})")
    + event(R"({"choices":[{"delta":{"tool_calls":[{"index":0,)"
            R"("function":{"arguments":"{\"q\":"}}]}}]})")
    + event(R"({"choices":[{"delta":{"tool_calls":[{"index":0,)"
            R"("function":{"arguments":"1}"}}]},"finish_reason":"tool_calls")"
            R"(}]})"));
  ASSERT_TRUE(x) << x.error().message;
  auto& call = (*x)["choices"][0]["message"]["tool_calls"][0];
  EXPECT_EQ(call["function"]["name"], "find");
  EXPECT_EQ(call["function"]["arguments"], R"({"q":1})");
}

TEST(CompletionStream, SaysWhyThereIsNoAnswer) {
  struct bad_stream {
    std::string stream;
    const char* why;
  };
  auto begun = event(R"({"choices":[{"delta":{"content":"Hel"}}]})");
  for (auto& x :
       {bad_stream{"", "ended before"}, bad_stream{begun, "ended before"},
        bad_stream{begun + event(R"({"error":{"message":"out of memory"}})"),
                   "out of memory"},
        bad_stream{event("{"), "no JSON"},
        bad_stream{event(R"({"choices":[{"index":-1}]})"), "index of a choice"},
        bad_stream{event(R"({"choices":[{"index":1e9}]})"),
                   "index of a choice"},
        bad_stream{
          event(R"({"choices":[{"delta":{"tool_calls":[{"index":"x"}]}}]})"),
          "index of a tool call"}}) {
    auto answer = put_together(x.stream);
    ASSERT_FALSE(answer) << x.stream;
    EXPECT_EQ(answer.error().code, errc::backend_failed);
    EXPECT_NE(answer.error().message.find(x.why), std::string::npos)
      << answer.error().message;
  }
}

} // namespace

} // namespace dspex::test::sse
