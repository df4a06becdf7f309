#include "config/execute_options.hpp"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace dspex::test {

namespace {

std::string refused_options(const json& value) {
  auto x = parse_execute_options(value);
  if (x) {
    ADD_FAILURE() << "accepted: " << dump_json(value);
    return {};
  }
  EXPECT_EQ(x.error().code, errc::invalid_option);
  return x.error().message;
}

TEST(ExecuteOptions, LeaveEverythingToTheProgramByDefault) {
  for (auto& none : {json::object(), json{}}) {
    auto x = parse_execute_options(none);
    ASSERT_TRUE(x);
    EXPECT_FALSE(x->timeout);
    EXPECT_FALSE(x->durability);
    EXPECT_FALSE(x->id);
    EXPECT_FALSE(x->idempotency_key);
    EXPECT_EQ(x->metadata, nullptr);
  }
}

TEST(ExecuteOptions, ReadEveryKey) {
  auto id = execution_id::make();
  auto x = parse_execute_options({{"timeout_ms", 250},
                                  {"durability", "async"},
                                  {"metadata", {{"user", 7}}},
                                  {"execution_id", to_string(id)},
                                  {"idempotency_key", "order 66"}});
  ASSERT_TRUE(x) << to_string(x.error());
  EXPECT_EQ(x->timeout, 250ms);
  EXPECT_EQ(x->durability, durability::async);
  EXPECT_EQ(x->metadata, (json{{"user", 7}}));
  EXPECT_EQ(x->id, id);
  EXPECT_EQ(x->idempotency_key, "order 66");
}

TEST(ExecuteOptions, AnUnknownKeyIsRefusedNamingTheKnownOnes) {
  EXPECT_EQ(refused_options({{"timeout", 5}}),
            "Invalid options: timeout: unknown key (known: timeout_ms, "
            "durability, metadata, execution_id, idempotency_key)");
}

TEST(ExecuteOptions, AllProblemsAreReportedTogether) {
  EXPECT_EQ(
    refused_options(
      {{"timeout_ms", 0}, {"metadata", json::array()}, {"execution_id", "x"}}),
    "Invalid options: timeout_ms: must be an integer from 1 to "
    "3600000, got 0; metadata: must be an object, got []; "
    "execution_id: must be a UUID, got \"x\"");
}

TEST(ExecuteOptions, RefuseTheNilId) {
  EXPECT_EQ(
    refused_options({{"execution_id", "00000000-0000-0000-0000-000000000000"}}),
    "Invalid options: execution_id: must be a UUID, got "
    "\"00000000-0000-0000-0000-000000000000\"");
}

TEST(ExecuteOptions, BoundTheIdempotencyKey) {
  EXPECT_EQ(refused_options({{"idempotency_key", ""}}),
            "Invalid options: idempotency_key: must be a text of 1 to 255 "
            "bytes, got \"\"");
  EXPECT_EQ(refused_options({{"idempotency_key", 5}}),
            "Invalid options: idempotency_key: must be a text of 1 to 255 "
            "bytes, got 5");
  refused_options({{"idempotency_key", std::string(256, 'k')}});
  auto longest = json{{"idempotency_key", std::string(255, 'k')}};
  EXPECT_TRUE(parse_execute_options(longest));
}

TEST(ExecuteOptions, AreAnObject) {
  EXPECT_EQ(refused_options("fast"),
            "Invalid options: must be an object, got \"fast\"");
}

} // namespace

} // namespace dspex::test
