#include "config/program_configuration.hpp"

#include <chrono>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace dspex::test {

namespace {

json parsed(std::string_view text) {
  auto value = parse_json(text);
  if (!value)
    ADD_FAILURE() << to_string(value.error());
  return value.value_or(json{});
}

std::string refused_program(std::string_view text) {
  auto x = parse_program_configuration(parsed(text));
  if (x) {
    ADD_FAILURE() << "accepted: " << text;
    return {};
  }
  EXPECT_EQ(x.error().code, errc::invalid_option);
  constexpr std::string_view intro = "Invalid program configuration: ";
  EXPECT_EQ(x.error().message.rfind(intro, 0), 0u);
  return x.error().message.substr(intro.size());
}

TEST(ProgramConfiguration, AnEmptyOneHasTheDocumentedDefaults) {
  auto x = parse_program_configuration(json::object());
  ASSERT_TRUE(x);
  EXPECT_EQ(x->backend, json::object());
  EXPECT_EQ(x->durability, durability::sync);
  EXPECT_EQ(x->timeout, 60s);
  EXPECT_EQ(x->max_concurrency, 16u);
  EXPECT_EQ(x->max_queue, 1000u);
  EXPECT_EQ(x->retry_max_attempts, 1u);
  EXPECT_EQ(x->init_timeout, 60s);
  EXPECT_EQ(x->drain_timeout, 30s);
}

TEST(ProgramConfiguration, ReadsEveryKey) {
  auto x = parse_program_configuration(parsed(
    R"({"tools": [{"name": "t"}], "durability": "async", "timeout_ms": 1,
        "modules": "ChainOfThought", "max_concurrency": 100000, "max_queue": 0,
        "retry": {"max_attempts": 10}, "init_timeout_ms": 2,
        "drain_timeout_ms": 3, "lm": {"model": "m", "temperature": 0.5}})"));
  ASSERT_TRUE(x) << to_string(x.error());
  EXPECT_EQ(
    dump_json(x->backend),
    R"({"modules":"ChainOfThought","lm":{"model":"m","temperature":0.5})"
    R"(,"tools":[{"name":"t"}]})");
  EXPECT_EQ(x->durability, durability::async);
  EXPECT_EQ(x->timeout, 1ms);
  EXPECT_EQ(x->max_concurrency, 100'000u);
  EXPECT_EQ(x->max_queue, 0u);
  EXPECT_EQ(x->retry_max_attempts, 10u);
  EXPECT_EQ(x->init_timeout, 2ms);
  EXPECT_EQ(x->drain_timeout, 3ms);
}

TEST(ProgramConfiguration, AnUnknownKeyIsRefusedNamingTheKnownOnes) {
  EXPECT_EQ(refused_program(R"({"timeout": 5})"),
            "timeout: unknown key (known: modules, lm, tools, durability, "
            "timeout_ms, max_concurrency, max_queue, retry, init_timeout_ms, "
            "drain_timeout_ms)");
  EXPECT_EQ(refused_program(R"({"retry": {"attempts": 5}})"),
            "retry.attempts: unknown key (known: max_attempts)");
}

TEST(ProgramConfiguration, AllProblemsAreReportedTogether) {
  auto x = parse_program_configuration(
    parsed(R"({"timeout_ms": 0, "durability": "later", "max_queue": "5"})"));
  ASSERT_FALSE(x);
  EXPECT_EQ(x.error().message,
            "Invalid program configuration: durability: must be \"sync\" or "
            "\"async\", got \"later\"; timeout_ms: must be an integer from 1 "
            "to 3600000, got 0; max_queue: must be an integer from 0 to "
            "1000000, got \"5\"");
  ASSERT_EQ(x.error().details["problems"].size(), 3u);
  EXPECT_EQ(x.error().details["problems"][1]["key"], json("timeout_ms"));
}

TEST(ProgramConfiguration, RefusesWhatIsOutOfRangeOrOfTheWrongType) {
  for (auto text :
       {R"({"timeout_ms": 3600001})", R"({"timeout_ms": 1.5})",
        R"({"timeout_ms": null})", R"({"timeout_ms": 18446744073709551615})",
        R"({"max_concurrency": 0})", R"({"max_concurrency": 100001})",
        R"({"max_queue": -1})", R"({"max_queue": 1000001})",
        R"({"retry": {"max_attempts": 0}})",
        R"({"retry": {"max_attempts": 11}})", R"({"retry": 3})",
        R"({"init_timeout_ms": 0})", R"({"drain_timeout_ms": -1})",
        R"({"lm": "m"})", R"({"tools": {}})", R"({"modules": 1})",
        R"({"durability": true})"})
    EXPECT_NE(refused_program(text).find("must be "), std::string::npos)
      << text;
}

TEST(ProgramConfiguration, IsAnObject) {
  EXPECT_EQ(refused_program("[]"), "must be an object, got []");
  EXPECT_EQ(refused_program("null"), "must be an object, got null");
}

TEST(ProgramConfiguration, RefusesAnApiKeyWithoutQuotingIt) {
  for (auto text : {R"({"lm": {"api_key": "sk-777"}})",
                    R"({"modules": [{"lm": {"api_key": "sk-777"}}]})",
                    R"({"tools": {"api_key": "sk-777"}})"}) {
    auto message = refused_program(text);
    EXPECT_NE(message.find("must not hold a secret (api_key)"),
              std::string::npos);
    EXPECT_EQ(message.find("777"), std::string::npos) << message;
  }
}

TEST(ProgramConfiguration, RefusesSecretsUnderOtherNames) {
  for (auto text :
       {R"({"lm": {"headers": {"Authorization": "Bearer sk-777"}}})",
        R"({"lm": {"api-key": "sk-777"}})",
        R"({"tools": [{"name": "mail", "password": "sk-777"}]})",
        R"({"lm": {"base_url": "https://me:sk-777@host/v1"}})",
        R"({"lm": {"base_url": "https://host/v1?key=sk-777"}})"}) {
    auto message = refused_program(text);
    EXPECT_NE(message.find("records keep no secrets"), std::string::npos)
      << text;
    EXPECT_EQ(message.find("777"), std::string::npos) << message;
  }
}

TEST(ProgramConfiguration, TakesWhatOnlyLooksLikeASecret) {
  for (auto text :
       {R"({"lm": {"max_tokens": 777, "base_url": "https://host/v1"}})",
        R"({"tools": [{"args": {"password": {"type": "string"}}}]})",
        R"({"tools": [{"about": "Ask https://me:pw@host/ for it."}]})"})
    EXPECT_TRUE(parse_program_configuration(*parse_json(text))) << text;
}

} // namespace

} // namespace dspex::test
