#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "simulator/lm_sim.hpp"
#include "tests/simulator/sim_client.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

// Tests of what a request may ask of the simulated model beside a text.

namespace {

using nlohmann::json;
using testing::HasSubstr;

std::unique_ptr<lm_sim> sim_with(lm_sim_options options = {}) {
  auto sim = lm_sim::start(std::move(options));
  EXPECT_TRUE(sim) << sim.error().message;
  return std::move(sim.value());
}

json request_of(const std::string& content, const char* more = "{}") {
  auto body = json::parse(more);
  body["model"] = "m";
  body["messages"] = {{{"role", "user"}, {"content", content}}};
  return body;
}

json ask_with(lm_sim& sim, const json& body) {
  auto reply = post(sim.base_url(), body.dump());
  EXPECT_EQ(reply.status, 200) << reply.body;
  return json::parse(reply.body);
}

json first_choice(lm_sim& sim, const json& body) {
  return ask_with(sim, body).at("choices").at(0);
}

// The events of a stream but the last one, which is `[DONE]`.
std::vector<json> events_of(const http_reply& reply) {
  auto result = std::vector<json>{};
  auto text = reply.body;
  EXPECT_TRUE(text.ends_with("data: [DONE]\n\n")) << text;
  for (size_t begin = 0, end = 0;
       (end = text.find("\n\n", begin)) != std::string::npos; begin = end + 2) {
    auto event = text.substr(begin, end - begin);
    EXPECT_TRUE(event.starts_with("data: ")) << event;
    if (event != "data: [DONE]")
      result.push_back(json::parse(event.substr(6)));
  }
  return result;
}

TEST(LmSimModes, StreamsTheAnswerThatItWouldGiveAtOnce) {
  auto sim = sim_with();
  auto body = request_of("Tell me about long rivers and short bridges",
                         R"({"n":2})");
  auto whole = ask_with(*sim, body);
  body["stream"] = true;
  body["stream_options"] = {{"include_usage", true}};
  auto reply = post(sim->base_url(), body.dump());
  EXPECT_THAT(reply.headers, HasSubstr("text/event-stream"));
  auto events = events_of(reply);
  ASSERT_GT(events.size(), 6u);
  auto contents = std::vector<std::string>(2);
  auto ends = std::vector<json>(2);
  for (auto& x : events) {
    EXPECT_EQ(x.at("object"), "chat.completion.chunk");
    EXPECT_EQ(x.at("id"), whole.at("id"));
    for (auto& choice : x.at("choices")) {
      auto i = choice.at("index").get<size_t>();
      contents.at(i) += choice.at("delta").value("content", "");
      if (!choice.at("finish_reason").is_null())
        ends.at(i) = choice.at("finish_reason");
    }
  }
  for (size_t i = 0; i < 2; ++i) {
    auto& choice = whole.at("choices").at(i);
    EXPECT_EQ(contents[i], choice.at("message").at("content"));
    EXPECT_EQ(ends[i], choice.at("finish_reason"));
  }
  EXPECT_EQ(events.back().at("usage"), whole.at("usage"));
  EXPECT_TRUE(events.front().at("usage").is_null());
  auto without = request_of("Hello", R"({"stream":true})");
  for (auto& x : events_of(post(sim->base_url(), without.dump())))
    EXPECT_FALSE(x.contains("usage"));
}

TEST(LmSimModes, FillsASchema) {
  auto sim = sim_with();
  auto body = request_of("Is 17 prime?", R"({"response_format":
    {"type":"json_schema","json_schema":{"name":"x","schema":{
      "type":"object","required":["reasoning","prime","kind","steps"],
      "additionalProperties":false,
      "$defs":{"step":{"type":"object","properties":
        {"number":{"type":"integer","minimum":3,"maximum":4}}}},
      "properties":{
        "reasoning":{"type":"string"},"prime":{"type":"boolean"},
        "kind":{"enum":["odd","even"]},
        "steps":{"type":"array","minItems":1,
                 "items":{"$ref":"#/$defs/step"}}}}}}})");
  auto choice = first_choice(*sim, body);
  auto value
    = json::parse(choice.at("message").at("content").get<std::string>());
  EXPECT_EQ(value.size(), 4u);
  EXPECT_TRUE(value.at("reasoning").is_string());
  EXPECT_TRUE(value.at("prime").is_boolean());
  EXPECT_THAT(value.at("kind").get<std::string>(),
              testing::AnyOf("odd", "even"));
  for (auto& x : value.at("steps"))
    EXPECT_THAT(x.at("number").get<int>(), testing::AnyOf(3, 4));
  auto object = first_choice(
    *sim, request_of("Hello", R"({"response_format":{"type":"json_object"}})"));
  EXPECT_TRUE(json::parse(object.at("message").at("content").get<std::string>())
                .is_object());
}

constexpr auto two_tools = R"({"tools":[
  {"type":"function","function":{"name":"get_weather",
   "description":"Weather of a city","parameters":{"type":"object",
   "properties":{"city":{"type":"string"},"days":{"type":"integer",
   "minimum":1,"maximum":7}}}}},
  {"type":"function","function":{"name":"send_mail"}}]})";

TEST(LmSimModes, CallsTheToolThatTheQuestionIsAbout) {
  auto sim = sim_with();
  auto body = request_of("What is the weather in Bern?", two_tools);
  auto choice = first_choice(*sim, body);
  EXPECT_EQ(choice.at("finish_reason"), "tool_calls");
  auto& message = choice.at("message");
  EXPECT_TRUE(message.at("content").is_null());
  auto call = message.at("tool_calls").at(0);
  EXPECT_EQ(call.at("type"), "function");
  EXPECT_EQ(call.at("function").at("name"), "get_weather");
  auto arguments
    = json::parse(call.at("function").at("arguments").get<std::string>());
  EXPECT_TRUE(arguments.at("city").is_string());
  EXPECT_GE(arguments.at("days"), 1);
  EXPECT_LE(arguments.at("days"), 7);
  // The model answers once it has the result.
  body["messages"].push_back(message);
  body["messages"].push_back(
    {{"role", "tool"}, {"tool_call_id", call.at("id")}, {"content", "sunny"}});
  EXPECT_TRUE(first_choice(*sim, body).at("message").at("content").is_string());
  body["tool_choice"] = {{"type", "function"},
                         {"function", {{"name", "send_mail"}}}};
  EXPECT_EQ(first_choice(*sim, body)
              .at("message")
              .at("tool_calls")
              .at(0)
              .at("function")
              .at("name"),
            "send_mail");
  body["tool_choice"] = "none";
  EXPECT_EQ(first_choice(*sim, body).at("finish_reason"), "stop");
}

TEST(LmSimModes, StreamsAToolCall) {
  auto sim = sim_with();
  auto body = request_of("What is the weather in Bern?", two_tools);
  auto whole = first_choice(*sim, body).at("message").at("tool_calls").at(0);
  body["stream"] = true;
  auto arguments = std::string{};
  auto call = json{};
  for (auto& x : events_of(post(sim->base_url(), body.dump()))) {
    auto& delta = x.at("choices").at(0).at("delta");
    if (!delta.contains("tool_calls"))
      continue;
    auto& part = delta.at("tool_calls").at(0);
    if (part.contains("id"))
      call = part;
    arguments += part.at("function").at("arguments").get<std::string>();
  }
  EXPECT_EQ(call.at("id"), whole.at("id"));
  EXPECT_EQ(call.at("function").at("name"), "get_weather");
  EXPECT_EQ(arguments, whole.at("function").at("arguments"));
}

TEST(LmSimModes, StopsAtTheLimitAndCountsTokens) {
  auto sim = sim_with();
  auto body = request_of("Tell me a story", R"({"max_tokens":3})");
  auto reply = ask_with(*sim, body);
  auto& choice = reply.at("choices").at(0);
  EXPECT_EQ(choice.at("finish_reason"), "length");
  EXPECT_EQ(choice.at("message").at("content").get<std::string>().size(), 12u);
  EXPECT_EQ(reply.at("usage").at("completion_tokens"), 3);
  EXPECT_EQ(reply.at("usage").at("prompt_tokens"), 4);
  ask_with(*sim, body);
  EXPECT_EQ(sim->stats().prompt_tokens, 8u);
  EXPECT_EQ(sim->stats().completion_tokens, 6u);
}

TEST(LmSimModes, WritesATranscriptThatWillDoForAScript) {
  auto folder = temp_folder{};
  auto options = lm_sim_options{};
  options.transcript_file = (folder / "transcript.jsonl").string();
  auto said = std::string{};
  {
    auto sim = sim_with(options);
    said = first_choice(*sim, request_of("Tell me about rivers"))
             .at("message")
             .at("content")
             .get<std::string>();
    post(sim->base_url(), request_of("[[sim:status=429]] no").dump());
  }
  auto lines = std::vector<json>{};
  auto in = std::ifstream{options.transcript_file};
  for (auto line = std::string{}; std::getline(in, line);)
    lines.push_back(json::parse(line));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].at("text"), said);
  EXPECT_EQ(lines[0].at("status"), 200);
  EXPECT_EQ(lines[0].at("request"), request_of("Tell me about rivers"));
  EXPECT_EQ(lines[1].at("status"), 429);
  EXPECT_FALSE(lines[1].contains("text"));
  auto script = lm_sim_options{};
  script.seed = 99;
  script.script_file = (folder / "script.jsonl").string();
  lines[0]["text"] = "As written.";
  std::ofstream{script.script_file} << lines[0].dump() << "\n\n";
  auto sim = sim_with(script);
  EXPECT_EQ(first_choice(*sim, request_of("Tell me about rivers"))
              .at("message")
              .at("content"),
            "As written.");
  EXPECT_NE(
    first_choice(*sim, request_of("Another")).at("message").at("content"),
    "As written.");
}

TEST(LmSimModes, SaysWhatIsWrongWithAScript) {
  auto folder = temp_folder{};
  auto options = lm_sim_options{};
  options.script_file = (folder / "script.jsonl").string();
  std::ofstream{options.script_file} << R"({"prompt_hash":"1","text":"a"})"
                                     << "\n{\"prompt_hash\":\"1\"}\n";
  auto sim = lm_sim::start(options);
  ASSERT_FALSE(sim);
  EXPECT_EQ(sim.error().code, errc::invalid_option);
  EXPECT_THAT(sim.error().message, HasSubstr("line 2"));
  options.script_file = (folder / "absent").string();
  EXPECT_FALSE(lm_sim::start(options));
  options.script_file.clear();
  options.transcript_file = (folder / "absent" / "file").string();
  EXPECT_FALSE(lm_sim::start(options));
}

} // namespace

} // namespace dspex::test
