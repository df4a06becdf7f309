#include "config/program_file.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/support/temp_folder.hpp"

namespace dspex::test {

namespace {

error error_of(std::string_view text) {
  auto x = parse_program_file(text, "p.toml");
  if (x) {
    ADD_FAILURE() << "accepted: " << text;
    return {};
  }
  return x.error();
}

/// Two lines that make a file complete.
const std::string minimal = "module = \"Support.Triage\"\n"
                            "signature = \"ticket -> category\"\n";

TEST(ProgramFile, ReadsEveryKey) {
  auto x = parse_program_file(R"(
module = "Support.Triage"
version = "1.2.0"
signature = """
ticket: str "what the customer wrote"
-> priority: literal['low', 'high']
"""
instructions = "Sort it."
description = "Sorts tickets."
name = "triage"
adapter = "mock"

[configuration]
timeout_ms = 500
modules = "Predict"

[configuration.retry]
max_attempts = 2

[lm]
temperature = 0.0
stop = ["a", {b = 1}]
)",
                              "p.toml");
  ASSERT_TRUE(x) << to_string(x.error());
  EXPECT_EQ(x->module, "Support.Triage");
  EXPECT_EQ(x->version, "1.2.0");
  EXPECT_EQ(x->signature_text, "ticket: str \"what the customer wrote\"\n"
                               "-> priority: literal['low', 'high']\n");
  ASSERT_EQ(x->parsed_signature.outputs().size(), 1u);
  EXPECT_EQ(x->parsed_signature.outputs()[0].name, "priority");
  EXPECT_EQ(x->parsed_signature.instructions(), "Sort it.");
  EXPECT_EQ(x->instructions, "Sort it.");
  EXPECT_EQ(x->description, "Sorts tickets.");
  EXPECT_EQ(x->name, "triage");
  EXPECT_EQ(x->adapter, "mock");
  EXPECT_EQ(dump_json(x->configuration),
            R"({"timeout_ms":500,"modules":"Predict","retry":)"
            R"({"max_attempts":2},"lm":{"temperature":0.0,)"
            R"("stop":["a",{"b":1}]}})");
}

TEST(ProgramFile, NeedsOnlyModuleAndSignature) {
  auto x = parse_program_file(minimal, "p.toml");
  ASSERT_TRUE(x) << to_string(x.error());
  EXPECT_FALSE(x->version);
  EXPECT_FALSE(x->name);
  EXPECT_FALSE(x->adapter);
  EXPECT_EQ(x->instructions, "");
  EXPECT_EQ(x->configuration, json::object());
}

TEST(ProgramFile, SaysWhatIsMissing) {
  EXPECT_EQ(error_of("").message, "p.toml:1:1: module: is missing\n"
                                  "p.toml:1:1: signature: is missing");
}

TEST(ProgramFile, ReportsEverythingAtOnceInTheOrderOfTheFile) {
  auto err = error_of(R"(module = "support"
version = "1.2"
signature = "ticket ->"
descripton = "Sorts tickets."
name = " "
adapter = "No Such"
instructions = 5

[configuration]
timeout_ms = 0
  max_que = 1
retry = { max_attempts = 11 }
[lm]
api_key = "sk-777"
)");
  EXPECT_EQ(err.code, errc::invalid_option);
  std::vector<std::string> lines;
  for (size_t start = 0; start < err.message.size();) {
    auto end = std::min(err.message.find("\np.toml", start),
                        err.message.size());
    lines.push_back(err.message.substr(start, end - start));
    start = end + 1;
  }
  ASSERT_EQ(lines.size(), 11u) << err.message;
  EXPECT_EQ(lines[0], "p.toml:1:1: module: Module must be a valid module name, "
                      "got \"support\"");
  EXPECT_EQ(lines[1], "p.toml:2:1: version: must be MAJOR.MINOR.PATCH, got "
                      "\"1.2\"");
  EXPECT_EQ(lines[2].rfind("p.toml:3:1: signature: ", 0), 0u) << lines[2];
  EXPECT_EQ(lines[3], "p.toml:4:1: descripton: unknown key; did you mean "
                      "description?");
  EXPECT_EQ(lines[4], "p.toml:5:1: name: must not be blank");
  EXPECT_EQ(lines[5], "p.toml:6:1: adapter: must be a name of lower-case "
                      "letters, digits and _, got \"No Such\"");
  EXPECT_EQ(lines[6], "p.toml:7:1: instructions: must be text, got 5");
  EXPECT_EQ(lines[7], "p.toml:10:1: configuration.timeout_ms: must be an "
                      "integer from 1 to 3600000, got 0");
  EXPECT_EQ(lines[8].rfind("p.toml:11:3: configuration.max_que: unknown key "
                           "(known: modules, ",
                           0),
            0u)
    << lines[8];
  EXPECT_EQ(lines[9], "p.toml:12:11: configuration.retry.max_attempts: must be "
                      "an integer from 1 to 10, got 11");
  EXPECT_EQ(
    lines[10].rfind("p.toml:13:2: lm: must not hold a secret (api_key)", 0), 0u)
    << lines[10];
  EXPECT_EQ(err.message.find("777"), std::string::npos);
  EXPECT_EQ(err.details["problems"][7],
            (json{{"file", "p.toml"},
                  {"line", 10},
                  {"column", 1},
                  {"key", "configuration.timeout_ms"},
                  {"message", "must be an integer from 1 to 3600000, got 0"}}));
}

TEST(ProgramFile, ABadSignatureAloneIsAnInvalidSignature) {
  auto err = error_of("module = \"Support.Triage\"\n\n"
                      "signature = \"ticket: strr -> category\"\n");
  EXPECT_EQ(err.code, errc::invalid_signature);
  EXPECT_EQ(err.message.rfind("p.toml:3:1: signature: ", 0), 0u) << err.message;
  EXPECT_NE(err.message.find("strr"), std::string::npos) << err.message;
}

TEST(ProgramFile, TheModelIsGivenOnce) {
  EXPECT_EQ(error_of(minimal
                     + "[lm]\ntemperature = 0.5\n[configuration.lm]\n"
                       "temperature = 0.1\n")
              .message,
            "p.toml:3:2: lm: given twice: as [lm] and in [configuration]; keep "
            "one");
}

TEST(ProgramFile, TheModelMayStandInTheConfiguration) {
  auto x = parse_program_file(minimal + "[configuration.lm]\nmodel = \"m\"\n",
                              "p.toml");
  ASSERT_TRUE(x) << to_string(x.error());
  EXPECT_EQ(dump_json(x->configuration), R"({"lm":{"model":"m"}})");
}

TEST(ProgramFile, SectionsAreTables) {
  EXPECT_EQ(error_of(minimal + "configuration = 1\nlm = \"m\"\n").message,
            "p.toml:3:1: configuration: must be a section: [configuration]\n"
            "p.toml:4:1: lm: must be a section: [lm]");
  EXPECT_EQ(error_of("[module]\nx = 1\n").message,
            "p.toml:1:1: signature: is missing\n"
            "p.toml:1:2: module: must be text, got a table");
}

TEST(ProgramFile, AcceptsOnlyPlainVersions) {
  for (auto good : {"0.0.0", "1.0.0", "10.20.300"})
    EXPECT_TRUE(
      parse_program_file(minimal + "version = \"" + good + "\"\n", "p.toml"))
      << good;
  for (auto bad : {"", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.x", "v1.0.0",
                   "1..0", "1.0.0-beta", "1.0.1234567890"})
    EXPECT_FALSE(
      parse_program_file(minimal + "version = \"" + bad + "\"\n", "p.toml"))
      << bad;
}

TEST(ProgramFile, NamesLineAndColumnOfASyntaxError) {
  auto err = error_of(minimal + "name = \n");
  EXPECT_EQ(err.code, errc::invalid_option);
  EXPECT_EQ(err.message.rfind("p.toml:3:8: syntax error: ", 0), 0u)
    << err.message;
}

TEST(ProgramFile, NamesAFileThatIsNotThere) {
  temp_folder folder;
  auto file = (folder.path() / "p.toml").string();
  auto x = read_program_file(file);
  ASSERT_FALSE(x);
  EXPECT_EQ(x.error().code, errc::not_found);
  EXPECT_EQ(x.error().message,
            file + ": cannot be read: No such file or directory");
}

TEST(ProgramFile, TheExampleIsAccepted) {
  auto sources = std::getenv("DSPEX_SOURCE_DIR");
  ASSERT_NE(sources, nullptr);
  auto x = read_program_file(std::string{sources}
                             + "/examples/support_triage/program.toml");
  ASSERT_TRUE(x) << to_string(x.error());
  EXPECT_EQ(x->module, "Support.Triage");
}

} // namespace

} // namespace dspex::test
