// Verbs that change and delete records.

#include <gmock/gmock.h>

#include "tests/cli/verbs_fixture.hpp"

namespace dspex::test {

using testing::HasSubstr;

struct LifecycleVerbs : Verbs {};

// -- signatures ---------------------------------------------------------------

TEST_F(LifecycleVerbs, UpdateASignature) {
  new_program();
  auto after = answer({"signature", "update", "Test.Answer", "--name", "qa",
                       "--description", "Questions."});
  EXPECT_EQ(after["name"], "qa");
  EXPECT_EQ(after["description"], "Questions.");
  EXPECT_EQ(answer({"signature", "show", "qa"})["id"], after["id"]);
  EXPECT_EQ(bench.run({"signature", "update", "qa"}).status, 2);
  refuse({"signature", "update", "qa", "--name", " "}, 1,
         "invalid_option: Name must be present");
}

TEST_F(LifecycleVerbs, DestroyASignatureThatNoProgramHas) {
  auto program = new_program();
  auto done = bench.run({"signature", "destroy", "Test.Answer"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("dspex: conflict: "));
  answer({"program", "destroy", program});
  auto id = answer({"signature", "show", "Test.Answer"})["id"];
  EXPECT_EQ(answer({"signature", "destroy", "Test.Answer"})["destroyed"], id);
  EXPECT_EQ(bench.run({"signature", "show", id.get<std::string>()}).status, 1);
}

TEST_F(LifecycleVerbs, SayWhetherAModuleCanBeUsed) {
  new_program();
  auto id
    = answer({"signature", "show", "Test.Answer"})["id"].get<std::string>();
  for (auto& word : {std::string{"Test.Answer"}, id}) {
    auto found = answer({"signature", "validate", word});
    EXPECT_EQ(found["module"], "Test.Answer");
    EXPECT_EQ(found["valid"], true);
    EXPECT_TRUE(found["reasons"].empty());
  }
  auto done = bench.run({"signature", "validate", "Test.Other", "-f", "json"});
  EXPECT_EQ(done.status, 1);
  auto found = json_of(done.out);
  EXPECT_EQ(found["valid"], false);
  EXPECT_THAT(found["reasons"][0].get<std::string>(), HasSubstr("Test.Other"));
}

// -- programs -----------------------------------------------------------------

TEST_F(LifecycleVerbs, UpdateAProgram) {
  new_program({"--set", "timeout_ms=1000", "--set", "lm.seed=1"});
  auto after = answer({"program", "update", "answers", "--name", "better",
                       "--set", "max_queue=7", "--set", "lm.seed=null"});
  EXPECT_EQ(after["name"], "better");
  EXPECT_EQ(after["configuration"]["max_queue"], 7);
  EXPECT_EQ(after["configuration"]["timeout_ms"], 1000);
  EXPECT_FALSE(after["configuration"]["lm"].contains("seed"));
  EXPECT_EQ(bench.run({"program", "update", "better"}).status, 2);
  EXPECT_EQ(bench.run({"program", "update", "better", "--set", "x"}).status, 2);
  auto done = bench.run({"program", "update", "better", "--set", "quue=1"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("quue"));
}

TEST_F(LifecycleVerbs, ReinitializeAProgram) {
  auto id = new_program();
  refuse({"program", "reinitialize", id}, 1,
         "invalid_transition: Only ready or failed programs can be "
         "reinitialized");
  answer({"program", "initialize", id});
  auto again = answer({"program", "reinitialize", id});
  EXPECT_EQ(again["status"], "ready");
  auto other = answer({"program", "reinitialize", id, "--set", "lm.seed=5"});
  EXPECT_EQ(other["configuration"]["lm"]["seed"], 5);
}

TEST_F(LifecycleVerbs, DestroyAProgramWithItsExecutionsOnlyIfTold) {
  auto run = new_execution();
  refuse({"program", "destroy", "answers"}, 1,
         "conflict: Only draft or archived programs can be destroyed");
  auto id = answer({"program", "archive", "answers"})["id"];
  auto done = bench.run({"program", "destroy", "answers"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("dspex: conflict: "));
  EXPECT_EQ(answer({"program", "destroy", "answers", "--cascade"})["destroyed"],
            id);
  EXPECT_EQ(bench.run({"execution", "show", run}).status, 1);
  EXPECT_TRUE(answer({"program", "list"})["items"].empty());
}

TEST_F(LifecycleVerbs, ShowStatisticsWithTheirProgram) {
  new_execution();
  auto stats = answer({"program", "stats", "answers"});
  EXPECT_EQ(stats["name"], "answers");
  EXPECT_EQ(stats["status"], "ready");
  EXPECT_EQ(stats["adapter_type"], "mock");
  EXPECT_EQ(stats["execution_count"], 1);
  EXPECT_EQ(stats["successful_executions"], 1);
  EXPECT_TRUE(stats["last_executed_at"].is_string());
}

TEST_F(LifecycleVerbs, NameTheIdsOfAnAmbiguousName) {
  auto first = new_program();
  auto second = answer({"program", "create", "--module", "Test.Answer",
                        "--adapter", "mock", "--name", "answers"})["id"]
                  .get<std::string>();
  auto done = bench.run({"program", "initialize", "answers"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("dspex: conflict: "));
  EXPECT_THAT(done.err, HasSubstr(first));
  EXPECT_THAT(done.err, HasSubstr(second));
}

// -- executions ---------------------------------------------------------------

TEST_F(LifecycleVerbs, AnswerARepeatedRequestFromTheFirst) {
  new_execution();
  auto words = std::vector<std::string>{"program",
                                        "execute",
                                        "answers",
                                        "--inputs",
                                        "{\"question\": \"once\"}",
                                        "--idempotency-key",
                                        "ticket-1"};
  auto first = answer(words);
  EXPECT_EQ(answer(words)["execution_id"], first["execution_id"]);
  words[4] = "{\"question\": \"twice\"}";
  auto done = bench.run(words);
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("dspex: conflict: "));
}

TEST_F(LifecycleVerbs, RefuseToCancelWhatIsFinished) {
  auto id = new_execution();
  refuse({"execution", "cancel", id}, 1,
         "invalid_transition: Execution is already finished");
  EXPECT_EQ(bench.run({"execution", "cancel", "42"}).status, 2);
  auto nobody = std::string{"0197c1d2-4c1f-7f5e-8d43-9f0c6a5b1e20"};
  auto done = bench.run({"execution", "cancel", nobody});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("dspex: not_found: "));
}

TEST_F(LifecycleVerbs, PruneOldExecutions) {
  new_execution();
  execute();
  EXPECT_EQ(answer({"execution", "prune", "--older-than", "1d"})["pruned"], 0);
  EXPECT_EQ(answer({"execution", "prune", "--older-than",
                    "2999-01-01T00:00:00Z", "--program", "answers"})["pruned"],
            2);
  EXPECT_TRUE(answer({"execution", "list"})["items"].empty());
  EXPECT_EQ(answer({"program", "show", "answers"})["pruned_completed"], 2);
  refuse({"execution", "prune", "--older-than", "soon"}, 2,
         "invalid_option: --older-than: expected a moment such as "
         "2026-01-31T12:00:00Z or an age such as 30d, got \"soon\"");
  EXPECT_EQ(bench.run({"execution", "prune"}).status, 2);
}

TEST_F(LifecycleVerbs, FilterExecutions) {
  auto id = new_execution();
  EXPECT_EQ(
    bench.run({"program", "execute", "answers", "--inputs", "{\"wrong\": 1}"})
      .status,
    1);
  auto count = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"execution", "list"});
    return answer(more)["items"].size();
  };
  EXPECT_EQ(count({}), 2u);
  EXPECT_EQ(count({"--status", "completed"}), 1u);
  EXPECT_EQ(count({"--error-code", "invalid_input"}), 1u);
  EXPECT_EQ(count({"--since", "1h"}), 2u);
  EXPECT_EQ(count({"--until", "1h"}), 0u);
  EXPECT_EQ(count({"--since", "2999-01-01"}), 0u);
  EXPECT_EQ(count({"--program", "answers", "--limit", "1"}), 1u);
  EXPECT_EQ(count({"--all"}), 2u);
}

} // namespace dspex::test
