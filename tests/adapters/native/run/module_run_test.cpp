// Tests of the requests of the modules, with a server that plays the model.

#include <gtest/gtest.h>

#include "adapters/native/run/native_adapter.hpp"
#include "tests/adapters/http_server.hpp"
#include "tests/conformance/adapter_support.hpp"

namespace dspex::test {

namespace {

using namespace std::chrono_literals;

tool search_tool() {
  auto made = tool{};
  made.name = "search";
  made.description = "Finds facts.";
  made.arguments = *parse_json(
    R"({"query":{"type":"string"},"k":{"type":"integer","default":3}})");
  made.call = [](const json& x) -> result<json> {
    if (x["query"] == "nothing")
      return fail(errc::not_found, "no facts");
    return json::array({x["query"].get<std::string>() + " #1",
                        "k=" + std::to_string(x["k"].get<int>())});
  };
  return made;
}

// A model that says the given replies one after another, the last one for ever.
struct scripted {
  explicit scripted(std::vector<std::string> lines)
    : replies(std::move(lines)) {
  }

  backend_reply run(const std::string& signature,
                    const std::string& configuration, const json& inputs) {
    auto settings = lm_options{};
    settings.model = "m";
    settings.base_url = server.base_url();
    auto object = native_adapter_factory({.defaults = settings,
                                          .tools = tools,
                                          .rewards = rewards,
                                          .client = {.cache = cache}})(host);
    auto program = std::make_shared<backend_program>();
    program->id = program_id::make();
    program->signature = any_signature::parse(signature).value();
    program->configuration = *parse_json(configuration);
    auto answers = std::make_shared<inbox<backend_reply>>();
    auto x = backend_run{};
    x.id = execution_id::make();
    x.program = program;
    x.inputs = document{inputs};
    x.deadline = std::chrono::steady_clock::now() + patience;
    object->execute(x,
                    [answers](backend_reply y) { answers->put(std::move(y)); });
    if (!answers->wait_for(1))
      return {fail(errc::internal, "no answer")};
    return answers->items().front();
  }

  // The last message of the n-th request to the model.
  std::string question(size_t n) {
    auto body = *parse_json(bodies.items().at(n));
    return body["messages"].back()["content"].get<std::string>();
  }

  std::vector<std::string> replies;
  std::vector<tool> tools = {search_tool()};
  std::map<std::string, reward_function> rewards;
  std::shared_ptr<lm_cache> cache;
  inbox<std::string> bodies;
  manual_host host;
  http_server server{[this](exchange& x) {
    bodies.put(x.body);
    auto n = std::min(bodies.items().size(), replies.size());
    x.complete(replies.at(n - 1));
  }};
};

std::string chosen(const std::string& name, const std::string& arguments) {
  return "[[ ## next_thought ## ]]\nhm\n\n[[ ## next_tool_name ## ]]\n" + name
         + "\n\n[[ ## next_tool_args ## ]]\n" + arguments
         + "\n\n[[ ## completed ## ]]";
}

constexpr auto answer_7
  = "[[ ## reasoning ## ]]\nas found\n\n[[ ## answer ## ]]\n7\n\n"
    "[[ ## completed ## ]]";

constexpr auto react = R"({"modules":"ReAct","tools":["search"]})";

const auto how_many = json::object({{"q", "How many?"}});

TEST(ReAct, CallsToolsUntilTheModelIsDone) {
  auto me = scripted{
    {chosen("search", R"({"query": "x"})"), chosen("finish", "{}"), answer_7}};
  auto reply = me.run("q -> answer: int", react, how_many);
  ASSERT_TRUE(reply.outputs) << to_string(reply.outputs.error());
  EXPECT_EQ(dump_json(*reply.outputs), R"({"answer":7})");
  EXPECT_EQ(me.question(1).substr(0, me.question(1).find("\n\nRespond")),
            "[[ ## q ## ]]\nHow many?\n\n[[ ## trajectory ## ]]\n"
            "[[ ## thought_0 ## ]]\nhm\n\n"
            "[[ ## tool_name_0 ## ]]\nsearch\n\n"
            "[[ ## tool_args_0 ## ]]\n{\"query\": \"x\"}\n\n"
            "[[ ## observation_0 ## ]]\n[1] «x #1»\n[2] «k=3»");
  EXPECT_NE(me.question(2).find("[[ ## observation_1 ## ]]\nCompleted."),
            std::string::npos);
  EXPECT_EQ(reply.metadata["reasoning"], "as found");
  EXPECT_EQ(reply.metadata["trajectory"]["tool_name_1"], "finish");
  EXPECT_EQ(reply.metadata["lm"]["requests"], 3);
}

TEST(ReAct, TellsTheModelWhatWentWrongWithATool) {
  auto me = scripted{{chosen("search", R"({"query": 1, "z": 2})"),
                      chosen("search", R"({"query": "nothing"})"),
                      chosen("finish", "{}"), answer_7}};
  auto reply = me.run("q -> answer: int", react, how_many);
  ASSERT_TRUE(reply.outputs) << to_string(reply.outputs.error());
  auto first = reply.metadata["trajectory"]["observation_0"].get<std::string>();
  EXPECT_TRUE(first.starts_with("Execution error in search: ")) << first;
  EXPECT_NE(first.find("query"), std::string::npos) << first;
  EXPECT_EQ(reply.metadata["trajectory"]["observation_1"],
            "Execution error in search: no facts");
}

TEST(ReAct, AnswersAfterTheLastIteration) {
  auto me = scripted{{chosen("search", R"({"query": "x"})"), answer_7}};
  auto reply
    = me.run("q -> answer: int",
             R"({"modules":{"name":"ReAct","max_iters":1},"tools":["search"]})",
             how_many);
  ASSERT_TRUE(reply.outputs) << to_string(reply.outputs.error());
  EXPECT_EQ(me.bodies.items().size(), 2U);
}

TEST(ReAct, GoesOnWithoutAToolThatTakesTooLong) {
  auto me = scripted{
    {chosen("search", R"({"query": "x"})"), chosen("finish", "{}"), answer_7}};
  auto started = inbox<int>{};
  auto gate = inbox<int>{};
  me.tools[0].timeout = 7ms;
  me.tools[0].call = [&](const json&) -> result<json> {
    started.put(1);
    gate.wait_for(1);
    return json("late");
  };
  auto ticker = std::jthread{[&] {
    started.wait_for(1);
    me.host.advance(7ms);
    // Let the tool end only when the model has seen that it did not.
    me.bodies.wait_for(2);
    gate.put(1);
  }};
  auto reply = me.run("q -> answer: int", react, how_many);
  ASSERT_TRUE(reply.outputs) << to_string(reply.outputs.error());
  EXPECT_EQ(reply.metadata["trajectory"]["observation_0"],
            "Execution error in search: no answer within 7 ms");
}

TEST(ReAct, GivesUpOnToolsWhenTheModelChoosesOneThatIsNotThere) {
  auto me = scripted{
    {chosen("lookup", "{}"),
     R"({"next_thought": "a", "next_tool_name": "lookup", "next_tool_args": {}})",
     answer_7}};
  auto reply = me.run("q -> answer: int", react, how_many);
  ASSERT_TRUE(reply.outputs) << to_string(reply.outputs.error());
  EXPECT_EQ(dump_json(reply.metadata["trajectory"]), "{}");
}

TEST(MultiChainComparison, ShowsTheAttemptsAsDspyWordsThem) {
  auto me = scripted{{"[[ ## rationale ## ]]\nall agree\n\n"
                      "[[ ## answer ## ]]\n7\n\n[[ ## completed ## ]]"}};
  auto inputs = how_many;
  inputs["completions"] = *parse_json(
    R"([{"reasoning":" count\nthem ","answer":"7\nor 8"},
        {"rationale":"guess","answer":6}])");
  auto configuration
    = R"({"modules":{"name":"MultiChainComparison","arguments":{"M":2}}})";
  auto reply = me.run("q, completions: list[dict] -> answer: int",
                      configuration, inputs);
  ASSERT_TRUE(reply.outputs) << to_string(reply.outputs.error());
  EXPECT_EQ(reply.metadata["rationale"], "all agree");
  auto asked = me.question(0);
  EXPECT_TRUE(asked.starts_with(
    "[[ ## q ## ]]\nHow many?\n\n[[ ## reasoning_attempt_1 ## ]]\n"
    "«I'm trying to count I'm not sure but my prediction is 7»\n\n"
    "[[ ## reasoning_attempt_2 ## ]]\n"
    "«I'm trying to guess I'm not sure but my prediction is 6»\n\n"))
    << asked;
  EXPECT_EQ((*parse_json(me.bodies.items()[0]))["temperature"], 0.7);
  auto refused = me.run("q, completions: list[dict] -> answer: int",
                        R"({"modules":"MultiChainComparison"})", inputs);
  ASSERT_FALSE(refused.outputs);
  EXPECT_EQ(refused.outputs.error().message,
            "completions must hold 3 attempts, got 2");
}

constexpr auto best_of_3
  = R"({"modules":{"name":"BestOfN","arguments":{"N":3,"threshold":1,
        "reward":"size","module":"ChainOfThought"}}})";

std::string thought(const std::string& text) {
  return "[[ ## reasoning ## ]]\nr\n\n[[ ## answer ## ]]\n" + text;
}

TEST(BestOfN, StopsAtTheFirstAttemptThatIsGoodEnough) {
  auto me = scripted{{thought("0.5"), thought("2"), thought("3")}};
  me.rewards["size"] = [](const json& inputs, const json& outputs) {
    EXPECT_EQ(inputs["q"], "How many?");
    return outputs["answer"].get<double>();
  };
  auto reply = me.run("q -> answer: float", best_of_3, how_many);
  ASSERT_TRUE(reply.outputs) << to_string(reply.outputs.error());
  EXPECT_EQ(dump_json(*reply.outputs), R"({"answer":2.0})");
  EXPECT_EQ(reply.metadata["attempts"], 2);
  EXPECT_EQ(reply.metadata["reward"], 2.0);
  EXPECT_EQ((*parse_json(me.bodies.items()[0]))["temperature"], 1.0);
}

TEST(BestOfN, AsksTheModelForEachAttemptThoughThereIsACache) {
  auto me = scripted{{thought("0.1"), thought("0.3"), thought("0.2")}};
  me.cache = std::make_shared<lm_cache>(lm_cache_options{});
  me.rewards["size"] = [](const json&, const json& outputs) {
    return outputs["answer"].get<double>();
  };
  auto reply = me.run("q -> answer: float", best_of_3, how_many);
  ASSERT_TRUE(reply.outputs) << to_string(reply.outputs.error());
  EXPECT_EQ(dump_json(*reply.outputs), R"({"answer":0.3})");
  EXPECT_EQ(me.bodies.items().size(), 3U);
  // The whole run once more costs nothing.
  me.run("q -> answer: float", best_of_3, how_many);
  EXPECT_EQ(me.bodies.items().size(), 3U);
}

TEST(BestOfN, TakesTheBestOfWhatDidNotFail) {
  auto me = scripted{{thought("-1"), thought("-0.5"), thought("-9")}};
  me.rewards["size"] = [](const json&, const json& outputs) {
    auto x = outputs["answer"].get<double>();
    if (x < -5)
      throw std::runtime_error{"too small"};
    return x;
  };
  auto reply = me.run("q -> answer: float", best_of_3, how_many);
  ASSERT_TRUE(reply.outputs) << to_string(reply.outputs.error());
  EXPECT_EQ(dump_json(*reply.outputs), R"({"answer":-0.5})");
}

TEST(BestOfN, NeedsARewardThatIsRegistered) {
  auto me = scripted{{thought("1")}};
  auto reply = me.run("q -> answer: float", best_of_3, how_many);
  ASSERT_FALSE(reply.outputs);
  EXPECT_EQ(reply.outputs.error().message,
            "modules.arguments.reward is size, which is not registered with "
            "the native adapter; python_port calls Python functions");
}

} // namespace

} // namespace dspex::test
