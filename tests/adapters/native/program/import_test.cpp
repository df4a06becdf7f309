#include "adapters/native/program/import.hpp"

#include <gtest/gtest.h>

#include "adapters/native/program/plan.hpp"

namespace dspex::test {

namespace {

json saved_chain() {
  return *parse_json(R"({
    "predict": {
      "traces": [], "train": [],
      "demos": [{"augmented": true, "q": "1", "reasoning": "easy", "a": 1e-7}],
      "signature": {"instructions": "Think hard.\n  Then answer.", "fields": [
        {"prefix": "Q:", "description": "a question"},
        {"prefix": "Reasoning:", "description": "${reasoning}"},
        {"prefix": "A:", "description": "${a}"}]},
      "lm": {"model": "openai/gpt-4o-mini", "temperature": 0.5, "cache": true,
             "api_base": "http://elsewhere", "api_key": "sk-secret",
             "stop": "END"}},
    "metadata": {"dependency_versions": {"python": "3.11", "dspy": "3.3.1"}}})");
}

result<imported_program> import_chain(const json& saved,
                                      const std::string& signature) {
  auto options = import_options{};
  options.signature = signature;
  return import_program(saved, options);
}

// The messages that a run of the program sends first.
json first_messages(const imported_program& x, const std::string& inputs) {
  auto plan = plan_program(x.signature, x.configuration,
                           described_tools(x.configuration));
  return plan.value().main.first.messages(*parse_json(inputs)).value();
}

std::string refusal(const result<imported_program>& x) {
  return x ? "imported" : to_string(x.error());
}

TEST(ProgramImport, TakesInstructionsDescriptionsAndDemos) {
  auto program = import_chain(saved_chain(), "q -> a: float");
  ASSERT_TRUE(program) << to_string(program.error());
  EXPECT_TRUE(program->notes.empty());
  EXPECT_EQ(dump_json(program->configuration["lm"]),
            R"({"model":"openai/gpt-4o-mini","temperature":0.5,)"
            R"("stop":["END"]})");
  EXPECT_EQ(program->configuration["modules"]["state"]["prompt_profile"],
            "dspy 3.3.1");
  auto messages = first_messages(*program, R"({"q": "2"})");
  ASSERT_EQ(messages.size(), 4U);
  auto system = messages[0]["content"].get<std::string>();
  EXPECT_TRUE(system.starts_with("Your input fields are:\n"
                                 "1. `q` (str): a question\n"
                                 "Your output fields are:\n"
                                 "1. `reasoning` (str): \n"
                                 "2. `a` (float):\n"))
    << system;
  EXPECT_TRUE(system.ends_with("is: \n        Think hard.\n        Then "
                               "answer."))
    << system;
  EXPECT_EQ(messages[2]["content"],
            "[[ ## reasoning ## ]]\neasy\n\n[[ ## a ## ]]\n1e-07\n\n"
            "[[ ## completed ## ]]\n");
}

TEST(ProgramImport, SaysThatAnotherVersionSavedTheProgram) {
  auto saved = saved_chain();
  saved["metadata"]["dependency_versions"]["dspy"] = "3.0.0";
  auto program = import_chain(saved, "q -> a: float");
  ASSERT_TRUE(program) << to_string(program.error());
  EXPECT_EQ(program->notes,
            std::vector<std::string>{"saved by dspy 3.0.0, run with the "
                                     "prompts of dspy 3.3.1"});
}

TEST(ProgramImport, RefusesWhatDoesNotFitTheSignature) {
  EXPECT_EQ(refusal(import_chain(saved_chain(), "q, r -> a")),
            "invalid_option: The saved program is wrong at "
            "/predict/signature/fields: there are 3 fields, but the signature "
            "has 4 for this predictor");
  EXPECT_EQ(refusal(import_chain(saved_chain(), "")),
            "invalid_option: A saved program does not say what its fields are: "
            "give its manifest or its signature");
  auto saved = saved_chain();
  saved.erase("metadata");
  EXPECT_EQ(refusal(import_chain(saved, "q -> a")),
            "invalid_option: The saved program is wrong at /metadata: expected "
            "the versions that `program.save(\"x.json\")` writes");
  saved = saved_chain();
  saved["gen"] = saved["predict"];
  saved.erase("predict");
  EXPECT_EQ(refusal(import_chain(saved, "q -> a")),
            "invalid_option: The native adapter does not run a program with "
            "the predictors gen; python_port runs it");
}

TEST(ProgramImport, RefusesPicklesByNameAndByTheirFirstByte) {
  EXPECT_TRUE(is_pickle("x.pkl", "{"));
  EXPECT_TRUE(is_pickle("x.json", "\x80\x05"));
  EXPECT_FALSE(is_pickle("x.json", "{"));
}

json manifest_of_chain() {
  return *parse_json(R"({
    "module": "ChainOfThought", "adapter": "json", "arguments": {}, "tools": [],
    "signature": {"instructions": "i", "fields": [
      {"name": "q", "role": "input", "type": "str", "desc": "${q}"},
      {"name": "a", "role": "output", "type": "UnionType[float, NoneType]",
       "desc": "${a}", "json_schema_declared_order":
       {"anyOf": [{"type": "number"}, {"type": "null"}]}}]},
    "predictors": {"predict": {"instructions": "i", "fields": [
      {"name": "q", "role": "input", "type": "str", "desc": "${q}"},
      {"name": "reasoning", "role": "output", "type": "str",
       "desc": "${reasoning}"},
      {"name": "a", "role": "output", "type": "UnionType[float, NoneType]",
       "desc": "${a}", "json_schema_declared_order":
       {"anyOf": [{"type": "number"}, {"type": "null"}]}}]}},
    "probes": [{"predictor": "predict", "inputs": {"q": "?"},
                "messages": []}]})");
}

TEST(ProgramImport, TakesTypesFromTheManifestAsPythonNamesThem) {
  auto options = import_options{manifest_of_chain(), ""};
  options.manifest.erase("probes");
  auto program = import_program(saved_chain(), options);
  ASSERT_TRUE(program) << to_string(program.error());
  EXPECT_EQ(program->signature.to_text(), "q: str -> a: float | none");
  auto messages = first_messages(*program, R"({"q": "2"})");
  auto system = messages[0]["content"].get<std::string>();
  EXPECT_NE(system.find("2. `a` (UnionType[float, NoneType]):\n"),
            std::string::npos)
    << system;
  EXPECT_NE(system.find("Outputs will be a JSON object"), std::string::npos);
}

TEST(ProgramImport, ComparesTheProbeByteByByte) {
  auto options = import_options{manifest_of_chain(), ""};
  auto refused = import_program(saved_chain(), options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::conflict);
  options.manifest.erase("probes");
  auto program = import_program(saved_chain(), options);
  ASSERT_TRUE(program) << to_string(program.error());
  auto probe = json::object({{"predictor", "predict"}});
  probe["inputs"] = *parse_json(R"({"q": "?"})");
  probe["messages"] = first_messages(*program, R"({"q": "?"})");
  options.manifest["probes"] = json::array({probe});
  EXPECT_EQ(refusal(import_program(saved_chain(), options)), "imported");
  auto text = probe["messages"][1]["content"].get<std::string>() + " ";
  options.manifest["probes"][0]["messages"][1]["content"] = text;
  refused = import_program(saved_chain(), options);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.starts_with(
    "The prompt of predictor \"predict\" differs from DSPy's in message 2: "))
    << refused.error().message;
}

} // namespace

} // namespace dspex::test
