#include <csignal>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/verbs_fixture.hpp"

namespace dspex::test {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

TEST_F(Verbs, TakeASignatureThroughItsLife) {
  auto made
    = answer({"signature", "create", "--module", "Test.Answer", "--signature",
              "a: int -> b: int", "--instructions", "Double it.", "--version",
              "2.0.0", "--name", "doubler", "--description", "For tests."});
  EXPECT_EQ(made["status"], "draft");
  EXPECT_EQ(made["version"], "2.0.0");
  EXPECT_EQ(made["instructions"], "Double it.");
  EXPECT_EQ(made["description"], "For tests.");
  auto id = made["id"].get<std::string>();
  EXPECT_EQ(answer({"signature", "show", "doubler"})["id"], id);
  EXPECT_EQ(answer({"signature", "activate", id})["status"], "active");
  EXPECT_EQ(answer({"signature", "deprecate", id})["status"], "deprecated");
  auto again = bench.run({"signature", "activate", id});
  EXPECT_EQ(again.status, 1);
  EXPECT_EQ(again.err, "dspex: invalid_transition: Only draft signatures can "
                       "be activated\n");
  EXPECT_EQ(
    answer({"signature", "list", "--status", "deprecated"})["items"].size(),
    1u);
  EXPECT_EQ(answer({"signature", "list", "--status", "draft"})["items"].size(),
            0u);
}

TEST_F(Verbs, RefuseABadSignatureText) {
  auto done = bench.run({"signature", "create", "--module", "Test.Answer",
                         "--signature", "a: strr -> b"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("dspex: invalid_signature: "));
}

TEST_F(Verbs, TakeAProgramThroughItsLife) {
  auto id = new_program({"--set", "timeout_ms=1000", "--set",
                         "lm.temperature=0.5", "--set", "lm.model=some/model"});
  auto shown = answer({"program", "show", "answers"});
  EXPECT_EQ(shown["id"], id);
  EXPECT_EQ(shown["status"], "draft");
  EXPECT_EQ(shown["configuration"]["timeout_ms"], 1000);
  EXPECT_EQ(shown["configuration"]["lm"]["temperature"], 0.5);
  EXPECT_EQ(shown["configuration"]["lm"]["model"], "some/model");
  auto early
    = bench.run({"program", "execute", id, "--inputs", "{\"question\":\"a\"}"});
  EXPECT_EQ(early.status, 1);
  EXPECT_THAT(early.err, HasSubstr("Program not ready for execution"));
  EXPECT_EQ(answer({"program", "initialize", id})["status"], "ready");
  auto run = answer({"program", "execute", "answers", "--inputs",
                     "{\"question\":\"a\"}", "--timeout-ms", "5000"});
  EXPECT_EQ(run["status"], "completed");
  EXPECT_TRUE(run["outputs"]["answer"].is_string());
  auto record
    = answer({"execution", "show", run["execution_id"].get<std::string>()});
  EXPECT_EQ(record["outputs"], run["outputs"]);
  EXPECT_EQ(answer({"program", "stats", id})["successful_executions"], 1);
  auto listed = answer({"program", "list", "--adapter", "mock", "--signature",
                        "Test.Answer", "--status", "ready"});
  EXPECT_EQ(listed["items"].size(), 1u);
  EXPECT_EQ(answer({"program", "archive", id})["status"], "archived");
}

TEST_F(Verbs, ReadInputsFromAFile) {
  answer({"program", "initialize", new_program()});
  bench.write("in.json", "{\"question\": \"from a file\"}");
  answer({"program", "execute", "answers", "--inputs", "@in.json"});
  auto listed = answer({"execution", "list", "--program", "answers"});
  EXPECT_EQ(listed["items"][0]["inputs"]["question"], "from a file");
  bench.write("in.json", "{\"question\": }");
  auto done
    = bench.run({"program", "execute", "answers", "--inputs", "@in.json"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("in.json: line 1, column 14: "));
  done = bench.run({"program", "execute", "answers", "--inputs", "@none.json"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("none.json"));
}

TEST_F(Verbs, RefuseAnUnknownModule) {
  auto done = bench.run({"program", "create", "--module", "Test.Nothing"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("Test.Nothing"));
}

TEST_F(Verbs, ContinueAListAtItsCursor) {
  for (auto i = 0; i < 3; ++i)
    answer({"signature", "create", "--module", "Test.M" + std::to_string(i),
            "--signature", "a -> b"});
  auto first = answer({"signature", "list", "--limit", "2"});
  ASSERT_EQ(first["items"].size(), 2u);
  EXPECT_EQ(first["items"][0]["module"], "Test.M2");
  auto rest = answer(
    {"signature", "list", "--cursor", first["next"].get<std::string>()});
  ASSERT_EQ(rest["items"].size(), 1u);
  EXPECT_EQ(rest["items"][0]["module"], "Test.M0");
  EXPECT_TRUE(rest["next"].is_null());
  auto table = bench.run({"signature", "list", "--limit", "2"});
  EXPECT_THAT(table.out, HasSubstr("Test.M2"));
  EXPECT_THAT(table.err, HasSubstr("--cursor"));
}

TEST_F(Verbs, DoNotMakeAStoreToReadIt) {
  for (auto& words :
       std::vector<std::vector<std::string>>{{"execution", "list"},
                                             {"program", "stats", "x"},
                                             {"signature", "list"},
                                             {"migrate", "status"}}) {
    auto done = bench.run(words);
    EXPECT_EQ(done.status, 1) << words[0];
    EXPECT_THAT(done.err, HasSubstr("dspex.db")) << words[0];
  }
  EXPECT_FALSE(bench.exists("dspex.db"));
}

TEST_F(Verbs, MigrateAStoreOnce) {
  auto up = bench.run({"migrate", "up"});
  EXPECT_EQ(up.status, 0) << up.err;
  EXPECT_THAT(bench.run({"migrate", "up"}).out, HasSubstr("0 applied"));
  auto rows = answer({"migrate", "status"})["items"];
  ASSERT_FALSE(rows.empty());
  for (auto& x : rows)
    EXPECT_TRUE(x["applied_at"].is_string());
}

TEST_F(Verbs, ShowEverySettingAndWhoSetIt) {
  bench.write("c.toml", "[lm]\napi_key = \"sk-secret\"\nmax_retries = 5\n");
  auto done = bench.run({"config", "show", "-f", "jsonl", "--config", "c.toml",
                         "--config-set", "mock.seed=9"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, Not(HasSubstr("sk-secret")));
  auto origins = std::map<std::string, std::string>{};
  for (auto& x : json_lines(done.out))
    origins[x["key"].get<std::string>()] = x["origin"].get<std::string>();
  EXPECT_EQ(origins["lm.max_retries"], "c.toml:3");
  EXPECT_EQ(origins["mock.seed"], "command line");
  EXPECT_EQ(origins["store.url"], "default");
}

TEST_F(Verbs, RefuseAConfigurationWithAllItsProblems) {
  auto done = bench.run({"--config-set", "lm.modle=x", "execution", "list",
                         "--config-set", "mock.error_rate=2"});
  EXPECT_EQ(done.status, 2);
  EXPECT_THAT(done.err, HasSubstr("lm.modle"));
  EXPECT_THAT(done.err, HasSubstr("mock.error_rate"));
}

TEST_F(Verbs, PrintTheVersion) {
  EXPECT_THAT(bench.run({"version"}).out,
              MatchesRegex("dspex [0-9.]+ \\(CAF 0\\.17\\.[0-9]+, SQLite "
                           "[0-9.]+\\)\n"));
}

TEST_F(Verbs, ServeASimulatedModelUntilTheSignal) {
  auto process = dspex_process{{"lm-sim", "--port", "0", "-f", "jsonl"},
                               bench.directory()};
  ASSERT_TRUE(process.wait_for_line());
  process.signal(SIGTERM);
  auto done = process.wait();
  EXPECT_EQ(done.status, 0) << done.err;
  auto lines = json_lines(done.out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0]["base_url"].get<std::string>(),
              MatchesRegex("http://127\\.0\\.0\\.1:[0-9]+/v1"));
  EXPECT_EQ(lines[1]["requests"], 0);
}

TEST_F(Verbs, RefuseWhatTheyDoNotKnow) {
  for (auto& words : std::vector<std::vector<std::string>>{
         {},
         {"runn"},
         {"program"},
         {"program", "shw"},
         {"execution", "list", "--limitt", "3"},
         {"execution", "list", "--limit", "0"},
         {"execution", "list", "--status", "done"},
         {"execution", "list", "--error-code", "oops"},
         {"execution", "show", "42"},
         {"version", "-f", "xml"},
         {"program", "show"}}) {
    auto done = bench.run(words);
    EXPECT_EQ(done.status, 2) << done.out << done.err;
    EXPECT_THAT(done.err, HasSubstr("dspex: invalid_option: "));
  }
}

TEST_F(Verbs, ExplainThemselvesWithExamples) {
  auto help = bench.run({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.out, HasSubstr("Examples:"));
  for (auto verb : {"run", "signature", "program", "execution", "migrate",
                    "lm-sim", "config", "version"})
    EXPECT_THAT(help.out, HasSubstr(verb));
  EXPECT_THAT(bench.run({"program", "execute", "--help"}).out,
              HasSubstr("--timeout-ms"));
}

} // namespace dspex::test
