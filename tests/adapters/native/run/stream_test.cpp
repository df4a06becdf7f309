// Tests of the pieces that a caller receives before a run ends.

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "adapters/native/run/native_adapter.hpp"
#include "tests/conformance/adapter_support.hpp"

namespace dspex::test {

namespace {

using pieces = std::vector<std::string>;

// Says the given replies one after another, in pieces to those who take them.
class scripted_model : public language_model {
public:
  explicit scripted_model(std::vector<pieces> replies)
    : replies_(std::move(replies)) {
  }

  void send(const lm_request& request, callback done) override {
    auto& reply = replies_.at(std::min(sent_++, replies_.size() - 1));
    // A reply of one piece comes whole.
    if (request.on_text && reply.size() > 1)
      for (auto& x : reply)
        request.on_text(x);
    done({std::accumulate(reply.begin(), reply.end(), std::string{}),
          json::object()});
  }

  void cancel(uuid) override {
    // Nothing is under way.
  }

private:
  std::vector<pieces> replies_;
  size_t sent_ = 0;
};

struct run_options {
  std::string signature = "question -> answer";
  std::string configuration = "{}";
  std::vector<pieces> replies;
  int32_t attempt = 1;
  // Cancels the run when so many pieces have arrived.
  size_t cancel_after = 1000;
};

struct outcome {
  // Each piece as `field:text`, with `!` before it if it starts over.
  std::vector<std::string> told;
  // Empty for a cancelled run.
  std::vector<backend_reply> replies;
};

outcome run(const run_options& options) {
  auto settings = lm_options{};
  settings.model = "m";
  settings.base_url = "http://127.0.0.1:1/v1";
  settings.api_key = "sk-hidden";
  auto search = tool{};
  search.name = "search";
  search.arguments = json::object();
  search.call = [](const json&) -> result<json> { return "nothing"; };
  auto host = manual_host{};
  auto backend = native_adapter_factory(
    {.defaults = settings,
     .tools = {search},
     .rewards = {{"good", [](const json&, const json&) { return 1.0; }}},
     .make_model = [&] {
       return std::make_unique<scripted_model>(options.replies);
     }})(host);
  auto program = std::make_shared<backend_program>();
  program->id = program_id::make();
  program->signature = any_signature::parse(options.signature).value();
  program->configuration = *parse_json(options.configuration);
  auto result = outcome{};
  auto replies = inbox<backend_reply>{};
  auto x = backend_run{};
  x.id = execution_id::make();
  x.program = program;
  x.inputs = document{question("?")};
  x.deadline = std::chrono::steady_clock::now() + patience;
  x.attempt = options.attempt;
  x.on_chunk = [&](const field_chunk& chunk) {
    EXPECT_TRUE(replies.items().empty());
    result.told.push_back((chunk.starts_over ? "!" : "") + chunk.field + ':'
                          + chunk.text);
    if (result.told.size() == options.cancel_after)
      backend->cancel(x.id);
  };
  backend->execute(x, [&](backend_reply y) { replies.put(std::move(y)); });
  auto is_cancelled = result.told.size() == options.cancel_after;
  EXPECT_TRUE(is_cancelled || replies.wait_for(1));
  backend = nullptr;
  result.replies = replies.items();
  return result;
}

using told = std::vector<std::string>;

constexpr auto end = "\n\n[[ ## completed ## ]]";

TEST(NativeStream, TellsEachFieldWhileItIsWritten) {
  auto x = run({.signature = "question -> answer, score: float",
                .configuration = R"({"modules":"ChainOfThought"})",
                .replies = {{"[[ ## reasoning ##", " ]]\nBecause.\n\n[[ ## ans",
                             "wer ## ]]\nThe", " sky", "\n\n[[ ## score ## ]]",
                             "\n0.", "50", end}}});
  EXPECT_EQ(x.told, (told{"reasoning:Because.", "answer:The", "answer: sky",
                          "score:0.", "score:50"}));
  ASSERT_TRUE(x.replies.at(0).outputs);
  EXPECT_EQ(dump_json(*x.replies[0].outputs),
            R"({"answer":"The sky","score":0.5})");
}

TEST(NativeStream, TellsAWholeReplyFieldByField) {
  auto x = run({.replies = {{"[[ ## answer ## ]]\nwhole" + std::string{end}}}});
  EXPECT_EQ(x.told, told{"answer:whole"});
}

TEST(NativeStream, StartsOverWithTheSecondRequest) {
  auto x = run({.signature = "question -> answer, score: float",
                .replies = {{"[[ ## answer ## ]]\nfir", "st", end},
                            {R"({"answer": "seco)", R"(nd", "score": 1})"}}});
  EXPECT_EQ(x.told, (told{"answer:fir", "answer:st", "!answer:seco",
                          "answer:nd", "score:1.0"}));
  ASSERT_TRUE(x.replies.at(0).outputs);
  EXPECT_EQ(x.replies[0].outputs->at("answer"), "second");
}

constexpr auto in_json = R"({"modules":{"name":"Predict","adapter":"json"}})";

TEST(NativeStream, TellsTheTextsOfAReplyInJson) {
  auto x
    = run({.signature = "question -> answer, score: float, tags: list[str]",
           .configuration = in_json,
           .replies = {{R"({"answer": "The )", R"(sky\u00)", R"(2e", "s)",
                        R"(core": 1, "tags": ["a", )", R"("b"]})"}}});
  EXPECT_EQ(x.told, (told{"answer:The ", "answer:sky", "answer:.", "score:1.0",
                          R"(tags:["a","b"])"}));
  EXPECT_EQ(x.replies.at(0).outputs.value().at("answer"), "The sky.");
}

TEST(NativeStream, StartsOverIfBrokenJsonIsReadAsSomethingElse) {
  // The second member of a name wins.
  auto x = run({.configuration = in_json,
                .replies = {{R"({"answer": "one", )", R"("answer": "two"})"}}});
  ASSERT_TRUE(x.replies.at(0).outputs);
  auto answer = x.replies[0].outputs->at("answer").get<std::string>();
  EXPECT_EQ(x.told, (told{"answer:one", "answer:two", "!answer:" + answer}));
}

TEST(NativeStream, MasksAKeyThatIsSpeltWithEscapes) {
  auto x
    = run({.configuration = in_json,
           .replies = {{R"({"answer": "It is sk-\u0068)", R"(idden!"})"}}});
  EXPECT_EQ(x.told, (told{"answer:It is ", "answer:***!"}));
}

TEST(NativeStream, StartsOverWithTheNextAttemptOfARun) {
  auto x = run({.replies = {{"[[ ## answer ## ]]\n1", " 2"}}, .attempt = 2});
  EXPECT_EQ(x.told, (told{"!answer:1", "answer: 2"}));
}

TEST(NativeStream, TellsTheAnswerOfAReActOnly) {
  auto step = "[[ ## next_thought ## ]]\nhm\n\n[[ ## next_tool_name ## ]]\n"
              "finish\n\n[[ ## next_tool_args ## ]]\n{}";
  auto x = run({.configuration = R"({"modules":"ReAct","tools":["search"]})",
                .replies = {{step, end},
                            {"[[ ## reasoning ## ]]\nr", "\n[[ ## answer ## ]]",
                             "7", end}}});
  EXPECT_EQ(x.told, (told{"reasoning:r", "answer:7"}));
}

TEST(NativeStream, TellsNothingOfABestOfN) {
  auto x = run({.configuration = R"({"modules":{"name":"BestOfN","arguments":
                  {"reward":"good","threshold":1}}})",
                .replies = {{"[[ ## answer ## ]]\n", "7", end}}});
  EXPECT_EQ(x.told, told{});
  EXPECT_TRUE(x.replies.at(0).outputs);
}

TEST(NativeStream, TellsNothingMoreOnceTheRunIsCancelled) {
  auto x = run({.replies = {{"[[ ## answer ## ]]\n1", " 2", " 3", " 4", end}},
                .cancel_after = 2});
  EXPECT_EQ(x.told, (told{"answer:1", "answer: 2"}));
  EXPECT_TRUE(x.replies.empty());
}

} // namespace

} // namespace dspex::test
