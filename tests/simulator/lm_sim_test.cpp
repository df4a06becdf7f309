#include "simulator/lm_sim.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/simulator/sim_client.hpp"

namespace dspex::test {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

std::unique_ptr<lm_sim> start(lm_sim_options options = {}) {
  auto sim = lm_sim::start(std::move(options));
  EXPECT_TRUE(sim) << sim.error().message;
  return std::move(sim.value());
}

http_reply get(const std::string& url, const std::string& method = "GET") {
  http_request request;
  request.url = url;
  request.method = method;
  return send(std::move(request));
}

std::string root_of(const lm_sim& sim) {
  return "http://127.0.0.1:" + std::to_string(sim.port());
}

std::string content_of(const http_reply& reply) {
  return json::parse(reply.body)
    .at("choices")
    .at(0)
    .at("message")
    .at("content")
    .get<std::string>();
}

void expect_error(const http_reply& reply, long status) {
  EXPECT_EQ(reply.status, status) << reply.body;
  auto error = json::parse(reply.body).at("error");
  EXPECT_TRUE(error.at("message").is_string());
  EXPECT_TRUE(error.at("type").is_string());
  EXPECT_TRUE(error.contains("code"));
}

TEST(LmSim, AnswersInTheShapeOfOpenAi) {
  auto sim = start();
  auto reply = ask(sim->base_url(), "What is 2+2?");
  ASSERT_EQ(reply.code, CURLE_OK);
  ASSERT_EQ(reply.status, 200);
  EXPECT_THAT(reply.headers, HasSubstr("application/json"));
  auto body = json::parse(reply.body);
  EXPECT_EQ(body.at("object"), "chat.completion");
  EXPECT_TRUE(body.at("id").is_string());
  EXPECT_TRUE(body.at("created").is_number_integer());
  EXPECT_THAT(body.at("model").get<std::string>(), HasSubstr("simulation"));
  auto choice = body.at("choices").at(0);
  EXPECT_EQ(choice.at("index"), 0);
  EXPECT_EQ(choice.at("finish_reason"), "stop");
  EXPECT_EQ(choice.at("message").at("role"), "assistant");
  EXPECT_EQ(choice.at("message").at("content"), "4");
  EXPECT_EQ(body.at("usage"), (json{{"prompt_tokens", 3},
                                    {"completion_tokens", 1},
                                    {"total_tokens", 4}}));
}

TEST(LmSim, GivesEqualBytesForEqualSeedsAndOthersForOther) {
  auto first = start();
  auto second = start();
  lm_sim_options options;
  options.seed = 2;
  auto other = start(options);
  size_t different = 0;
  for (int i = 0; i < 20; ++i) {
    auto text = "Tell me something " + std::to_string(i);
    auto reply = ask(first->base_url(), text);
    EXPECT_EQ(ask(second->base_url(), text).body, reply.body);
    EXPECT_EQ(ask(first->base_url(), text).body, reply.body);
    different += content_of(ask(other->base_url(), text)) != content_of(reply);
  }
  EXPECT_GT(different, 0u);
}

TEST(LmSim, AnswersAsManyTimesAsAsked) {
  auto sim = start();
  auto request = json::parse(one_message("Tell me something"));
  request["n"] = 30;
  auto body = json::parse(post(sim->base_url(), request.dump()).body);
  ASSERT_EQ(body.at("choices").size(), 30u);
  std::set<std::string> contents;
  for (auto& choice : body.at("choices"))
    contents.insert(choice.at("message").at("content").get<std::string>());
  EXPECT_GT(contents.size(), 1u);
  EXPECT_EQ(body.at("choices").at(29).at("index"), 29);
}

TEST(LmSim, ReadsContentInParts) {
  auto sim = start();
  auto reply = post(
    sim->base_url(),
    R"({"model":"m","stream":false,"n":null,"messages":[{"role":"assistant",
        "content":null},{"role":"user","content":[{"type":"text",
        "text":"What is 3 plus 4?"}]}]})");
  EXPECT_EQ(content_of(reply), "7");
}

TEST(LmSim, TellsItsModelAndItsHealth) {
  auto sim = start();
  auto models = get(sim->base_url() + "/models");
  EXPECT_EQ(models.status, 200);
  EXPECT_THAT(models.body, HasSubstr("simulation"));
  EXPECT_EQ(json::parse(models.body).at("object"), "list");
  auto health = get(root_of(*sim) + "/healthz");
  EXPECT_EQ(health.status, 200);
  EXPECT_EQ(json::parse(health.body).at("status"), "ok");
}

TEST(LmSim, RefusesUnknownPathsAndMethods) {
  auto sim = start();
  expect_error(get(root_of(*sim) + "/nothing"), 404);
  expect_error(get(sim->base_url() + "/chat/completions"), 405);
  expect_error(get(sim->base_url() + "/models", "DELETE"), 405);
}

TEST(LmSim, RefusesBadRequestsAndSaysWhy) {
  auto sim = start();
  const std::pair<const char*, const char*> cases[] = {
    {"{", "JSON"},
    {"[]", "object"},
    {R"({"messages":[]})", "model"},
    {R"({"model":1,"messages":[]})", "model"},
    {R"({"model":"m"})", "messages"},
    {R"({"model":"m","messages":[]})", "messages"},
    {R"({"model":"m","messages":{}})", "messages"},
    {R"({"model":"m","messages":[1]})", "messages[0]"},
    {R"({"model":"m","messages":[{"content":"x"}]})", "messages[0].role"},
    {R"({"model":"m","messages":[{"role":"user","content":1}]})", "content"},
    {R"({"model":"m","messages":[{"role":"user","content":[1]}]})", "content"},
    {R"({"model":"m","messages":[{"role":"user","content":[{"type":"text"}]}]})",
     "content"},
    {R"({"model":"m","n":0,"messages":[{"role":"user","content":"x"}]})", "n "},
    {R"({"model":"m","n":"1","messages":[{"role":"user","content":"x"}]})",
     "n "},
    {R"({"model":"m","max_tokens":0,"messages":[{"role":"user"}]})",
     "max_tokens"},
    {R"({"model":"m","response_format":{"type":"xml"},"messages":[]})",
     "response_format.type"},
    {R"({"model":"m","response_format":{"type":"json_schema"},"messages":[]})",
     "json_schema.schema"},
    {R"({"model":"m","tools":{},"messages":[]})", "tools"},
    {R"({"model":"m","tools":[{"type":"function"}],"messages":[]})",
     "tools[0].function.name"},
    {R"({"model":"m","tools":[],"tool_choice":"required","messages":[]})",
     "tool_choice"},
    {R"({"model":"m","stream":1,"messages":[{"role":"user"}]})", "stream"},
  };
  for (auto& [body, why] : cases) {
    auto reply = post(sim->base_url(), body);
    expect_error(reply, 400);
    EXPECT_THAT(reply.body, HasSubstr(why)) << body;
  }
  auto deep = std::string(100'000, '[');
  expect_error(post(sim->base_url(), deep), 400);
  EXPECT_EQ(sim->stats().refused, std::size(cases) + 1);
}

TEST(LmSim, RefusesABodyOverTwentyMegabytes) {
  auto sim = start();
  auto fits = one_message(std::string(19'000'000, 'x'));
  EXPECT_EQ(post(sim->base_url(), fits).status, 200);
  auto large = one_message(std::string(20'000'001, 'x'));
  expect_error(post(sim->base_url(), large), 413);
}

TEST(LmSim, NeverRepeatsAKey) {
  auto sim = start();
  auto key = std::string{"sk-very-secret"};
  for (auto body : {one_message("Hello there"), std::string{"{"}}) {
    auto reply = post(sim->base_url(), body, {"Authorization: Bearer " + key});
    EXPECT_EQ(reply.body.find(key), std::string::npos);
    EXPECT_EQ(reply.headers.find(key), std::string::npos);
  }
}

TEST(LmSim, WaitsForItsLatencyAndItsTokenRate) {
  lm_sim_options options;
  options.latency = 80ms;
  options.latency_jitter = 40ms;
  auto sim = start(options);
  EXPECT_GE(ask(sim->base_url(), "What is 1+1?").seconds, 0.079);
  EXPECT_EQ(sim->stats().peak_waiting, 1u);
  lm_sim_options slow;
  slow.tokens_per_second = 10;
  auto writer = start(slow);
  EXPECT_GE(ask(writer->base_url(), "[[sim:text=eight by]]").seconds, 0.19);
}

TEST(LmSim, FailsItsShareOfPromptsAlwaysTheSame) {
  lm_sim_options options;
  options.error_rate = 0.5;
  auto sim = start(options);
  std::multiset<long> seen;
  for (int i = 0; i < 60; ++i) {
    auto text = "prompt " + std::to_string(i);
    auto reply = ask(sim->base_url(), text);
    EXPECT_EQ(ask(sim->base_url(), text).status, reply.status);
    if (reply.status != 200)
      expect_error(reply, reply.status);
    seen.insert(reply.status);
  }
  EXPECT_GT(seen.count(200), 10u);
  EXPECT_GT(seen.count(500), 5u);
  EXPECT_GT(seen.count(429), 0u);
  EXPECT_EQ(seen.size(), seen.count(200) + seen.count(500) + seen.count(429));
}

TEST(LmSim, ServesAThousandDelayedRequestsAtOnce) {
  lm_sim_options options;
  options.latency = 3s;
  options.threads = 2;
  auto sim = start(options);
  constexpr size_t count = 1000;
  auto multi = curl_multi_init();
  std::vector<std::unique_ptr<http_transfer>> transfers;
  for (size_t i = 0; i < count; ++i) {
    http_request request;
    request.url = sim->base_url() + "/chat/completions";
    request.body = one_message("What is " + std::to_string(i) + " plus 1?");
    request.timeout_ms = 100'000;
    transfers.push_back(std::make_unique<http_transfer>(std::move(request)));
    curl_multi_add_handle(multi, transfers.back()->handle());
  }
  auto running = 1;
  while (running > 0) {
    ASSERT_EQ(curl_multi_perform(multi, &running), CURLM_OK);
    ASSERT_EQ(curl_multi_poll(multi, nullptr, 0, 1000, nullptr), CURLM_OK);
  }
  std::vector<CURLcode> codes;
  auto left = 0;
  while (auto message = curl_multi_info_read(multi, &left))
    codes.push_back(message->data.result);
  EXPECT_EQ(codes, std::vector<CURLcode>(count, CURLE_OK));
  for (size_t i = 0; i < count; ++i) {
    curl_multi_remove_handle(multi, transfers[i]->handle());
    EXPECT_EQ(content_of(transfers[i]->finish(CURLE_OK)),
              std::to_string(i + 1));
  }
  curl_multi_cleanup(multi);
  EXPECT_EQ(sim->stats().answered, count);
  EXPECT_GT(sim->stats().peak_waiting, 100u);
  EXPECT_EQ(sim->stats().waiting, 0u);
}

TEST(LmSim, ClosesConnectionsBeyondItsLimit) {
  lm_sim_options options;
  options.max_connections = 1;
  auto sim = start(options);
  http_request request;
  request.url = root_of(*sim) + "/healthz";
  request.method = "GET";
  {
    http_transfer held{request};
    ASSERT_EQ(curl_easy_perform(held.handle()), CURLE_OK);
    EXPECT_NE(send(request).code, CURLE_OK);
  }
  // The place is free again as soon as the server sees the first one leave.
  auto deadline = std::chrono::steady_clock::now() + 20s;
  auto code = CURLE_COULDNT_CONNECT;
  while (code != CURLE_OK && std::chrono::steady_clock::now() < deadline)
    code = send(request).code;
  EXPECT_EQ(code, CURLE_OK);
}

TEST(LmSim, RefusesOptionsOutOfRange) {
  auto code_of = [](auto change) {
    lm_sim_options options;
    change(options);
    auto sim = lm_sim::start(options);
    return sim ? errc::none : sim.error().code;
  };
  EXPECT_EQ(code_of([](auto& o) { o.host = "no host"; }), errc::invalid_option);
  EXPECT_EQ(code_of([](auto& o) { o.error_rate = 1.5; }), errc::invalid_option);
  EXPECT_EQ(code_of([](auto& o) { o.tokens_per_second = -1; }),
            errc::invalid_option);
  EXPECT_EQ(code_of([](auto& o) { o.latency = -1ms; }), errc::invalid_option);
  EXPECT_EQ(code_of([](auto& o) { o.latency_jitter = 2h; }),
            errc::invalid_option);
  EXPECT_EQ(code_of([](auto& o) { o.threads = 0; }), errc::invalid_option);
  EXPECT_EQ(code_of([](auto& o) { o.max_connections = 0; }),
            errc::invalid_option);
  EXPECT_EQ(code_of([](auto& o) { o.host = "localhost"; }), errc::none);
}

TEST(LmSim, NamesThePortThatIsTaken) {
  auto sim = start();
  lm_sim_options options;
  options.port = sim->port();
  auto second = lm_sim::start(options);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::invalid_option);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(sim->port())));
}

TEST(LmSim, FreesItsPortWhenStopped) {
  auto sim = start();
  auto port = sim->port();
  sim->stop();
  sim->stop();
  EXPECT_EQ(sim->port(), port);
  EXPECT_EQ(ask(sim->base_url(), "hi").code, CURLE_COULDNT_CONNECT);
  lm_sim_options options;
  options.port = port;
  EXPECT_EQ(ask(start(options)->base_url(), "hi").status, 200);
}

} // namespace

} // namespace dspex::test
