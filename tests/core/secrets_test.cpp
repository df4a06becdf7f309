#include "core/secrets.hpp"

#include <gtest/gtest.h>

namespace dspex::test {

// -- names --------------------------------------------------------------------

TEST(SecretNames, AreThoseThatEndInAWordForASecret) {
  for (auto name : {"api_key", "API-Key", "openai_api_key", "apikey",
                    "Authorization", "password", "db_password", "passwd",
                    "client_secret", "access_token", "authToken"}) {
    EXPECT_TRUE(names_secret(name)) << name;
    EXPECT_TRUE(may_name_secret(name)) << name;
  }
}

TEST(SecretNames, AreNotThoseOfLimitsAndKeysOfTables) {
  for (auto name : {"max_tokens", "key", "primary_key", "tokens_per_minute",
                    "password_hint", "", "_"})
    EXPECT_FALSE(names_secret(name)) << name;
}

TEST(SecretNames, AreSuspectedWhereverTheyHoldAWordForASecret) {
  for (auto name : {"SIG", "X-Auth", "DB_PWD", "credentials", "max_tokens",
                    "--lm-api-key", "passphrase", "secrets"})
    EXPECT_TRUE(may_name_secret(name)) << name;
  for (auto name : {"", "user", "sslmode", "model", "--input"})
    EXPECT_FALSE(may_name_secret(name)) << name;
}

// -- masks --------------------------------------------------------------------

TEST(SecretMask, HidesEveryOccurrenceOfAKey) {
  EXPECT_EQ(mask_secret("a sk-12345 b sk-12345", "sk-12345"), "a *** b ***");
  EXPECT_EQ(mask_secret("********* *", "********"), "**** *");
  EXPECT_EQ(mask_secret("text", ""), "text");
}

TEST(SecretMask, HidesAKeyInsideValues) {
  auto value = *parse_json(
    R"({"a":["sk-12345",1,null],"of sk-12345":{"b":"my sk-12345"}})");
  mask_secret(value, "sk-12345");
  EXPECT_EQ(dump_json(value),
            R"({"a":["***",1,null],"of ***":{"b":"my ***"}})");
}

TEST(SecretMask, TakesAShortKeyForAPlaceholder) {
  EXPECT_EQ(mask_secret("The box is EMPTY.", "EMPTY"), "The box is EMPTY.");
}

TEST(SecretMask, HidesAPasswordOfAnyLength) {
  EXPECT_EQ(mask_password("user me, password pw", "pw"),
            "user me, password ***");
  EXPECT_EQ(mask_password("text", ""), "text");
}

TEST(SecretMask, EndsForAPasswordThatIsAPartOfTheMask) {
  EXPECT_EQ(mask_password("2*3", "*"), "2***3");
  EXPECT_EQ(mask_password("a *** b", "***"), "a *** b");
}

TEST(SecretMask, LeavesOpenWhatMayBeTheStartOfAKey) {
  EXPECT_EQ(maskable_length("the key sk-12345 is sk-1", "sk-12345"), 20u);
  EXPECT_EQ(maskable_length("the key sk-12345", "sk-12345"), 16u);
  EXPECT_EQ(maskable_length("EMP", "EMPTY"), 3u);
}

// -- command lines ------------------------------------------------------------

TEST(ArgumentMask, HidesTheValueBehindAnOptionForASecret) {
  EXPECT_EQ(mask_arguments("Not expected: --api-key sk-1",
                           {"run", "--api-key", "sk-1"}),
            "Not expected: --api-key ***");
  EXPECT_EQ(
    mask_arguments("Not expected: --api-key=sk-1", {"run", "--api-key=sk-1"}),
    "Not expected: --api-key=***");
}

TEST(ArgumentMask, HidesTheValueOfASettingForASecret) {
  EXPECT_EQ(
    mask_arguments("Not expected: lm.api_key=sk-1", {"run", "lm.api_key=sk-1"}),
    "Not expected: lm.api_key=***");
}

TEST(ArgumentMask, HidesThePasswordInAUrl) {
  EXPECT_EQ(mask_arguments("Bad: postgresql://me:pw@host/db",
                           {"--store", "postgresql://me:pw@host/db"}),
            "Bad: postgresql://me:***@host/db");
}

TEST(ArgumentMask, ShowsEverythingElse) {
  auto text = std::string{"Not expected: x.toml --limit 5 --api-key --help"};
  EXPECT_EQ(mask_arguments(
              text, {"run", "x.toml", "--limit", "5", "--api-key", "--help"}),
            text);
}

} // namespace dspex::test
