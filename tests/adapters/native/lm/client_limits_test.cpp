#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>

#include <gtest/gtest.h>

#include "tests/adapters/native/lm/asker.hpp"

namespace dspex::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::steady_clock;

// -- limits -------------------------------------------------------------------

TEST(LmClientLimits, AsksNoMoreAtOnceThanOneServerMayBeAsked) {
  auto now = std::atomic<int>{0};
  auto most = std::atomic<int>{0};
  auto server = http_server{[&](exchange& x) {
    auto n = ++now;
    auto seen = most.load();
    while (seen < n && !most.compare_exchange_weak(seen, n))
      continue;
    --now;
    x.complete("ok");
  }};
  auto me = asker{server.base_url(), {.limits = {.max_concurrency = 3}}};
  for (auto i = 0; i < 60; ++i)
    me.send();
  ASSERT_TRUE(me.replies->wait_for(60));
  for (auto& x : me.replies->items())
    EXPECT_TRUE(x.text) << to_string(x.text.error());
  EXPECT_LE(most, 3);
  EXPECT_LE(server.connections(), 3U);
}

TEST(LmClientLimits, GivesUpAtTheDeadlineWhileItWaitsForRoom) {
  auto asked = inbox<int>{};
  auto server = http_server{[&](exchange& x) {
    asked.put(0);
    if (x.number == 1)
      x.wait_for_client_to_go();
    else
      x.complete("ok");
  }};
  auto me = asker{server.base_url(), {.limits = {.max_concurrency = 1}}};
  auto hanging = me.send();
  ASSERT_TRUE(asked.wait_for(1));
  auto cancelled = me.send();
  EXPECT_EQ(error_of(me.ask(milliseconds{100})).code, errc::timeout);
  EXPECT_EQ(server.requests(), 1U);
  me.client->cancel(cancelled);
  // The room of a request that is dropped goes to the next one.
  me.send();
  me.client->cancel(hanging);
  ASSERT_TRUE(me.replies->wait_for(2));
  EXPECT_TRUE(me.replies->items().back().text);
  EXPECT_EQ(server.requests(), 2U);
}

TEST(LmClientLimits, RefusesWhatTheRateLeavesNoTimeFor) {
  auto server = http_server{[](exchange& x) { x.complete("ok"); }};
  auto me = asker{server.base_url(), {.limits = {.requests_per_minute = 1}}};
  EXPECT_TRUE(me.ask().text);
  auto err = error_of(me.ask(std::chrono::seconds{30}));
  EXPECT_EQ(err.code, errc::overloaded);
  EXPECT_TRUE(holds(err.message, "requests_per_minute")) << err.message;
  EXPECT_EQ(server.requests(), 1U);
}

TEST(LmClientLimits, CountsTheTokensThatAServerReports) {
  auto server = http_server{[](exchange& x) { x.complete("ok"); }};
  // A reply has 18, the request itself fewer than that.
  auto me = asker{server.base_url(), {.limits = {.tokens_per_minute = 18}}};
  EXPECT_TRUE(me.ask().text);
  auto err = error_of(me.ask(milliseconds{30'000}));
  EXPECT_EQ(err.code, errc::overloaded);
}

TEST(LmClientLimits, LeavesAServerAloneThatFails) {
  auto server = http_server{[](exchange& x) { x.respond(500, "oops"); }};
  auto me
    = asker{server.base_url(),
            {.limits = {.breaker_failures = 3, .breaker_pause = minutes{1}}}};
  EXPECT_EQ(error_of(me.ask()).details["status"], 500);
  EXPECT_EQ(server.requests(), 3U);
  auto err = error_of(me.ask());
  EXPECT_EQ(err.code, errc::backend_unavailable);
  EXPECT_TRUE(holds(err.message, "3 failures in a row")) << err.message;
  EXPECT_EQ(server.requests(), 3U);
}

// -- hedging ------------------------------------------------------------------

TEST(LmClientHedging, TakesTheFirstGoodAnswer) {
  auto gone = inbox<int>{};
  auto server = http_server{[&](exchange& x) {
    if (x.number > 1)
      return x.complete("second");
    x.wait_for_client_to_go();
    gone.put(0);
  }};
  auto me = asker{server.base_url(), {.hedge_after = milliseconds{20}}};
  auto reply = me.ask();
  ASSERT_TRUE(reply.text) << to_string(reply.text.error());
  EXPECT_EQ(*reply.text, "second");
  EXPECT_EQ(reply.usage["hedged"], true);
  EXPECT_TRUE(gone.wait_for(1)) << "the first request was not dropped";
  EXPECT_EQ(me.replies->items().size(), 1U);
}

TEST(LmClientHedging, GoesOnWhenTheSecondRequestFails) {
  auto failed = inbox<int>{};
  auto server = http_server{[&](exchange& x) {
    if (x.number == 1) {
      failed.wait_for(1);
      return x.complete("first");
    }
    x.respond(500, "oops");
    failed.put(0);
  }};
  auto me = asker{server.base_url(), {.hedge_after = milliseconds{20}}};
  auto reply = me.ask();
  ASSERT_TRUE(reply.text) << to_string(reply.text.error());
  EXPECT_EQ(*reply.text, "first");
  EXPECT_FALSE(reply.usage.contains("hedged"));
}

TEST(LmClientHedging, SendsNothingTwiceThatIsAnsweredInTime) {
  auto server = http_server{[](exchange& x) { x.complete("ok"); }};
  auto me = asker{server.base_url(), {.hedge_after = minutes{10}}};
  for (auto i = 0; i < 10; ++i)
    ASSERT_TRUE(me.ask(minutes{20}).text);
  EXPECT_EQ(server.requests(), 10U);
}

// -- network ------------------------------------------------------------------

TEST(LmClientNetwork, AsksTheProxyThatIsSet) {
  auto heads = inbox<std::string>{};
  auto proxy = http_server{[&](exchange& x) {
    heads.put(x.head);
    x.complete("by proxy");
  }};
  auto root = proxy.base_url();
  root.resize(root.rfind('/'));
  auto me = asker{"http://model.invalid/v1", {.http = {.proxy = root}}};
  auto reply = me.ask();
  ASSERT_TRUE(reply.text) << to_string(reply.text.error());
  EXPECT_EQ(*reply.text, "by proxy");
  EXPECT_TRUE(heads.items().front().starts_with(
    "POST http://model.invalid/v1/chat/completions"));
}

TEST(LmClientNetwork, SaysThatTheCertificatesCannotBeRead) {
  auto server = http_server{[](exchange& x) { x.close(); }};
  auto https = "https" + server.base_url().substr(4);
  auto me = asker{https, {.http = {.ca_file = "/nowhere/ca.pem"}}};
  auto err = error_of(me.ask());
  EXPECT_EQ(err.code, errc::backend_unavailable);
  EXPECT_TRUE(holds(err.message, "CA cert")) << err.message;
}

// -- streams ------------------------------------------------------------------

TEST(LmClientStream, PutsTheAnswerTogetherAndTimesItsFirstToken) {
  auto body = inbox<std::string>{};
  auto server = http_server{[&](exchange& x) {
    body.put(x.body);
    x.raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
          "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n");
    x.raw("data: {\"choices\":[{\"delta\":{\"content\":\"lo\"},"
          "\"finish_reason\":\"stop\"}]}\n\n"
          "data: {\"choices\":[],\"usage\":{\"total_tokens\":9}}\n\n"
          "data: [DONE]\n\n");
    x.close();
  }};
  auto me = asker{server.base_url()};
  me.set([](lm_options& x) { x.stream = true; });
  auto reply = me.ask();
  ASSERT_TRUE(reply.text) << to_string(reply.text.error());
  EXPECT_EQ(*reply.text, "Hello");
  EXPECT_EQ(reply.usage["total_tokens"], 9);
  EXPECT_TRUE(reply.usage["first_token_ms"].is_number_integer());
  EXPECT_LE(reply.usage["first_token_ms"], reply.usage["latency_ms"]);
  EXPECT_TRUE(
    holds(body.items().front(),
          R"("stream":true,"stream_options":{"include_usage":true})"));
}

// One event of a stream: the next piece of the first choice.
std::string event(const std::string& content) {
  auto delta = json::object({{"content", content}});
  return "data: " + dump_json({{"choices", json::array({{{"delta", delta}}})}})
         + "\n\n";
}

TEST(LmClientStream, TellsTheTextAsItComes) {
  auto told = inbox<std::string>{};
  auto server = http_server{[&](exchange& x) {
    x.raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
          + event("Hel") + event("lo"));
    // Each piece arrives before the answer has ended.
    EXPECT_TRUE(told.wait_for(1));
    x.raw(event("!") + "data: [DONE]\n\n");
    x.close();
  }};
  auto me = asker{server.base_url()};
  me.on_text = [&](std::string_view text) { told.put(std::string{text}); };
  auto reply = me.ask();
  ASSERT_TRUE(reply.text) << to_string(reply.text.error());
  auto all = std::string{};
  for (auto& x : told.items())
    all += x;
  EXPECT_EQ(all, "Hello!");
  EXPECT_EQ(*reply.text, all);
}

TEST(LmClientStream, MasksTheKeyInPiecesOfText) {
  auto told = inbox<std::string>{};
  auto server = http_server{[&](exchange& x) {
    x.raw("HTTP/1.1 200 OK\r\n\r\n" + event("The key is sk-ve"));
    EXPECT_TRUE(told.wait_for(1));
    x.raw(event("ry-secret-k") + event("ey, not sk-very"));
    EXPECT_TRUE(told.wait_for(2));
    x.raw(event("-") + "data: [DONE]\n\n");
    x.close();
  }};
  auto me = asker{server.base_url()};
  me.on_text = [&](std::string_view text) { told.put(std::string{text}); };
  auto reply = me.ask();
  ASSERT_TRUE(reply.text) << to_string(reply.text.error());
  EXPECT_EQ(told.items(),
            (std::vector<std::string>{"The key is ", "***, not ", "sk-very-"}));
  EXPECT_EQ(*reply.text, "The key is ***, not sk-very-");
}

TEST(LmClientStream, TakesAWholeAnswerAndRetriesErrors) {
  auto server = http_server{[](exchange& x) {
    if (x.number == 1)
      x.respond(500, "data: {\"choices\":[]}\n\n");
    else
      x.complete("whole");
  }};
  auto me = asker{server.base_url()};
  me.set([](lm_options& x) { x.stream = true; });
  auto reply = me.ask();
  ASSERT_TRUE(reply.text) << to_string(reply.text.error());
  EXPECT_EQ(*reply.text, "whole");
  EXPECT_FALSE(reply.usage.contains("first_token_ms"));
}

TEST(LmClientStream, MasksTheKeyInAnErrorInMidstream) {
  auto server = http_server{[](exchange& x) {
    x.raw("HTTP/1.1 200 OK\r\n\r\ndata: {\"error\":{\"message\":\"bad "
          + std::string{secret} + "\"}}\n\n");
    x.close();
  }};
  auto me = asker{server.base_url()};
  me.set([](lm_options& x) { x.stream = true; });
  auto err = error_of(me.ask());
  EXPECT_EQ(err.code, errc::backend_failed);
  EXPECT_TRUE(holds(err.message, "bad ***")) << err.message;
}

// -- cache --------------------------------------------------------------------

// A file whose searches wait until they may end.
struct slow_file : text_cache {
  result<std::optional<cached_text>> find(const std::string& key) override {
    asked.put(0);
    released.wait_for(1);
    auto guard = std::lock_guard{mutex};
    auto i = texts.find(key);
    return i == texts.end() ? std::optional<cached_text>{}
                            : std::optional<cached_text>{i->second};
  }

  result<void> put(const std::vector<cached_text>& x) override {
    auto guard = std::lock_guard{mutex};
    for (auto& y : x)
      texts.insert_or_assign(y.key, y);
    return {};
  }

  inbox<int> asked;
  inbox<int> released;
  std::mutex mutex;
  std::map<std::string, cached_text> texts;
};

TEST(LmClientCache, AnswersAnEqualRequestOutOfMemory) {
  auto server = http_server{[](exchange& x) { x.complete("Me."); }};
  auto me = asker{server.base_url(),
                  {.cache = std::make_shared<lm_cache>(lm_cache_options{})}};
  EXPECT_FALSE(me.ask().usage.contains("cache_hit"));
  auto reply = me.ask();
  ASSERT_TRUE(reply.text);
  EXPECT_EQ(*reply.text, "Me.");
  reply.usage.erase("latency_ms");
  EXPECT_EQ(dump_json(reply.usage),
            R"({"model":"test-model-1","cache_hit":true,"retries":0})");
  EXPECT_EQ(server.requests(), 1U);
  me.set([](lm_options& x) { x.cache = false; });
  EXPECT_FALSE(me.ask().usage.contains("cache_hit"));
  me.set([](lm_options& x) {
    x.cache = true;
    x.rollout_id = 1;
  });
  EXPECT_FALSE(me.ask().usage.contains("cache_hit"));
  EXPECT_EQ(server.requests(), 3U);
}

TEST(LmClientCache, KeepsNoErrors) {
  auto server = http_server{[](exchange& x) {
    if (x.number == 1)
      x.respond(400, "no");
    else
      x.complete("yes");
  }};
  auto me = asker{server.base_url(),
                  {.cache = std::make_shared<lm_cache>(lm_cache_options{})}};
  EXPECT_FALSE(me.ask().text);
  EXPECT_TRUE(me.ask().text);
}

TEST(LmClientCache, AnswersOutOfTheFileInAnotherProcessesPlace) {
  auto server = http_server{[](exchange& x) { x.complete("Me."); }};
  auto file = std::make_shared<slow_file>();
  file->released.put(0);
  auto with_file = [&] {
    return lm_client_options{
      .cache = std::make_shared<lm_cache>(lm_cache_options{.file = file})};
  };
  // Its end waits for what is to be written.
  EXPECT_TRUE(asker(server.base_url(), with_file()).ask().text);
  auto reply = asker(server.base_url(), with_file()).ask();
  EXPECT_EQ(reply.text.value(), "Me.");
  EXPECT_EQ(reply.usage["cache_hit"], true);
  EXPECT_EQ(server.requests(), 1U);
}

TEST(LmClientCache, ForgetsARequestThatIsCancelledWhileItIsSearchedFor) {
  auto server = http_server{[](exchange& x) { x.complete("Me."); }};
  auto file = std::make_shared<slow_file>();
  auto me = asker{
    server.base_url(),
    {.cache = std::make_shared<lm_cache>(lm_cache_options{.file = file})}};
  me.send();
  ASSERT_TRUE(file->asked.wait_for(1));
  auto queued = me.send();
  me.client->cancel(queued);
  file->released.put(0);
  ASSERT_TRUE(me.replies->wait_for(1));
  EXPECT_TRUE(me.ask().text);
  EXPECT_EQ(me.replies->items().size(), 2U);
}

} // namespace

} // namespace dspex::test
