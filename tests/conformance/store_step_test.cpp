// Executions whose callers run the model.

#include "tests/conformance/store_conformance.hpp"

namespace dspex::test {

namespace {

execution_step completed_step(int64_t duration_us = 1500) {
  return {.action = execution_action::mark_completed,
          .outputs = document{parse(R"({"answer":"because"})")},
          .duration_us = duration_us};
}

execution_step failed_step(errc code, int64_t duration_us = 1500) {
  return {.action = execution_action::mark_failed,
          .duration_us = duration_us,
          .error_code = code,
          .error_message = "it failed"};
}

constexpr auto start_step = execution_action::mark_running;

} // namespace

TEST_P(StoreConformance, ExecutionMadeByHandGoesThroughItsSteps) {
  auto x = make_by_hand(program_.id);
  EXPECT_EQ(must(store_->insert_execution(x)), x);
  EXPECT_EQ(must(store_->get_execution(x.id)), x);
  EXPECT_EQ(must(store_->get_statistics(program_.id)).in_progress, 1u);
  auto begin = now();
  auto running = must(store_->step_execution(x.id, {.action = start_step}));
  auto expected = x;
  expected.status = execution_status::running;
  expected.started_at = running.started_at;
  expected.updated_at = running.updated_at;
  EXPECT_EQ(running, expected);
  EXPECT_GE(running.started_at.value(), begin);
  EXPECT_GE(running.updated_at, begin);
  auto end = must(store_->step_execution(x.id, completed_step(2500)));
  expected.status = execution_status::completed;
  expected.outputs = document{parse(R"({"answer":"because"})")};
  expected.duration_us = 2500;
  expected.finished_at = end.finished_at;
  expected.updated_at = end.updated_at;
  EXPECT_EQ(end, expected);
  EXPECT_GE(end.finished_at.value(), running.started_at.value());
  EXPECT_EQ(must(store_->get_execution(x.id)), end);
  auto program = must(store_->get_program(program_.id));
  EXPECT_EQ(program.completed_count, 1u);
  EXPECT_EQ(program.duration_us_sum, 2500u);
  EXPECT_EQ(program.last_executed_at, x.executed_at);
  auto statistics = must(store_->get_statistics(program_.id));
  EXPECT_EQ(statistics.in_progress, 0u);
  EXPECT_NEAR(statistics.p50_ms.value(), 2.5, 0.15);
}

TEST_P(StoreConformance, FailureByHandKeepsCodeAndMessage) {
  auto x = make_by_hand(program_.id);
  must(store_->insert_execution(x));
  auto end
    = must(store_->step_execution(x.id, failed_step(errc::backend_failed, 7)));
  EXPECT_EQ(end.status, execution_status::failed);
  EXPECT_EQ(end.error_code, errc::backend_failed);
  EXPECT_EQ(end.error_message, "it failed");
  EXPECT_EQ(end.duration_us, 7);
  EXPECT_EQ(end.outputs, document{});
  EXPECT_EQ(end.started_at, std::nullopt);
  EXPECT_EQ(must(store_->get_execution(x.id)), end);
  EXPECT_EQ(must(store_->get_program(program_.id)).failed_count, 1u);
}

TEST_P(StoreConformance, InsertOfAnExecutionMayBeSentAgain) {
  auto x = make_by_hand(program_.id);
  must(store_->insert_execution(x));
  EXPECT_EQ(must(store_->insert_execution(x)), x);
  EXPECT_EQ(all_executions({}).size(), 1u);
}

TEST_P(StoreConformance, UsedExecutionIdIsAConflict) {
  auto live = make_by_hand(program_.id);
  must(store_->insert_execution(live));
  auto done = make_completed(program_.id);
  must(store_->write({.finished = {done}}));
  for (auto& used : {live, done}) {
    auto x = make_by_hand(program_.id);
    x.id = used.id;
    x.inputs = document{parse(R"({"question":"other"})")};
    EXPECT_EQ(refusal(store_->insert_execution(x)),
              "conflict: The execution id " + to_string(x.id) + " is in use");
    EXPECT_EQ(must(store_->get_execution(used.id)), used);
  }
}

TEST_P(StoreConformance, ExecutionByHandNeedsAKnownProgram) {
  auto x = make_by_hand(program_id::make());
  EXPECT_EQ(refusal(store_->insert_execution(x)),
            "not_found: No program has the id " + to_string(x.program_id));
}

TEST_P(StoreConformance, RefusesAnExecutionByHandInTheWrongState) {
  auto x = make_by_hand(program_.id);
  auto expect_refused = [&](const char* why) {
    EXPECT_EQ(refusal(store_->insert_execution(x)),
              "store_rejected: execution " + to_string(x.id) + ": " + why);
  };
  x.status = execution_status::running;
  expect_refused("status is not pending");
  x = make_by_hand(program_.id);
  x.node = node_id::make();
  expect_refused("node is set though a caller runs it");
  x = make_by_hand(program_.id);
  x.inputs = document{json("a\xFF")};
  expect_refused("inputs is not valid UTF-8");
  EXPECT_TRUE(all_executions({}).empty());
}

TEST_P(StoreConformance, StepThatNoStoreCanHoldChangesNothing) {
  auto x = execution_in(execution_status::running, true);
  auto expect_refused = [&](const execution_step& step, const char* why) {
    EXPECT_EQ(refusal(store_->step_execution(x.id, step)),
              "store_rejected: execution " + to_string(x.id) + ": " + why);
  };
  expect_refused(completed_step(-1), "duration_us is negative");
  expect_refused(failed_step(errc::timeout, -1), "duration_us is negative");
  auto bad = completed_step();
  bad.outputs = document{json(std::string{"a\0b", 3})};
  expect_refused(bad, "outputs contains the character U+0000");
  bad = failed_step(errc::timeout);
  bad.error_message = "a\xFF";
  expect_refused(bad, "error_message is not valid UTF-8");
  EXPECT_EQ(must(store_->get_execution(x.id)), x);
  EXPECT_EQ(must(store_->get_program(program_.id)), program_);
}

TEST_P(StoreConformance, StepOfAnUnknownExecutionIsNotFound) {
  auto id = execution_id::make();
  EXPECT_EQ(refusal(store_->step_execution(id, {.action = start_step})),
            "not_found: No execution has the id " + to_string(id));
}

TEST_P(StoreConformance, ExecutionByHandIsNeverSwept) {
  auto x = make_by_hand(program_.id);
  must(store_->insert_execution(x));
  must(store_->sweep());
  EXPECT_EQ(must(store_->get_execution(x.id)), x);
}

TEST_P(StoreConformance, ExecutionByHandOutlivesTheArchivingOfItsProgram) {
  auto x = make_by_hand(program_.id);
  must(store_->insert_execution(x));
  must(store_->transition_program(program_.id,
                                  {.action = program_action::archive}));
  must(store_->step_execution(x.id, {.action = start_step}));
  EXPECT_EQ(refusal(store_->step_execution(x.id, completed_step())), "ok");
}

} // namespace dspex::test
