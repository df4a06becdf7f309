// Executions whose callers run the model, and pruning.

#include <gmock/gmock.h>

#include "tests/actors/tracker/fixture.hpp"

namespace dspex::test {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class by_hand_test : public tracker_test {
protected:
  answer<document> create(json inputs = {{"question", "why?"}}) {
    return call("execution.create", {{"program", to_string(program.id)},
                                     {"inputs", std::move(inputs)}});
  }

  // The id of a new one.
  std::string created() {
    return create().value()->at("id").get<std::string>();
  }

  answer<document> mark_running(const std::string& id) {
    return call("execution.mark_running", {{"execution", id}});
  }

  answer<document> mark_completed(const std::string& id,
                                  json outputs = {{"answer", "because"}},
                                  double duration_ms = 12.5) {
    return call("execution.mark_completed", {{"execution", id},
                                             {"outputs", std::move(outputs)},
                                             {"duration_ms", duration_ms}});
  }

  answer<document> mark_failed(const std::string& id,
                               json more = json::object()) {
    auto arguments = json{
      {"execution", id}, {"error_message", "No model"}, {"duration_ms", 3}};
    arguments.update(more);
    return call("execution.mark_failed", std::move(arguments));
  }

  execution_record stored(const std::string& id) {
    return direct().get_execution(*execution_id::parse(id)).value();
  }

  const error not_pending{errc::invalid_transition,
                          "Only pending executions can be started"};
  const error not_running{errc::invalid_transition,
                          "Only running executions can be completed"};
  const error finished{errc::invalid_transition,
                       "Execution is already finished"};
};

// -- create -------------------------------------------------------------------

using ExecutionCreate = by_hand_test;

TEST_F(ExecutionCreate, RecordsAPendingOneOfNoNode) {
  auto reply = call("execution.create", {{"program", "qa"},
                                         {"inputs", {{"question", "why?"}}},
                                         {"metadata", {{"ticket", 7}}}});
  EXPECT_EQ(reply.value()->at("status"), "pending");
  auto x = stored(reply.value()->at("id").get<std::string>());
  EXPECT_EQ(x.status, execution_status::pending);
  EXPECT_TRUE(x.node.is_nil());
  EXPECT_EQ(*x.inputs, (json{{"question", "why?"}}));
  EXPECT_EQ(*x.metadata, parse(R"({"adapter_type":"test","module":"Test.Qa",)"
                               R"("version":"1.0.0","ticket":7})"));
}

TEST_F(ExecutionCreate, RefusesInvalidInputsAndRecordsNothing) {
  auto err = create({{"answer", 1}}).error();
  EXPECT_EQ(err.code, errc::invalid_input);
  EXPECT_THAT(err.message,
              HasSubstr("Input validation failed: Missing field: question"));
  EXPECT_THAT(err.details.at("problems"), SizeIs(2));
  EXPECT_THAT(direct().list_executions({}, {}).value().items, SizeIs(0));
}

TEST_F(ExecutionCreate, RefusesAnUnknownAndAnArchivedProgram) {
  EXPECT_EQ(call("execution.create",
                 {{"program", "nobody"}, {"inputs", json::object()}})
              .error()
              .code,
            errc::not_found);
  ASSERT_TRUE(direct().transition_program(program.id,
                                          {.action = program_action::archive}));
  EXPECT_EQ(create().error(),
            (error{errc::invalid_transition,
                   "Program not ready for execution (status: archived)"}));
}

// -- steps --------------------------------------------------------------------

using ExecutionSteps = by_hand_test;

TEST_F(ExecutionSteps, LeadFromPendingToCompleted) {
  auto id = created();
  EXPECT_EQ(mark_running(id).value()->at("status"), "running");
  auto reply = mark_completed(id, {{"answer", "because"}}, 12.3456);
  EXPECT_EQ(reply.value()->at("status"), "completed");
  EXPECT_EQ(stored(id).duration_us, 12346)
    << "fractions of a millisecond count";
  EXPECT_EQ(*stored(id).outputs, (json{{"answer", "because"}}));
  EXPECT_EQ(direct().get_program(program.id)->completed_count, 1u);
}

TEST_F(ExecutionSteps, FailAPendingOneButDoNotCompleteIt) {
  auto id = created();
  EXPECT_EQ(mark_completed(id).error(), not_running);
  // The refusal by the lifecycle comes before the one of the outputs.
  EXPECT_EQ(mark_completed(id, {{"reply", 1}}).error(), not_running);
  auto reply = mark_failed(id, {{"error_code", "timeout"}});
  EXPECT_EQ(reply.value()->at("error_code"), "timeout");
  EXPECT_EQ(stored(id).error_message, "No model");
  EXPECT_EQ(stored(id).duration_us, 3000);
}

TEST_F(ExecutionSteps, FailARunningOneButDoNotStartItAgain) {
  auto id = created();
  mark_running(id);
  EXPECT_EQ(mark_running(id).error(), not_pending);
  EXPECT_EQ(mark_failed(id).value()->at("error_code"), "backend_failed");
}

TEST_F(ExecutionSteps, AreRefusedForAFinishedOne) {
  auto id = created();
  mark_failed(id);
  auto before = stored(id);
  EXPECT_EQ(mark_running(id).error(), not_pending);
  EXPECT_EQ(mark_completed(id).error(), not_running);
  EXPECT_EQ(mark_failed(id).error(), finished);
  EXPECT_EQ(stored(id), before);
}

TEST_F(ExecutionSteps, RefuseInvalidOutputsAndLeaveItRunning) {
  auto id = created();
  mark_running(id);
  auto err = mark_completed(id, {{"reply", 42}}).error();
  EXPECT_EQ(err.code, errc::invalid_output);
  EXPECT_THAT(err.message, HasSubstr("Output validation failed: "));
  EXPECT_EQ(stored(id).status, execution_status::running);
  ctx->config.limits.max_document_bytes = 100;
  EXPECT_THAT(
    mark_completed(id, {{"answer", std::string(200, 'x')}}).error().message,
    HasSubstr("at most 100 are allowed"));
}

TEST_F(ExecutionSteps, RefuseArgumentsThatMakeNoSense) {
  auto id = created();
  EXPECT_EQ(mark_failed(id, {{"error_code", "sad"}}).error(),
            (error{errc::invalid_option,
                   "Argument error_code: no such value: \"sad\""}));
  EXPECT_EQ(
    mark_failed(id, {{"duration_ms", -1}}).error(),
    (error{errc::invalid_option, "Argument duration_ms: must be between "
                                 "0 and 1e12, got -1"}));
  EXPECT_EQ(mark_running("x").error(),
            (error{errc::not_found, "No execution has the id \"x\""}));
  EXPECT_EQ(mark_completed(to_string(execution_id::make())).error().code,
            errc::not_found);
}

TEST_F(ExecutionSteps, AreAConflictForWhatDspexRuns) {
  auto x = make_record();
  accept(x);
  auto id = to_string(x.id);
  for (auto& reply : {mark_running(id), mark_completed(id), mark_failed(id)})
    EXPECT_EQ(reply.error().code, errc::conflict);
  // The step stays a conflict when the store has the execution.
  advance(2s);
  ASSERT_EQ(stored_status(x), "running");
  crash(tracker);
  start_tracker();
  for (auto& reply : {mark_running(id), mark_completed(id), mark_failed(id)})
    EXPECT_EQ(reply.error().code, errc::conflict);
}

TEST_F(ExecutionSteps, SayThatTheStoreIsAway) {
  auto id = created();
  script.away = true;
  EXPECT_EQ(mark_running(id).error().code, errc::store_unavailable);
  EXPECT_EQ(mark_completed(id).error().code, errc::store_unavailable);
  EXPECT_EQ(create().error().code, errc::store_unavailable);
}

TEST_F(ExecutionSteps, IncludeCancel) {
  auto id = created();
  auto cancel = [&] { return call("execution.cancel", {{"execution", id}}); };
  EXPECT_TRUE(cancel().value()->is_null());
  EXPECT_EQ(stored(id).status, execution_status::failed);
  EXPECT_EQ(stored(id).error_code, errc::cancelled);
  EXPECT_EQ(cancel().error(), finished);
}

// -- prune --------------------------------------------------------------------

class prune_test : public by_hand_test {
protected:
  void add_finished(size_t n, const program_record& to) {
    auto rows = execution_batch{};
    for (size_t i = 0; i < n; ++i) {
      auto x = completed(make_record());
      x.program_id = to.id;
      rows.finished.push_back(std::move(x));
    }
    ASSERT_TRUE(direct().write(rows));
  }

  answer<document> prune(json arguments = json::object()) {
    arguments["older_than"] = to_string(now() + 1h);
    return call("execution.prune", std::move(arguments));
  }
};

using ExecutionPrune = prune_test;

TEST_F(ExecutionPrune, DropsInBatchesAndCountsThemAll) {
  add_finished(2500, program);
  auto before = script.writes;
  EXPECT_EQ(*prune().value(), (json{{"pruned", 2500}}));
  EXPECT_EQ(script.writes, before + 3);
  auto x = direct().get_program(program.id).value();
  EXPECT_EQ(x.pruned_completed, 2500u);
  EXPECT_EQ(x.completed_count, 2500u);
  EXPECT_EQ(*prune().value(), (json{{"pruned", 0}}));
}

TEST_F(ExecutionPrune, IsForOneProgramIfAsked) {
  auto other = program_record{};
  other.id = program_id::make();
  other.name = "other";
  other.signature.id = program.signature.id;
  other.adapter_type = "test";
  other.inserted_at = other.updated_at = now();
  ASSERT_TRUE(direct().insert_program(other));
  add_finished(3, program);
  add_finished(2, other);
  EXPECT_EQ(*prune({{"program", "other"}}).value(), (json{{"pruned", 2}}));
  EXPECT_EQ(prune({{"program", "nobody"}}).error().code, errc::not_found);
  EXPECT_EQ(*prune().value(), (json{{"pruned", 3}}));
}

TEST_F(ExecutionPrune, LeavesWhatIsNewerOrNotFinished) {
  add_finished(2, program);
  created();
  auto reply = call("execution.prune", {{"older_than", to_string(now() - 1h)}});
  EXPECT_EQ(*reply.value(), (json{{"pruned", 0}}));
  EXPECT_EQ(*prune().value(), (json{{"pruned", 2}}));
}

TEST_F(ExecutionPrune, RefusesWhatIsNoTime) {
  EXPECT_EQ(call("execution.prune", {{"older_than", "yesterday"}}).error(),
            (error{errc::invalid_option,
                   "Argument older_than: no such value: \"yesterday\""}));
}

TEST_F(ExecutionPrune, SaysThatTheStoreIsAway) {
  script.away = true;
  EXPECT_EQ(prune().error().code, errc::store_unavailable);
}

} // namespace dspex::test
