#include "adapters/native/lm/settings.hpp"

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

lm_options node() {
  auto result = lm_options{};
  result.model = "openai/small";
  result.base_url = "https://models.example/v1/";
  result.api_key = "sk-secret";
  result.temperature = 0.5;
  return result;
}

result<lm_options> merge(const std::string& lm,
                         const lm_options& defaults = node()) {
  return merge_lm_settings(defaults, *parse_json("{\"lm\":" + lm + "}"));
}

TEST(LmSettings, TakesTheNodesWhereTheProgramIsSilent) {
  auto x = merge_lm_settings(node(), json::object()).value();
  EXPECT_EQ(x.model, "openai/small");
  EXPECT_EQ(x.base_url, "https://models.example/v1");
  EXPECT_EQ(x.api_key, "sk-secret");
  EXPECT_EQ(x.temperature, 0.5);
  EXPECT_EQ(x.max_retries, 2);
  EXPECT_TRUE(merge("null"));
}

TEST(LmSettings, TakesEveryKeyOfAProgram) {
  auto x = merge(R"({"model":"m","temperature":0,"max_tokens":100,"top_p":1,
    "stop":["a","b"],"seed":-7,"max_retries":0})")
             .value();
  EXPECT_EQ(x.model, "m");
  EXPECT_EQ(x.temperature, 0);
  EXPECT_EQ(x.max_tokens, 100);
  EXPECT_EQ(x.top_p, 1);
  EXPECT_EQ(x.stop, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(x.seed, -7);
  EXPECT_EQ(x.max_retries, 0);
  EXPECT_EQ(merge(R"({"stop":"end"})").value().stop,
            std::vector<std::string>{"end"});
}

TEST(LmSettings, GivesTheKeyToNoOtherServerThanTheNodes) {
  EXPECT_EQ(
    merge(R"({"base_url":"https://models.example/v1"})").value().api_key,
    "sk-secret");
  EXPECT_EQ(
    merge(R"({"base_url":"https://models.example.evil/v1"})").value().api_key,
    "");
}

TEST(LmSettings, RefusesAKeyInAProgramWithoutRepeatingIt) {
  auto x = merge(R"({"api_key":"sk-mine"})");
  ASSERT_FALSE(x);
  EXPECT_EQ(x.error().code, errc::invalid_option);
  EXPECT_EQ(to_string(x.error()).find("sk-mine"), std::string::npos);
  EXPECT_NE(x.error().message.find("OPENAI_API_KEY"), std::string::npos);
}

TEST(LmSettings, NamesAnUnknownKeyAndTheKnownOnes) {
  auto x = merge(R"({"temprature":1})");
  ASSERT_FALSE(x);
  EXPECT_EQ(to_string(x.error()),
            "invalid_option: lm.temprature is unknown; known are base_url, "
            "cache, extra_body, frequency_penalty, logit_bias, logprobs, "
            "max_completion_tokens, max_retries, max_tokens, model, n, "
            "parallel_tool_calls, presence_penalty, prompt_cache_key, "
            "reasoning_effort, response_format, rollout_id, seed, "
            "service_tier, stop, stream, temperature, tool_choice, tools, "
            "top_logprobs, top_p, user, verbosity");
  EXPECT_EQ(dump_json(x.error().details), R"({"key":"lm.temprature"})");
}

TEST(LmSettings, PassesOnWhatOnlyTheServerReads) {
  auto x = merge(R"({"n":3,"stream":true,"cache":false,"rollout_id":2,
    "reasoning_effort":"low","tools":[],"logprobs":true,"top_logprobs":2,
    "tool_choice":"auto","temperature":null,"extra_body":{"top_k":5}})")
             .value();
  EXPECT_EQ(x.n, 3);
  EXPECT_TRUE(x.stream);
  EXPECT_FALSE(x.cache);
  EXPECT_EQ(x.rollout_id, 2);
  EXPECT_EQ(dump_json(x.extra),
            R"({"reasoning_effort":"low","tools":[],"logprobs":true,)"
            R"("top_logprobs":2,"tool_choice":"auto"})");
  EXPECT_EQ(dump_json(x.extra_body), R"({"top_k":5})");
}

TEST(LmSettings, AsksForSeveralCompletionsWithATemperature) {
  EXPECT_EQ(merge(R"({"n":2,"temperature":0})").value().temperature, 0.7);
  EXPECT_EQ(merge(R"({"n":2,"temperature":0.15})").value().temperature, 0.7);
  EXPECT_EQ(merge(R"({"n":2,"temperature":0.2})").value().temperature, 0.2);
  EXPECT_EQ(merge(R"({"n":1,"temperature":0})").value().temperature, 0);
}

TEST(LmSettings, KnowsReasoningModelsAsDspyDoes) {
  for (auto name :
       {"o1", "openai/o3", "o1-mini", "o4-mini-2025-04-16", "o5-pro", "GPT-5",
        "openai/gpt-5-nano", "azure/openai/gpt-5-2025-08-07"})
    EXPECT_TRUE(is_reasoning_model(name)) << name;
  for (auto name :
       {"gpt-4o", "o2", "o1x", "o1-large", "o3-mini-2025", "o11", "gpt-5-chat",
        "gpt-5-chat-latest", "gpt-5.1", "mygpt-5", "o1/x", ""})
    EXPECT_FALSE(is_reasoning_model(name)) << name;
}

TEST(LmSettings, RefusesWhatAReasoningModelDoesNotTake) {
  auto node_without = node();
  node_without.temperature = std::nullopt;
  EXPECT_TRUE(merge(R"({"model":"o3","temperature":1,"max_tokens":16000})"));
  EXPECT_TRUE(merge(R"({"model":"o3"})", node_without));
  for (auto lm : {R"({"model":"o3","temperature":0.7})",
                  R"({"model":"o3","temperature":1,"max_tokens":15999})"}) {
    auto x = merge(lm);
    ASSERT_FALSE(x) << lm;
    EXPECT_NE(x.error().message.find("reasoning model o3"), std::string::npos);
  }
}

TEST(LmSettings, RefusesValuesOfTheWrongTypeOrOutOfRange) {
  for (auto lm : {R"([])",
                  R"({"model":""})",
                  R"({"model":1})",
                  R"({"temperature":2.1})",
                  R"({"temperature":-1})",
                  R"({"temperature":"hot"})",
                  R"({"top_p":2})",
                  R"({"max_tokens":0})",
                  R"({"max_tokens":1.5})",
                  R"({"max_tokens":18446744073709551615})",
                  R"({"stop":[1]})",
                  R"({"stop":7})",
                  R"({"seed":"x"})",
                  R"({"max_retries":11})",
                  R"({"base_url":""})",
                  R"({"n":0})",
                  R"({"stream":1})",
                  R"({"cache":"no"})",
                  R"({"rollout_id":"a"})",
                  R"({"tools":{}})",
                  R"({"extra_body":[]})",
                  R"({"extra_body":{"messages":[]}})",
                  R"({"response_format":"json"})"}) {
    auto x = merge(lm);
    ASSERT_FALSE(x) << lm;
    EXPECT_EQ(x.error().code, errc::invalid_option) << lm;
  }
}

TEST(LmSettings, RefusesUrlsThatCouldLeadElsewhereOrHoldASecret) {
  for (auto url : {"sim:", "file:///etc/passwd", "ftp://h/", "https://",
                   "https://user:pw@host/v1", "http://h/v1?key=1", "http://h#x",
                   "http://h/a b", "http:///v1"}) {
    auto settings = node();
    settings.base_url = url;
    auto x = merge("{}", settings);
    ASSERT_FALSE(x) << url;
    EXPECT_EQ(x.error().code, errc::invalid_option);
    EXPECT_EQ(x.error().message.find("pw"), std::string::npos);
  }
}

TEST(LmSettings, RefusesToRunWithoutAModelOrWithAKeyThatIsNoHeader) {
  auto nameless = node();
  nameless.model.clear();
  EXPECT_FALSE(merge("{}", nameless));
  auto injecting = node();
  injecting.api_key = "sk\r\nHost: evil";
  auto x = merge("{}", injecting);
  ASSERT_FALSE(x);
  EXPECT_EQ(x.error().message.find("evil"), std::string::npos);
}

} // namespace

} // namespace dspex::test
