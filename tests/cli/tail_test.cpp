// Executions that are printed as they end.

#include <csignal>

#include <gmock/gmock.h>

#include "tests/cli/verbs_fixture.hpp"

namespace dspex::test {

using testing::HasSubstr;

namespace {

struct Tail : Verbs {
  // A tail that has taken note of what is there.
  std::unique_ptr<dspex_process> follow(std::vector<std::string> more) {
    more.insert(more.begin(), {"execution", "tail"});
    auto out = std::make_unique<dspex_process>(more, bench.directory());
    EXPECT_TRUE(out->wait_for_notice("waiting for runs to end"));
    return out;
  }
};

std::vector<std::string> ids_of(const std::string& lines) {
  auto out = std::vector<std::string>{};
  for (auto& x : json_lines(lines))
    out.push_back(x["id"].get<std::string>());
  return out;
}

} // namespace

TEST_F(Tail, PrintsWhatEndsFromNowOn) {
  new_execution();
  auto tail = follow({"--limit", "2", "-f", "jsonl"});
  auto expected = std::vector<std::string>{execute(), execute()};
  auto done = tail->wait();
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(ids_of(done.out), expected);
}

TEST_F(Tail, EndsOnTheSignal) {
  new_execution();
  auto tail = follow({"-f", "json"});
  auto id = execute();
  ASSERT_TRUE(tail->wait_for_line());
  tail->signal(SIGINT);
  auto done = tail->wait();
  EXPECT_EQ(done.status, 130) << done.err;
  auto printed = json_of(done.out);
  ASSERT_LE(printed["items"].size(), 1u);
  EXPECT_TRUE(printed["next"].is_null());
}

TEST_F(Tail, WaitsForARunThatWasUnderWay) {
  answer({"program", "initialize", new_program()});
  auto run = dspex_process{{"program", "execute", "answers", "--inputs",
                            "{\"question\": \"a\"}", "-f", "json",
                            "--config-set", "mock.latency_ms=4000"},
                           bench.directory()};
  auto open = std::string{};
  while (open.empty())
    for (auto& x : json_lines(
           bench
             .run({"execution", "list", "--status", "running", "-f", "jsonl"})
             .out))
      open = x["id"].get<std::string>();
  auto tail = follow({"--limit", "1", "-f", "jsonl"});
  auto done = tail->wait();
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(ids_of(done.out), std::vector<std::string>{open});
  EXPECT_EQ(json_of(run.wait().out)["execution_id"], open);
}

TEST_F(Tail, PrintsOnlyWhatIsAskedFor) {
  new_execution();
  auto tail = follow({"--status", "failed", "--program", "answers", "--limit",
                      "1", "-f", "jsonl"});
  execute();
  bench.run({"program", "execute", "answers", "--inputs", "{\"wrong\": 1}"});
  auto done = tail->wait();
  EXPECT_EQ(done.status, 0) << done.err;
  auto printed = json_lines(done.out);
  ASSERT_EQ(printed.size(), 1u);
  EXPECT_EQ(printed[0]["error_code"], "invalid_input");
}

TEST_F(Tail, NeedsAProgramThatIsThere) {
  new_execution();
  refuse({"execution", "tail", "--program", "nobody"}, 1,
         "not_found: No program has the id or name \"nobody\"");
  EXPECT_EQ(bench.run({"execution", "tail", "--status", "running"}).status, 2);
  EXPECT_EQ(bench.run({"execution", "tail", "--limit", "0"}).status, 2);
}

} // namespace dspex::test
