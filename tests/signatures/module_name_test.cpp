#include <gtest/gtest.h>

#include "dspex/any_signature.hpp"

namespace dspex::test::module_name {

namespace {

TEST(ModuleName, AcceptsAPathThatBeginsWithACapital) {
  for (std::string name :
       {"Support.Triage", "A", "QA_2", "A.b", "Elixir", "My.Elixir.Thing"}) {
    auto result = normalize_module(name);
    ASSERT_TRUE(result) << name;
    EXPECT_EQ(*result, name);
  }
}

TEST(ModuleName, LosesALeadingElixir) {
  EXPECT_EQ(normalize_module("Elixir.Support.Triage").value(),
            "Support.Triage");
}

TEST(ModuleName, IsTheSameWhenNormalisedTwice) {
  auto once = normalize_module("Elixir.Elixir.Thing").value();
  EXPECT_EQ(normalize_module(once).value(), once);
}

TEST(ModuleName, RefusesWhatIsNoPath) {
  for (std::string name : {"", "support", "1A", ".A", "A-b", "A b", "Elixir.",
                           "Elixir.support", "Größe", "A\n", " A"}) {
    auto result = normalize_module(name);
    ASSERT_FALSE(result) << name;
    EXPECT_EQ(result.error().code, errc::invalid_signature);
    EXPECT_EQ(result.error().message, "Module must be a valid module name");
    EXPECT_EQ(result.error().details["field"], "signature_module");
  }
  EXPECT_FALSE(normalize_module(std::string_view("A\0B", 3)));
}

} // namespace

} // namespace dspex::test::module_name
