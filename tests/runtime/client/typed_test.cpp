// Signatures of C++ on an embedded node: which module wins, and typed runs.

#include <filesystem>

#include <gtest/gtest.h>

#include "dspex/dspex.hpp"

namespace dspex::test {

namespace {

using triage = signature<
  "Support.Triage",
  "ticket: str, tags: optional[list[str]] -> "
  "category: literal['bug', 'billing'], confidence: float(min=0, max=1)">;

class TypedClientTest : public testing::Test {
protected:
  TypedClientTest()
    : node_(runtime::start(
              {.store_url = "memory:",
               .modules = {triage::definition("Sort the ticket.", "Support")}})
              .value()) {
  }

  program_record make_ready(const std::string& module) {
    auto made = client_.create_program(module, {.adapter = "mock"});
    EXPECT_TRUE(made) << to_string(made.error());
    auto ready = client_.initialize_program(made->id);
    EXPECT_TRUE(ready) << to_string(ready.error());
    return *ready;
  }

  runtime node_;
  client client_ = node_.client();
};

} // namespace

TEST_F(TypedClientTest, KnowsTheModulesOfCppFromTheStart) {
  EXPECT_TRUE(*client_.validate_module("Support.Triage"));
  auto record = client_.create_signature_from_module("Support.Triage");
  ASSERT_TRUE(record) << to_string(record.error());
  EXPECT_EQ(record->version, "1.0.0");
  EXPECT_EQ(record->instructions, "Sort the ticket.");
  EXPECT_EQ(record->description, "Support");
  EXPECT_EQ(*record->outputs, triage::dynamic()->to_json(side::outputs));
}

TEST_F(TypedClientTest, LetsCppWinOverACall) {
  auto other = client_.define_module("Elixir.Support.Triage", "a -> b",
                                     {.version = "2.0.0"});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, errc::conflict);
  EXPECT_EQ(other.error().message,
            "Module Support.Triage is defined in C++ (version 1.0.0), which "
            "wins");
  auto record = client_.create_signature_from_module("Support.Triage");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->version, "1.0.0");
}

TEST_F(TypedClientTest, TakesACallThatSaysTheSameAsCpp) {
  auto same = client_.define_module(std::string{triage::module},
                                    std::string{triage::text},
                                    {.instructions = "Sort the ticket."});
  EXPECT_TRUE(same) << to_string(same.error());
}

TEST_F(TypedClientTest, RunsAProgramWithTypedInputsAndOutputs) {
  auto program = make_ready("Support.Triage");
  auto run = client_.execute_program<triage>(
    program.id, triage::inputs{}.set<"ticket">("I was charged twice"),
    {{"metadata", {{"shift", "late"}}}});
  ASSERT_TRUE(run) << to_string(run.error());
  double confidence = run->get<"confidence">();
  EXPECT_GE(confidence, 0);
  EXPECT_LE(confidence, 1);
  EXPECT_TRUE(run->get<"category">() == "bug"
              || run->get<"category">() == "billing");
  EXPECT_EQ(run->status, execution_status::completed);
  auto record = client_.get_execution(run->id);
  ASSERT_TRUE(record);
  EXPECT_EQ(*record->inputs, (json{{"ticket", "I was charged twice"}}));
  EXPECT_EQ((*record->metadata)["shift"], "late");
  EXPECT_EQ(record->duration_us, run->duration_us);
  auto again = triage::read_outputs(*record->outputs);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->get<"confidence">(), confidence);
}

TEST_F(TypedClientTest, TellsWhichInputIsMissing) {
  auto program = make_ready("Support.Triage");
  auto run = client_.execute_program<triage>(program.id, triage::inputs{});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, errc::invalid_input);
  EXPECT_EQ(run.error().message,
            "Input validation failed: Missing field: ticket");
}

TEST_F(TypedClientTest, RefusesTheOutputsOfAProgramOfAnotherSignature) {
  ASSERT_TRUE(client_.define_module("Test.Other", "ticket -> answer"));
  auto program = make_ready("Test.Other");
  auto run = client_.execute_program<triage>(
    program.id, triage::inputs{}.set<"ticket">("x"));
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, errc::invalid_output);
  EXPECT_EQ(run.error().message,
            "Not the outputs of Support.Triage: Missing field: category; "
            "Missing field: confidence; Unknown field: answer");
}

TEST(EmbeddedModules, WinOverTheStore) {
  auto path = testing::TempDir() + "dspex_embedded_modules.db";
  std::filesystem::remove(path);
  {
    auto before = runtime::start({.store_url = "sqlite:" + path}).value();
    auto client = before.client();
    ASSERT_TRUE(
      client.define_module("Support.Triage", "a -> b", {.version = "2.0.0"}));
    ASSERT_TRUE(client.create_signature_from_module("Support.Triage"));
  }
  {
    auto without = runtime::start({.store_url = "sqlite:" + path}).value();
    auto known
      = without.client().create_signature_from_module("Support.Triage");
    ASSERT_TRUE(known) << to_string(known.error());
    EXPECT_EQ(known->version, "2.0.0");
  }
  auto with = runtime::start({.store_url = "sqlite:" + path,
                              .modules = {triage::definition()}})
                .value();
  auto known = with.client().create_signature_from_module("Support.Triage");
  ASSERT_TRUE(known) << to_string(known.error());
  EXPECT_EQ(known->version, "1.0.0");
  EXPECT_EQ(*known->inputs, triage::dynamic()->to_json(side::inputs));
}

TEST(EmbeddedModules, AreRefusedWithTheirNameIfTheyCannotBeUsed) {
  auto start = [](std::vector<module_definition> modules) {
    return runtime::start(
      {.store_url = "memory:", .modules = std::move(modules)});
  };
  using pattern = signature<"Test.Pattern", "a: str(pattern='[') -> b">;
  auto bad_pattern = start({pattern::definition()});
  ASSERT_FALSE(bad_pattern);
  EXPECT_EQ(bad_pattern.error().code, errc::invalid_signature);
  EXPECT_EQ(bad_pattern.error().message.find("Module Test.Pattern: Invalid "
                                             "signature at column 16: "),
            0u)
    << bad_pattern.error().message;
  auto twice = start({triage::definition(), triage::definition()});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, errc::invalid_option);
  EXPECT_EQ(twice.error().message, "Module Support.Triage is given twice");
  auto bad_name = start({{.module = "triage", .signature = "a -> b"}});
  ASSERT_FALSE(bad_name);
  EXPECT_EQ(bad_name.error().message,
            "Module must be a valid module name, got \"triage\"");
  auto bad_version
    = start({{.module = "Triage", .signature = "a -> b", .version = "1"}});
  ASSERT_FALSE(bad_version);
  EXPECT_EQ(bad_version.error().code, errc::invalid_option);
  EXPECT_EQ(bad_version.error().message,
            "Module Triage: version must be three numbers with dots between, "
            "got \"1\"");
}

} // namespace dspex::test
