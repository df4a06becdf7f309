#include <array>
#include <atomic>
#include <condition_variable>
#include <ctime>
#include <mutex>

#include <gtest/gtest.h>

#include "tests/adapters/native/lm/asker.hpp"

namespace dspex::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(LmClient, SendsAChatCompletionAndReadsTheAnswer) {
  auto request = inbox<std::pair<std::string, std::string>>{};
  auto server = http_server{[&](exchange& x) {
    request.put({x.head, x.body});
    x.complete("Me.");
  }};
  auto me = asker{server.base_url()};
  auto reply = me.ask();
  ASSERT_TRUE(reply.text) << to_string(reply.text.error());
  EXPECT_EQ(*reply.text, "Me.");
  EXPECT_EQ(reply.usage["model"], "test-model-1");
  EXPECT_EQ(reply.usage["prompt_tokens"], 11);
  EXPECT_EQ(reply.usage["completion_tokens"], 7);
  EXPECT_EQ(reply.usage["total_tokens"], 18);
  EXPECT_EQ(reply.usage["retries"], 0);
  EXPECT_TRUE(reply.usage["latency_ms"].is_number_integer());
  auto [head, body] = request.items().front();
  EXPECT_TRUE(head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"));
  EXPECT_TRUE(holds(head, "Content-Type: application/json\r\n"));
  EXPECT_TRUE(holds(head, std::string{"Authorization: Bearer "} + secret));
  EXPECT_FALSE(holds(head, "Expect"));
  EXPECT_EQ(body,
            R"({"model":"test-model","messages":[{"role":"system",)"
            R"("content":"be brief"},{"role":"user","content":"who?"}]})");
}

TEST(LmClient, SendsTheSettingsThatAreSet) {
  auto body = inbox<std::string>{};
  auto server = http_server{[&](exchange& x) {
    body.put(x.body);
    x.complete("ok");
  }};
  auto me = asker{server.base_url()};
  me.set([](lm_options& x) {
    x.temperature = 0;
    x.max_tokens = 9;
    x.top_p = 0.5;
    x.stop = {"END"};
    x.seed = 4;
    x.rollout_id = 7;
  });
  ASSERT_TRUE(me.ask().text);
  EXPECT_TRUE(body.items().back().ends_with(
    R"(,"temperature":0.0,"max_tokens":9,"top_p":0.5,"stop":["END"],"seed":4})"));
  me.set([](lm_options& x) {
    x.model = "openai/gpt-5";
    x.n = 2;
    x.extra["tool_choice"] = "none";
    x.extra_body["seed"] = 5;
  });
  ASSERT_TRUE(me.ask().text);
  EXPECT_TRUE(body.items().back().ends_with(
    R"(,"temperature":0.0,"max_completion_tokens":9,"top_p":0.5,)"
    R"("stop":["END"],"seed":5,"n":2,"tool_choice":"none"})"))
    << body.items().back();
}

TEST(LmClient, KeepsFurtherCompletionsAndToolCalls) {
  auto server = http_server{[](exchange& x) {
    x.respond(200, R"({"choices":[{"message":{"content":"a"}},)"
                   R"({"message":{"content":"b"}}]})");
  }};
  auto reply = asker{server.base_url()}.ask();
  EXPECT_EQ(reply.text.value(), "a");
  EXPECT_EQ(dump_json(reply.usage["completions"]), R"(["a","b"])");
  auto caller = http_server{[](exchange& x) {
    x.respond(200, R"({"choices":[{"message":{"content":null,"tool_calls":)"
                   R"([{"id":"1","function":{"name":"f","arguments":"{}"}},5])"
                   R"(}}]})");
  }};
  reply = asker{caller.base_url()}.ask();
  EXPECT_EQ(reply.text.value(), "");
  EXPECT_EQ(dump_json(reply.usage["tool_calls"]),
            R"([{"name":"f","arguments":"{}"}])");
}

TEST(LmClient, AsksAgainAfterServerErrorsAndCountsIt) {
  auto server = http_server{[](exchange& x) {
    if (x.number < 3)
      x.respond(500, "oops");
    else
      x.complete("fine");
  }};
  auto reply = asker{server.base_url()}.ask();
  ASSERT_TRUE(reply.text) << to_string(reply.text.error());
  EXPECT_EQ(reply.usage["retries"], 2);
  EXPECT_EQ(server.requests(), 3U);
}

TEST(LmClient, GivesUpAfterTheLastRetryWithACodePerStatus) {
  struct row {
    int status;
    errc code;
    size_t requests;
  };
  for (auto& x :
       {row{500, errc::backend_unavailable, 3},
        row{503, errc::backend_unavailable, 3},
        row{408, errc::backend_unavailable, 3}, row{429, errc::overloaded, 3},
        row{400, errc::backend_failed, 1}, row{401, errc::backend_failed, 1},
        row{403, errc::backend_failed, 1}, row{404, errc::backend_failed, 1},
        row{302, errc::backend_failed, 1}}) {
    auto server = http_server{[&](exchange& y) {
      y.respond(x.status,
                std::string{R"({"error":{"message":"Wrong key )"} + secret
                  + " given\"}}",
                "Location: http://127.0.0.1:1/\r\n");
    }};
    auto reply = asker{server.base_url()}.ask();
    auto err = error_of(reply);
    EXPECT_EQ(err.code, x.code) << x.status;
    EXPECT_EQ(server.requests(), x.requests) << x.status;
    EXPECT_EQ(reply.usage["retries"], x.requests - 1);
    EXPECT_EQ(err.details["status"], x.status);
    EXPECT_TRUE(holds(err.message, "Wrong key *** given")) << err.message;
    EXPECT_EQ(holds(err.message, "OPENAI_API_KEY"),
              x.status == 401 || x.status == 403);
    EXPECT_EQ(holds(err.message, "test-model"), x.status == 404);
  }
}

TEST(LmClient, WaitsAsLongAsRetryAfterSays) {
  auto server = http_server{[](exchange& x) {
    if (x.number == 1)
      x.respond(429, "", "Retry-After: 1\r\n");
    else
      x.complete("fine");
  }};
  auto begin = steady_clock::now();
  auto reply = asker{server.base_url()}.ask();
  EXPECT_TRUE(reply.text);
  EXPECT_GE(steady_clock::now() - begin, milliseconds{990});
  EXPECT_EQ(reply.usage["retries"], 1);
}

TEST(LmClient, WaitsUntilTheDateInRetryAfter) {
  auto sent = inbox<steady_clock::time_point>{};
  auto server = http_server{[&](exchange& x) {
    sent.put(steady_clock::now());
    // Two seconds on, so that at least one is left when it arrives.
    auto date = std::time(nullptr) + 2;
    auto text = std::array<char, 64>{};
    auto parts = std::tm{};
    std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT",
                  ::gmtime_r(&date, &parts));
    if (x.number == 1)
      x.respond(503, "", std::string{"Retry-After: "} + text.data() + "\r\n");
    else
      x.complete("fine");
  }};
  EXPECT_TRUE(asker{server.base_url()}.ask().text);
  EXPECT_GE(sent.items().back() - sent.items().front(), milliseconds{900});
}

TEST(LmClient, DoesNotWaitForARetryAfterTheDeadline) {
  auto server = http_server{
    [](exchange& x) { x.respond(429, "busy", "Retry-After: 600\r\n"); }};
  auto begin = steady_clock::now();
  auto err = error_of(asker{server.base_url()}.ask());
  EXPECT_EQ(err.code, errc::overloaded);
  EXPECT_LT(steady_clock::now() - begin, patience / 2);
  EXPECT_EQ(server.requests(), 1U);
}

TEST(LmClient, EndsARequestThatHangsAtItsDeadline) {
  auto server = http_server{[](exchange& x) { x.wait_for_client_to_go(); }};
  auto begin = steady_clock::now();
  auto err = error_of(asker{server.base_url()}.ask(milliseconds{200}));
  EXPECT_EQ(err.code, errc::timeout);
  EXPECT_GE(steady_clock::now() - begin, milliseconds{190});
}

TEST(LmClient, EndsABodyThatNeverEndsAtItsDeadline) {
  auto server = http_server{[](exchange& x) {
    x.raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"choices\":");
    x.wait_for_client_to_go();
  }};
  auto err = error_of(asker{server.base_url()}.ask(milliseconds{200}));
  EXPECT_EQ(err.code, errc::timeout);
}

TEST(LmClient, StartsNothingAfterTheDeadline) {
  auto server = http_server{[](exchange& x) { x.complete("late"); }};
  auto err = error_of(asker{server.base_url()}.ask(milliseconds{-1}));
  EXPECT_EQ(err.code, errc::timeout);
  EXPECT_EQ(server.requests(), 0U);
}

TEST(LmClient, ReadsABodyThatComesInPieces) {
  auto server = http_server{[](exchange& x) {
    auto text = std::string{R"({"choices":[{"message":{"content":"slow"}}]})"};
    x.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (auto c : text)
      x.raw(std::string{"1\r\n"} + c + "\r\n");
    x.raw("0\r\n\r\n");
  }};
  auto reply = asker{server.base_url()}.ask();
  ASSERT_TRUE(reply.text) << to_string(reply.text.error());
  EXPECT_EQ(*reply.text, "slow");
}

TEST(LmClient, ReportsAServerThatIsNotThere) {
  auto url = "http://127.0.0.1:" + std::to_string(unused_port()) + "/v1";
  auto err = error_of(asker{url}.ask());
  EXPECT_EQ(err.code, errc::backend_unavailable);
  EXPECT_TRUE(holds(err.message, url)) << err.message;
}

TEST(LmClient, ReportsAConnectionThatClosesHalfWay) {
  for (auto bytes : {"", "HTTP/1.1 200",
                     "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"}) {
    auto server = http_server{[&](exchange& x) {
      x.raw(bytes);
      x.close();
    }};
    auto err = error_of(asker{server.base_url()}.ask());
    EXPECT_EQ(err.code, errc::backend_unavailable) << bytes;
  }
}

TEST(LmClient, RefusesAResponseThatIsTooLarge) {
  auto sent = std::atomic<size_t>{0};
  auto server = http_server{[&](exchange& x) {
    constexpr size_t size = 100'000'000;
    auto chunk = std::string(1'000'000, 'x');
    x.raw("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size)
          + "\r\n\r\n");
    while (sent < size && x.raw(chunk))
      sent += chunk.size();
    x.close();
  }};
  auto err = error_of(asker{server.base_url()}.ask());
  EXPECT_EQ(err.code, errc::backend_failed);
  EXPECT_TRUE(holds(err.message, "larger than 10000000 bytes"));
}

TEST(LmClient, RefusesHeadersThatNeverEnd) {
  auto server = http_server{[](exchange& x) {
    x.raw("HTTP/1.1 200 OK\r\n");
    while (x.raw("X-Filler: " + std::string(1000, 'x') + "\r\n"))
      ;
    x.close();
  }};
  EXPECT_EQ(error_of(asker{server.base_url()}.ask()).code,
            errc::backend_failed);
}

TEST(LmClient, RefusesWhatIsNoChatCompletion) {
  for (auto body :
       {"", "garbage", "<html>", "[]", "{}", R"({"choices":[]})",
        R"({"choices":[{}]})", R"({"choices":[{"message":{"content":5}}]})",
        R"({"choices":{"0":1}})", "{\"choices\":[{\"message\":"}) {
    auto server = http_server{[&](exchange& x) { x.respond(200, body); }};
    auto err = error_of(asker{server.base_url()}.ask());
    EXPECT_EQ(err.code, errc::backend_failed) << body;
    EXPECT_TRUE(holds(err.message, "not a chat completion")) << err.message;
  }
}

TEST(LmClient, ReportsARefusalOfTheModel) {
  auto server = http_server{[](exchange& x) {
    x.respond(200, R"({"choices":[{"message":{"content":null,)"
                   R"("refusal":"I will not."}}]})");
  }};
  auto err = error_of(asker{server.base_url()}.ask());
  EXPECT_EQ(err.code, errc::backend_failed);
  EXPECT_TRUE(holds(err.message, "I will not."));
}

TEST(LmClient, MasksTheKeyInAnAnswerThatRepeatsIt) {
  auto server = http_server{
    [](exchange& x) { x.complete(std::string{"your key: "} + secret); }};
  auto reply = asker{server.base_url()}.ask();
  ASSERT_TRUE(reply.text);
  EXPECT_EQ(*reply.text, "your key: ***");
}

TEST(LmClient, MasksTheKeyWhereverTheServerPutsIt) {
  auto key = std::string{secret};
  auto long_key = std::string(290, '.') + key;
  for (auto& body :
       {R"({"model":")" + key + R"(","choices":[{"finish_reason":")" + key
          + R"(","message":{"content":"ok"}}]})",
        R"({"choices":[{"message":{"refusal":")" + long_key + R"("}}]})",
        R"({"choices":[],")" + key + R"(":1,")" + key + R"(":2})",
        R"({"model":")" + long_key
          + R"(","choices":[{"message":{"content":"ok"}}]})"}) {
    auto server = http_server{[&](exchange& x) { x.respond(200, body); }};
    auto reply = asker{server.base_url()}.ask();
    auto text = dump_json(reply.usage);
    text += reply.text ? *reply.text : reply.text.error().message;
    // Half a key is too much as well.
    EXPECT_FALSE(holds(text, key.substr(0, 8))) << text;
  }
}

TEST(LmClient, QuotesAServerThatSpeaksNoUtf8) {
  auto server = http_server{[&](exchange& x) {
    x.respond(400, "cl\xE9 refus\xE9"
                   "e");
  }};
  auto err = error_of(asker{server.base_url()}.ask());
  EXPECT_TRUE(holds(err.message, "cl\xEF\xBF\xBD refus\xEF\xBF\xBD"
                                 "e"))
    << err.message;
}

TEST(LmClient, KeepsItsConnection) {
  auto server = http_server{[](exchange& x) { x.complete("ok"); }};
  auto me = asker{server.base_url()};
  for (auto i = 0; i < 20; ++i)
    ASSERT_TRUE(me.ask().text);
  EXPECT_EQ(server.requests(), 20U);
  EXPECT_EQ(server.connections(), 1U);
}

TEST(LmClient, AsksTwoHundredAtOnce) {
  constexpr size_t many = 200;
  auto mutex = std::mutex{};
  auto arrived = std::condition_variable{};
  size_t waiting = 0;
  // Answers nobody before all have asked.
  auto server = http_server{[&](exchange& x) {
    auto guard = std::unique_lock{mutex};
    ++waiting;
    arrived.notify_all();
    arrived.wait_for(guard, patience, [&] { return waiting == many; });
    guard.unlock();
    x.complete("ok");
  }};
  auto me = asker{server.base_url()};
  for (size_t i = 0; i < many; ++i)
    me.send();
  ASSERT_TRUE(me.replies->wait_for(many));
  for (auto& x : me.replies->items())
    EXPECT_TRUE(x.text) << to_string(x.text.error());
}

TEST(LmClient, ForgetsACancelledRequestWhileItHangsOrWaits) {
  auto asked = inbox<int>{};
  auto server = http_server{[&](exchange& x) {
    asked.put(0);
    if (x.number == 1) {
      x.wait_for_client_to_go();
      asked.put(1);
    } else if (x.number == 2) {
      x.respond(429, "", "Retry-After: 20\r\n");
    } else {
      x.complete("ok");
    }
  }};
  auto me = asker{server.base_url()};
  auto hanging = me.send();
  ASSERT_TRUE(asked.wait_for(1));
  me.client->cancel(hanging);
  ASSERT_TRUE(asked.wait_for(2)) << "the connection was not closed";
  auto retrying = me.send();
  ASSERT_TRUE(asked.wait_for(3));
  me.client->cancel(retrying);
  me.client->cancel(uuid::make());
  auto reply = me.ask();
  EXPECT_TRUE(reply.text);
  me.client.reset();
  EXPECT_EQ(me.replies->items().size(), 1U);
  EXPECT_EQ(server.requests(), 3U);
}

TEST(LmClient, EndsPromptlyAndSilentlyWhileServersHang) {
  auto asked = inbox<int>{};
  auto server = http_server{[&](exchange& x) {
    asked.put(0);
    x.wait_for_client_to_go();
  }};
  auto me = asker{server.base_url()};
  for (auto i = 0; i < 20; ++i)
    me.send();
  ASSERT_TRUE(asked.wait_for(20));
  auto begin = steady_clock::now();
  me.client.reset();
  EXPECT_LT(steady_clock::now() - begin, patience / 3);
  EXPECT_TRUE(me.replies->items().empty());
}

} // namespace

} // namespace dspex::test
