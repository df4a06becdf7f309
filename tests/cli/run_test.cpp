#include <csignal>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/process.hpp"

namespace dspex::test {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

namespace {

struct RunCommand : testing::Test {
  RunCommand() {
    bench.write("p.toml", mock_program());
  }

  ended run_file(const std::string& input, std::vector<std::string> more = {}) {
    bench.write("in.jsonl", input);
    more.insert(more.begin(), {"run", "p.toml", "--input", "in.jsonl"});
    return bench.run(more);
  }

  workbench bench;
};

} // namespace

TEST_F(RunCommand, WritesOneLineForEachRecordAndCountsThem) {
  auto done = run_file(questions(40), {"-o", "out.jsonl", "-f", "json"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(last_line(done.err),
              MatchesRegex("40 completed, 0 failed in [0-9]+\\.[0-9] s"));
  auto lines = json_lines(bench.read("out.jsonl"));
  ASSERT_EQ(lines.size(), 40u);
  auto seen = std::set<std::string>{};
  for (auto& x : lines) {
    EXPECT_EQ(x["status"], "completed");
    EXPECT_TRUE(x["outputs"]["answer"].is_string());
    EXPECT_TRUE(x["duration_ms"].is_number());
    EXPECT_TRUE(x["error"].is_null());
    seen.insert(x["inputs"]["question"].get<std::string>());
  }
  EXPECT_EQ(seen.size(), 40u);
  auto report = json_of(done.out);
  EXPECT_EQ(report["records"], 40);
  EXPECT_EQ(report["succeeded"], 40);
  EXPECT_EQ(report["failed"], 0);
  EXPECT_EQ(report["statistics"]["total_executions"], 40);
}

TEST_F(RunCommand, AgreesWithTheStoreRecordForRecord) {
  auto done = run_file(questions(60), {"-o", "out.jsonl", "-f", "json",
                                       "--config-set", "mock.error_rate=0.3"});
  EXPECT_EQ(done.status, 1);
  auto stored = std::map<std::string, json>{};
  auto listed = bench.run({"execution", "list", "--all", "-f", "jsonl"});
  for (auto& x : json_lines(listed.out))
    EXPECT_TRUE(stored.emplace(x["id"].get<std::string>(), x).second);
  auto lines = json_lines(bench.read("out.jsonl"));
  ASSERT_EQ(lines.size(), 60u);
  ASSERT_EQ(stored.size(), 60u);
  auto failed = 0;
  for (auto& x : lines) {
    auto& record = stored.at(x["execution_id"].get<std::string>());
    EXPECT_EQ(x["status"], record["status"]);
    EXPECT_EQ(x["inputs"], record["inputs"]);
    EXPECT_EQ(x["outputs"], record["outputs"]);
    EXPECT_EQ(x["duration_ms"], record["duration_ms"]);
    if (x["status"] == "failed") {
      ++failed;
      EXPECT_EQ(x["error"]["code"], record["error_code"]);
      EXPECT_EQ(x["error"]["message"], record["error_message"]);
    }
  }
  EXPECT_GT(failed, 0);
  auto stats
    = json_of(bench.run({"program", "stats", "answers", "-f", "json"}).out);
  EXPECT_EQ(stats["total_executions"], 60);
  EXPECT_EQ(stats["failed_executions"], failed);
}

TEST_F(RunCommand, AsksASimulatedModelAndSaysSo) {
  bench.write("p.toml", "module = \"Test.Answer\"\nadapter = \"native\"\n"
                        "signature = \"question: str -> answer: int\"\n");
  auto done = bench.run({"run", "p.toml", "--set", "question=What is 6 * 7?",
                         "--config-set", "lm.base_url=sim:"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("a simulated model answers at http://"));
  EXPECT_EQ(json_of(done.out)["outputs"]["answer"], 42);
}

TEST_F(RunCommand, EndsWithATableAndTheCommandsToTryNext) {
  auto done = run_file(questions(52),
                       {"-o", "out.jsonl", "--store", "sqlite:it's.db"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("... and 2 more\n"));
  EXPECT_THAT(done.out, HasSubstr("All runs of answers: 52 completed"));
  EXPECT_THAT(done.out,
              HasSubstr("program stats answers --store 'sqlite:it'\\''s.db'"));
  EXPECT_THAT(done.out, HasSubstr("execution list --store"));
  EXPECT_THAT(done.out, HasSubstr("execution show "));
}

TEST_F(RunCommand, SetsInputsAsTextForTextFieldsAndElseAsJson) {
  bench.write("p.toml", mock_program("question: str, n: int -> answer: str"));
  auto done
    = bench.run({"run", "p.toml", "--set", "question=7", "--set", "n=7"});
  EXPECT_EQ(done.status, 0) << done.err;
  auto inputs = json_of(done.out)["inputs"];
  EXPECT_EQ(inputs["question"], "7");
  EXPECT_EQ(inputs["n"], 7);
}

TEST_F(RunCommand, ReadsStandardInput) {
  auto done = bench.run({"run", "p.toml", "--input", "-"}, questions(3));
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(json_lines(done.out).size(), 3u);
}

TEST_F(RunCommand, ReportsBrokenLinesByPlaceAndRunsTheOthers) {
  auto done = run_file("{\"question\": \"a\"}\n{\"question\": }\n"
                       "{\"question\": \"c\"}\n");
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("dspex: invalid_input: in.jsonl:2:14: "));
  EXPECT_THAT(last_line(done.err), HasSubstr("2 completed, 1 failed in"));
  EXPECT_EQ(json_lines(done.out).size(), 2u);
}

TEST_F(RunCommand, RecordsInputsThatDoNotFitAsFailed) {
  auto done = run_file("{\"question\": 1}\n{\"question\": \"b\"}\n");
  EXPECT_EQ(done.status, 1);
  auto listed
    = bench.run({"execution", "list", "--status", "failed", "-f", "jsonl"});
  auto records = json_lines(listed.out);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0]["error_code"], "invalid_input");
}

TEST_F(RunCommand, WaitsOutAProgramThatIsFull) {
  bench.write("p.toml", mock_program()
                          + "[configuration]\nmax_concurrency = 1\n"
                            "max_queue = 0\n");
  auto done = run_file(questions(50), {"--concurrency", "8"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(last_line(done.err), HasSubstr("50 completed, 0 failed in"));
}

TEST_F(RunCommand, ReusesTheProgramOfTheSameFile) {
  auto first
    = json_of(run_file(questions(2), {"-o", "out.jsonl", "-f", "json"}).out);
  auto second
    = json_of(run_file(questions(3), {"-o", "out.jsonl", "-f", "json"}).out);
  EXPECT_EQ(first["program_id"], second["program_id"]);
  EXPECT_EQ(second["statistics"]["total_executions"], 5);
}

TEST_F(RunCommand, TakesANextPatchVersionForAChangedSignature) {
  EXPECT_EQ(run_file(questions(1)).status, 0);
  for (auto i = 0; i < 2; ++i) {
    bench.write("p.toml", mock_program("question: str -> answer: bool"));
    auto done = run_file(questions(1));
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_THAT(done.err, HasSubstr("version 1.0.1"));
  }
  auto versions = bench.run({"signature", "list", "-f", "jsonl"});
  EXPECT_EQ(json_lines(versions.out).size(), 2u);
  EXPECT_EQ(json_lines(versions.out)[0]["version"], "1.0.1");
}

TEST_F(RunCommand, NamesEveryProblemOfAProgramFileByLine) {
  bench.write("p.toml", "module = \"Test.Answer\"\nsignature = \"a -> b\"\n"
                        "modle = 1\nadaptor = 2\n");
  auto done = run_file(questions(1));
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("dspex: invalid_option: p.toml:3:"));
  EXPECT_THAT(done.err, HasSubstr("dspex: invalid_option: p.toml:4:"));
  bench.write("p.toml", "module = \n");
  EXPECT_THAT(run_file(questions(1)).err, HasSubstr("p.toml:1:"));
  EXPECT_FALSE(bench.exists("dspex.db"));
}

TEST_F(RunCommand, RefusesAnUnknownAdapterAndNamesTheKnownOnes) {
  auto done = run_file(questions(1), {"--adapter", "nativ"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("dspex: invalid_option: "));
  EXPECT_THAT(done.err, HasSubstr("native"));
}

TEST_F(RunCommand, RefusesAStoreThatIsNoDatabase) {
  bench.write("notes.txt", std::string(5000, 'x'));
  auto done = run_file(questions(1), {"--store", "sqlite:notes.txt"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("notes.txt"));
  EXPECT_EQ(bench.read("notes.txt"), std::string(5000, 'x'));
}

TEST_F(RunCommand, RefusesToOverwriteItsInput) {
  auto done = run_file(questions(1), {"-o", "./in.jsonl"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("the same file"));
  EXPECT_EQ(bench.read("in.jsonl"), questions(1));
}

TEST_F(RunCommand, NoticesAFullDisk) {
  auto done = run_file(questions(3), {"-o", "/dev/full"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("Cannot write /dev/full"));
}

TEST_F(RunCommand, NoticesAClosedPipeAndLeavesNothingOpen) {
  bench.write("in.jsonl", questions(500));
  auto process = dspex_process{{"run", "p.toml", "--input", "in.jsonl",
                                "--config-set", "mock.latency_ms=20"},
                               bench.directory()};
  ASSERT_TRUE(process.wait_for_line());
  process.close_output();
  auto done = process.wait();
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("Cannot write standard output"));
  for (auto status : {"pending", "running"})
    EXPECT_EQ(
      bench.run({"execution", "list", "--status", status, "-f", "jsonl"}).out,
      "");
}

TEST_F(RunCommand, RecordsEveryStartedRunWhenInterrupted) {
  for (auto number : {SIGINT, SIGTERM}) {
    auto here = workbench{};
    here.write("p.toml", mock_program());
    here.write("in.jsonl", questions(2000));
    auto process = dspex_process{{"run", "p.toml", "--input", "in.jsonl",
                                  "--config-set", "mock.latency_ms=100"},
                                 here.directory()};
    ASSERT_TRUE(process.wait_for_line());
    process.signal(number);
    auto done = process.wait();
    EXPECT_EQ(done.status, 130) << done.err;
    EXPECT_THAT(last_line(done.err),
                MatchesRegex("[0-9]+ completed, [0-9]+ failed in .* s"));
    auto written = std::map<std::string, std::string>{};
    for (auto& x : json_lines(done.out))
      written[x["execution_id"].get<std::string>()]
        = x["status"].get<std::string>();
    EXPECT_LT(written.size(), 2000u);
    auto stored = std::map<std::string, std::string>{};
    auto listed = here.run({"execution", "list", "--all", "-f", "jsonl"});
    for (auto& x : json_lines(listed.out))
      stored[x["id"].get<std::string>()] = x["status"].get<std::string>();
    EXPECT_EQ(written, stored);
  }
}

TEST_F(RunCommand, EndsAtOnceOnASecondInterrupt) {
  bench.write("in.jsonl", questions(2000));
  auto process = dspex_process{{"run", "p.toml", "--input", "in.jsonl",
                                "--config-set", "mock.latency_ms=100"},
                               bench.directory()};
  ASSERT_TRUE(process.wait_for_line());
  process.signal(SIGINT);
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait().status, 130);
}

TEST_F(RunCommand, NeedsAnInput) {
  auto done = bench.run({"run", "p.toml"});
  EXPECT_EQ(done.status, 2);
  EXPECT_THAT(done.err, HasSubstr("--input"));
  EXPECT_EQ(bench.run({"run", "p.toml", "--set", "question"}).status, 2);
}

TEST_F(RunCommand, SaysWhichFileIsMissing) {
  auto done = bench.run({"run", "p.toml", "--input", "none.jsonl"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("none.jsonl"));
  done = bench.run({"run", "none.toml", "--set", "question=a"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("dspex: not_found: "));
  EXPECT_THAT(done.err, HasSubstr("none.toml"));
}

} // namespace dspex::test
