// A side of a signature, as its provider wants it described.

#include <gmock/gmock.h>

#include "tests/cli/verbs_fixture.hpp"

namespace dspex::test {

using testing::HasSubstr;

struct Schema : Verbs {
  Schema() {
    answer({"signature", "create", "--module", "Test.Triage", "--signature",
            "ticket: str, more: dict -> category: literal['bug', 'billing'], "
            "weight: int(min=1)"});
  }

  std::vector<std::string> words(const std::string& side,
                                 const std::string& provider) {
    return {"signature", "schema",     "Test.Triage", "--side",
            side,        "--provider", provider};
  }
};

TEST_F(Schema, IsPrintedAsJson) {
  for (auto provider : {"openai", "anthropic", "google", "plain"}) {
    auto done = bench.run(words("outputs", provider));
    ASSERT_EQ(done.status, 0) << done.err;
    auto schema = json_of(done.out);
    EXPECT_EQ(schema["type"], "object") << provider;
    EXPECT_TRUE(schema["properties"].contains("category")) << provider;
    EXPECT_EQ(schema["required"].size(), 2u) << provider;
  }
  EXPECT_EQ(
    answer(words("outputs", "plain"))["properties"]["weight"]["minimum"], 1);
}

TEST_F(Schema, NamesAFieldThatAProviderCannotBeTold) {
  auto strict = words("inputs", "openai");
  auto done = bench.run(strict);
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("dspex: invalid_option: "));
  EXPECT_THAT(done.err, HasSubstr("more"));
  strict.push_back("--no-strict");
  EXPECT_TRUE(answer(strict)["properties"].contains("more"));
}

TEST_F(Schema, NeedsASideAndAProviderThatThereAre) {
  EXPECT_EQ(bench.run({"signature", "schema", "Test.Triage"}).status, 2);
  EXPECT_EQ(bench.run(words("outputs", "acme")).status, 2);
  EXPECT_EQ(bench.run(words("middle", "plain")).status, 2);
}

} // namespace dspex::test
