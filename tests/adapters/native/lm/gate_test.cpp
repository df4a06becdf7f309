#include "adapters/native/lm/gate.hpp"

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using time_point = lm_gate::time_point;

constexpr auto start = time_point{} + seconds{1000};
constexpr auto far = start + seconds{1000};

result<http_response> status(int code) {
  return http_response{code, "", seconds{0}};
}

// Lets one request through the gate that is answered at once.
void serve(lm_gate& gate, time_point at, const result<http_response>& answer) {
  ASSERT_TRUE(gate.admit(at, far, 0, false));
  gate.begun();
  gate.ended(at, &answer);
}

TEST(LmGate, LetsEverythingPassWithoutLimits) {
  auto gate = lm_gate{lm_limits{}};
  for (auto i = 0; i < 100; ++i) {
    EXPECT_EQ(gate.admit(start, far, 1'000'000, false).value(), start);
    EXPECT_TRUE(gate.has_room());
    gate.begun();
  }
}

TEST(LmGate, CountsWhatIsUnderWay) {
  auto gate = lm_gate{{.max_concurrency = 2}};
  gate.begun();
  EXPECT_TRUE(gate.has_room());
  gate.begun();
  EXPECT_FALSE(gate.has_room());
  gate.ended(start, nullptr);
  EXPECT_TRUE(gate.has_room());
}

TEST(LmGate, SpreadsRequestsOverTheMinute) {
  auto gate = lm_gate{{.requests_per_minute = 60}};
  EXPECT_EQ(gate.admit(start, far, 0, false).value(), start);
  EXPECT_EQ(gate.admit(start, far, 0, false).value(), start + seconds{1});
  EXPECT_EQ(gate.admit(start, far, 0, false).value(), start + seconds{2});
  // A request that has waited is not made to wait again.
  auto later = start + seconds{1};
  EXPECT_EQ(gate.admit(later, far, 0, true).value(), later);
  // Time in which nobody asks is not saved up.
  later = start + seconds{60};
  EXPECT_EQ(gate.admit(later, far, 0, false).value(), later);
  EXPECT_EQ(gate.admit(later, far, 0, false).value(), later + seconds{1});
}

TEST(LmGate, RefusesWhatWouldStartAfterItsDeadline) {
  auto gate = lm_gate{{.requests_per_minute = 6}};
  ASSERT_TRUE(gate.admit(start, far, 0, false));
  auto refused = gate.admit(start, start + seconds{10}, 0, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::overloaded);
  EXPECT_NE(refused.error().message.find("10000 ms"), std::string::npos)
    << refused.error().message;
  // The refused request has used up nothing.
  EXPECT_EQ(gate.admit(start, far, 0, false).value(), start + seconds{10});
}

TEST(LmGate, CountsTokensAndWhatTheyTurnOutToBe) {
  auto gate = lm_gate{{.tokens_per_minute = 600}};
  EXPECT_EQ(gate.admit(start, far, 100, false).value(), start);
  gate.add_tokens(50);
  EXPECT_EQ(gate.admit(start, far, 20, false).value(), start + seconds{15});
  gate.add_tokens(-10);
  EXPECT_EQ(gate.admit(start, far, 0, false).value(), start + seconds{16});
}

TEST(LmGate, LeavesAServerAloneThatFailsAndTriesItWithOneRequest) {
  auto gate
    = lm_gate{{.breaker_failures = 3, .breaker_pause = milliseconds{500}}};
  serve(gate, start, status(500));
  serve(gate, start, status(200));
  serve(gate, start, status(503));
  serve(gate, start, fail(errc::backend_unavailable, "no connection"));
  serve(gate, start, fail(errc::timeout, "says nothing"));
  serve(gate, start, status(408));
  auto refused = gate.admit(start + milliseconds{100}, far, 0, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::backend_unavailable);
  EXPECT_NE(refused.error().message.find("after 3 failures in a row"),
            std::string::npos);
  EXPECT_NE(refused.error().message.find("400 ms"), std::string::npos);
  // One tries, others are refused until it is back.
  auto later = start + milliseconds{500};
  ASSERT_TRUE(gate.admit(later, far, 0, false));
  gate.begun();
  EXPECT_FALSE(gate.admit(later, far, 0, false));
  auto failed = status(500);
  gate.ended(later, &failed);
  EXPECT_FALSE(gate.admit(later + milliseconds{499}, far, 0, false));
  later += milliseconds{500};
  ASSERT_TRUE(gate.admit(later, far, 0, false));
  gate.begun();
  // A request that was dropped says nothing of the server, so the next one
  // tries.
  gate.ended(later, nullptr);
  serve(gate, later, status(429));
  EXPECT_TRUE(gate.admit(later, far, 0, false));
}

TEST(LmGate, NeverLeavesAServerAloneIfToldSo) {
  auto gate = lm_gate{{.breaker_failures = 0}};
  for (auto i = 0; i < 100; ++i)
    serve(gate, start, status(500));
}

} // namespace

} // namespace dspex::test
