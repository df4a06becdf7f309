#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "simulator/lm_sim.hpp"
#include "tests/simulator/sim_client.hpp"

namespace dspex::test {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

class LmSimFaults : public testing::Test {
protected:
  void start(lm_sim_options options = {}) {
    auto sim = lm_sim::start(std::move(options));
    ASSERT_TRUE(sim) << sim.error().message;
    sim_ = std::move(*sim);
  }

  void SetUp() override {
    start();
  }

  http_reply ask(const std::string& content) {
    return test::ask(sim_->base_url(), content);
  }

  /// Waits until the server has left `count` requests without answer.
  bool broken_reaches(uint64_t count) {
    auto deadline = std::chrono::steady_clock::now() + 20s;
    while (sim_->stats().broken < count) {
      if (std::chrono::steady_clock::now() > deadline)
        return false;
      std::this_thread::yield();
    }
    return true;
  }

  std::unique_ptr<lm_sim> sim_;
};

TEST_F(LmSimFaults, AnswersWithTheStatusAskedFor) {
  auto reply = ask("please [[sim:status=429;retry_after=7]]");
  EXPECT_EQ(reply.status, 429);
  EXPECT_THAT(reply.headers, HasSubstr("Retry-After: 7"));
  EXPECT_EQ(json::parse(reply.body).at("error").at("type"), "rate_limit_error");
  EXPECT_EQ(ask("[[sim:status=500]]").status, 500);
  EXPECT_EQ(ask("[[sim:status=401]]").status, 401);
}

TEST_F(LmSimFaults, AnswersGarbage) {
  auto reply = ask("[[sim:garbage]]");
  EXPECT_EQ(reply.status, 200);
  EXPECT_FALSE(json::accept(reply.body));
}

TEST_F(LmSimFaults, ClosesInTheMiddleOfTheBody) {
  auto reply = ask("[[sim:close_halfway]]");
  EXPECT_EQ(reply.code, CURLE_PARTIAL_FILE);
  EXPECT_FALSE(reply.body.empty());
  EXPECT_EQ(ask("What is 1+1?").status, 200);
}

TEST_F(LmSimFaults, SendsAHugeBodyInChunks) {
  constexpr size_t size = 50'000'000;
  http_request request;
  request.url = sim_->base_url() + "/chat/completions";
  request.body = one_message("[[sim:huge=" + std::to_string(size) + "]]");
  http_transfer transfer{request};
  auto reply = transfer.finish(curl_easy_perform(transfer.handle()));
  EXPECT_EQ(reply.code, CURLE_OK);
  EXPECT_EQ(transfer.received(), size);
  EXPECT_THAT(reply.headers, HasSubstr("chunked"));
  EXPECT_TRUE(json::accept(ask("[[sim:huge=1000]]").body));
}

TEST_F(LmSimFaults, SurvivesAClientThatLeavesAHugeBody) {
  http_request request;
  request.url = sim_->base_url() + "/chat/completions";
  request.body = one_message("[[sim:huge=10000000000]]");
  request.timeout_ms = 300;
  EXPECT_EQ(send(request).code, CURLE_OPERATION_TIMEDOUT);
  EXPECT_EQ(ask("What is 1+1?").status, 200);
}

TEST_F(LmSimFaults, SendsTextVerbatim) {
  auto reply = ask("[[sim:text=[[ ## answer ## ]]\n42]] and more");
  EXPECT_EQ(
    json::parse(reply.body).at("choices").at(0).at("message").at("content"),
    "[[ ## answer ## ]]\n42");
}

TEST_F(LmSimFaults, FailsTheFirstRequestsWithAPromptOnly) {
  auto prompt = std::string{"[[sim:fail_first=2]] a"};
  EXPECT_EQ(ask(prompt).status, 503);
  EXPECT_EQ(ask(prompt).status, 503);
  EXPECT_EQ(ask(prompt).status, 200);
  EXPECT_EQ(ask(prompt).status, 200);
  EXPECT_EQ(ask("[[sim:fail_first=1]] b").status, 503);
}

TEST_F(LmSimFaults, DelaysOneRequest) {
  EXPECT_GE(ask("[[sim:latency_ms=120]]").seconds, 0.119);
}

TEST_F(LmSimFaults, HangsUntilTheServerStops) {
  std::vector<std::future<http_reply>> hanging;
  for (int i = 0; i < 8; ++i)
    hanging.push_back(
      std::async(std::launch::async, [this] { return ask("[[sim:hang]]"); }));
  ASSERT_TRUE(broken_reaches(8));
  auto delayed = std::async(std::launch::async,
                            [this] { return ask("[[sim:latency_ms=25000]]"); });
  auto deadline = std::chrono::steady_clock::now() + 20s;
  while (sim_->stats().waiting == 0
         && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(sim_->stats().waiting, 1u);
  EXPECT_EQ(ask("What is 1+1?").status, 200);
  sim_->stop();
  for (auto& reply : hanging) {
    auto code = reply.get().code;
    EXPECT_TRUE(code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR) << code;
  }
  EXPECT_NE(delayed.get().code, CURLE_OK);
}

TEST_F(LmSimFaults, NoticesThatTheClientOfAHangingRequestLeft) {
  lm_sim_options options;
  options.max_connections = 1;
  start(options);
  http_request request;
  request.url = sim_->base_url() + "/chat/completions";
  request.body = one_message("[[sim:hang]]");
  request.timeout_ms = 200;
  EXPECT_EQ(send(request).code, CURLE_OPERATION_TIMEDOUT);
  auto deadline = std::chrono::steady_clock::now() + 20s;
  auto status = 0L;
  while (status != 200 && std::chrono::steady_clock::now() < deadline)
    status = ask("What is 1+1?").status;
  EXPECT_EQ(status, 200);
}

TEST_F(LmSimFaults, TakesAFaultFromTheHeader) {
  auto reply = post(sim_->base_url(), one_message("hello"),
                    {"X-Dspex-Sim: status=502"});
  EXPECT_EQ(reply.status, 502);
  reply = post(sim_->base_url(), one_message("[[sim:status=503]]"),
               {"X-Dspex-Sim: status=502"});
  EXPECT_EQ(reply.status, 503);
}

TEST_F(LmSimFaults, RefusesAFaultItDoesNotKnow) {
  auto reply = ask("[[sim:explode]]");
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.body, HasSubstr("explode"));
}

TEST_F(LmSimFaults, AppliesTheFaultOfTheOptionsToAllRequests) {
  lm_sim_options options;
  options.fault.status = 503;
  start(options);
  EXPECT_EQ(ask("hello").status, 503);
  EXPECT_EQ(ask("[[sim:status=500]]").status, 500);
}

TEST_F(LmSimFaults, LeavesMarkersAloneWhenToldTo) {
  lm_sim_options options;
  options.markers = false;
  start(options);
  EXPECT_EQ(ask("hello [[sim:status=500]]").status, 200);
  EXPECT_EQ(
    post(sim_->base_url(), one_message("hello"), {"X-Dspex-Sim: status=502"})
      .status,
    200);
}

} // namespace

} // namespace dspex::test
