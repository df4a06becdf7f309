#include <gmock/gmock.h>

#include "tests/actors/program/fixture.hpp"

namespace dspex::test {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// -- one run ------------------------------------------------------------------

using ProgramRun = program_test;

TEST_F(ProgramRun, AnswersOnceItsRecordIsCommitted) {
  make_ready();
  auto x = run({{"metadata", {{"ticket", 7}}}});
  script.hold_writes = true;
  advance(250ms);
  say(x, {json{{"answer", "because"}}, json{{"lm", {{"tokens", 3}}}}});
  EXPECT_FALSE(x.reply.arrived());
  release();
  auto& reply = x.reply.value();
  EXPECT_EQ(reply.id, x.id);
  EXPECT_EQ(*reply.outputs, (json{{"answer", "because"}}));
  EXPECT_EQ(reply.duration_us, 250'000);
  EXPECT_EQ(reply.status, execution_status::completed);
  auto r = stored(x);
  EXPECT_EQ(r.status, execution_status::completed);
  EXPECT_EQ(r.outputs, reply.outputs);
  EXPECT_EQ(r.duration_us, 250'000);
  EXPECT_EQ(*r.finished_at - r.executed_at, 250ms);
  EXPECT_EQ(r.attempt, 1);
  EXPECT_EQ(r.node, ctx->node);
  EXPECT_EQ(*r.metadata,
            parse(R"({"adapter_type":"test","module":"Test.Qa",)"
                  R"("version":"1.0.0","options":{"metadata":{"ticket":7}},)"
                  R"("ticket":7,"lm":{"tokens":3}})"));
}

TEST_F(ProgramRun, AnswersBeforeTheCommitWithAsyncDurability) {
  make_ready();
  auto x = run({{"durability", "async"}});
  script.hold_writes = true;
  complete(x);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
  EXPECT_THAT(all_stored(), IsEmpty());
  release();
  EXPECT_EQ(stored(x).status, execution_status::completed);
}

TEST_F(ProgramRun, RecordsTheFailureOfTheBackend) {
  make_ready();
  auto x = run();
  fail_with(x, errc::backend_failed);
  EXPECT_EQ(x.reply.error().code, errc::backend_failed);
  EXPECT_EQ(x.reply.error().message, "The backend says no");
  EXPECT_EQ(x.reply.error().details.at("execution_id"), to_string(x.id));
  auto r = stored(x);
  EXPECT_EQ(r.status, execution_status::failed);
  EXPECT_EQ(r.error_code, errc::backend_failed);
  EXPECT_EQ(r.error_message, "The backend says no");
  EXPECT_TRUE(r.outputs->is_null());
}

TEST_F(ProgramRun, RecordsInvalidInputsAndDoesNotStart) {
  make_ready();
  auto x = run(json::object(), {{"answer", 1}});
  EXPECT_EQ(x.reply.error().code, errc::invalid_input);
  EXPECT_EQ(x.reply.error().message.rfind(
              "Input validation failed: Missing field: question", 0),
            0u);
  EXPECT_THAT(x.reply.error().details.at("problems"), SizeIs(2));
  EXPECT_EQ(started(), 0u);
  auto r = stored(x);
  EXPECT_EQ(r.status, execution_status::failed);
  EXPECT_EQ(r.error_code, errc::invalid_input);
  EXPECT_EQ(r.error_message, x.reply.error().message);
  EXPECT_EQ(*r.inputs, (json{{"answer", 1}}));
}

TEST_F(ProgramRun, TakesInputsThatAreTooLargeForInvalid) {
  ctx->config.limits.max_document_bytes = 1000;
  make_ready();
  auto x = run(json::object(), {{"question", std::string(2000, 'x')}});
  EXPECT_EQ(x.reply.error().code, errc::invalid_input);
  EXPECT_EQ(started(), 0u);
}

TEST_F(ProgramRun, KeepsTheRawReplyThatDoesNotFitTheSignature) {
  make_ready();
  auto x = run();
  say(x, {json{{"reply", 42}}});
  EXPECT_EQ(x.reply.error().code, errc::invalid_output);
  EXPECT_EQ(x.reply.error().message.rfind("Output validation failed: ", 0), 0u);
  auto r = stored(x);
  EXPECT_EQ(r.error_code, errc::invalid_output);
  EXPECT_EQ(r.metadata->at("raw"), (json{{"reply", 42}}));
  EXPECT_TRUE(r.outputs->is_null());
}

TEST_F(ProgramRun, KeepsMetadataThatAreNoObjectAsRawMetadata) {
  make_ready();
  auto x = run();
  say(x, {json{{"answer", "because"}}, json::array({1})});
  auto r = stored(x);
  EXPECT_EQ(r.status, execution_status::completed);
  EXPECT_EQ(r.metadata->at("raw_metadata"), json::array({1}));
}

TEST_F(ProgramRun, RefusesUnknownOptionsWithoutARecord) {
  make_ready();
  EXPECT_EQ(run({{"speed", 3}}).reply.error().code, errc::invalid_option);
  EXPECT_EQ(run({{"timeout_ms", 0}}).reply.error().code, errc::invalid_option);
  EXPECT_EQ(started(), 0u);
  EXPECT_THAT(all_stored(), IsEmpty());
}

TEST_F(ProgramRun, UsesTheIdOfTheCallerOnce) {
  make_ready();
  auto id = to_string(execution_id::make());
  run({{"execution_id", id}});
  auto again = run({{"execution_id", id}});
  EXPECT_EQ(again.reply.error(),
            (error{errc::conflict, "Execution id is already used: " + id}));
  EXPECT_EQ(started(), 1u);
}

// -- admission ----------------------------------------------------------------

using ProgramAdmission = program_test;

TEST_F(ProgramAdmission, RunsSomeLetsSomeWaitAndRefusesTheRest) {
  make_ready({{"max_concurrency", 2}, {"max_queue", 1}});
  auto a = run();
  auto b = run();
  auto c = run();
  EXPECT_EQ(started(), 2u);
  auto d = run();
  EXPECT_EQ(d.reply.error(),
            (error{errc::overloaded, "Program is at its limit of 2 running and "
                                     "1 waiting executions"}));
  complete(b);
  ASSERT_EQ(started(), 3u);
  EXPECT_EQ(backend.runs[2].id, c.id);
  EXPECT_THAT(all_stored(), SizeIs(1)) << "no record of the refused one";
}

TEST_F(ProgramAdmission, StartsWaitingRunsInTheirOrder) {
  make_ready({{"max_concurrency", 1}});
  auto calls = std::vector<call>{};
  for (auto i = 0; i < 5; ++i)
    calls.push_back(run());
  for (auto& x : calls)
    complete(x);
  for (size_t i = 0; i < calls.size(); ++i)
    EXPECT_EQ(backend.runs[i].id, calls[i].id);
}

TEST_F(ProgramAdmission, IsClosedWhileTheTrackerIsFull) {
  make_ready();
  ctx->saturated = true;
  EXPECT_EQ(run().reply.error().code, errc::overloaded);
  ctx->saturated = false;
  run();
  EXPECT_EQ(started(), 1u);
}

TEST_F(ProgramAdmission, SurvivesALongLineWhenTheAdapterIsGone) {
  make_ready({{"max_concurrency", 1}, {"max_queue", 20'000}});
  auto first = run();
  auto calls = std::vector<call>{};
  for (auto i = 0; i < 20'000; ++i)
    calls.push_back(send_run({{"durability", "async"}}));
  settle();
  ctx->adapters.at("test").clear();
  crash(front);
  EXPECT_EQ(first.reply.error().code, errc::backend_unavailable);
  EXPECT_EQ(calls.back().reply.error().code, errc::backend_unavailable);
}

// -- deadlines ----------------------------------------------------------------

using ProgramDeadline = program_test;

TEST_F(ProgramDeadline, AnswersAndTellsTheAdapter) {
  make_ready({{"timeout_ms", 3000}});
  auto x = run();
  EXPECT_EQ(backend.runs[0].deadline, time() + 3s);
  advance(2999ms);
  EXPECT_FALSE(x.reply.arrived());
  advance(1ms);
  EXPECT_EQ(x.reply.error().code, errc::timeout);
  EXPECT_THAT(backend.cancelled, ElementsAre(x.id));
  EXPECT_EQ(stored(x).error_code, errc::timeout);
  EXPECT_EQ(stored(x).duration_us, 3'000'000);
}

TEST_F(ProgramDeadline, IsTheCallsRatherThanTheProgramsOwn) {
  make_ready({{"timeout_ms", 3000}});
  auto x = run({{"timeout_ms", 500}});
  auto y = run({{"timeout_ms", 5000}});
  advance(500ms);
  EXPECT_TRUE(x.reply.arrived());
  advance(4499ms);
  EXPECT_FALSE(y.reply.arrived());
  advance(1ms);
  EXPECT_TRUE(y.reply.arrived());
}

TEST_F(ProgramDeadline, CountsWaitingAndWhatIsPastItNeverStarts) {
  make_ready({{"max_concurrency", 1}});
  auto x = run();
  auto y = run({{"timeout_ms", 1000}});
  advance(1s);
  EXPECT_EQ(y.reply.error().code, errc::timeout);
  complete(x);
  EXPECT_EQ(started(), 1u);
  EXPECT_THAT(backend.cancelled, IsEmpty());
}

TEST_F(ProgramRun, WaitsASecondForTheRecordAndThenTakesTheKnownOne) {
  make_ready();
  advance(2s);
  script.hold_reads = true;
  auto x = run();
  auto before = script.reads;
  advance(999ms);
  EXPECT_EQ(started(), 0u);
  advance(1ms);
  EXPECT_EQ(started(), 1u);
  complete(x);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
  // Nor are the questions piled up before a store that does not answer.
  advance(2s);
  auto y = run();
  advance(1s);
  EXPECT_EQ(started(), 2u);
  EXPECT_EQ(script.reads, before);
  complete(y);
}

TEST_F(ProgramDeadline, KeepsALateRunFromStartingThoughTheProgramWasBusy) {
  make_ready({{"max_concurrency", 1}});
  auto x = run();
  auto y = run({{"timeout_ms", 1000}});
  // The reply waits in the mailbox while the deadline passes.
  backend.callbacks.at(x.id)({json{{"answer", "because"}}});
  advance_busy(2s);
  settle();
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
  EXPECT_EQ(y.reply.error().code, errc::timeout);
  EXPECT_EQ(started(), 1u);
}

TEST_F(ProgramDeadline, IgnoresAReplyThatComesLater) {
  make_ready({{"timeout_ms", 1000}});
  auto x = run();
  advance(1s);
  complete(x);
  advance(1min);
  ASSERT_THAT(all_stored(), SizeIs(1));
  EXPECT_EQ(stored(x).error_code, errc::timeout);
  EXPECT_EQ(direct().get_program(record.id)->failed_count, 1u);
  EXPECT_EQ(direct().get_program(record.id)->completed_count, 0u);
}

// -- cancel -------------------------------------------------------------------

using ProgramCancel = program_test;

TEST_F(ProgramCancel, FreesTheSlotAndStartsTheNextAtOnce) {
  make_ready({{"max_concurrency", 1}});
  auto x = run();
  auto y = run();
  script.hold_writes = true;
  ASSERT_TRUE(cancel(x).succeeded());
  ASSERT_EQ(started(), 2u);
  EXPECT_EQ(backend.runs[1].id, y.id);
  EXPECT_THAT(backend.cancelled, ElementsAre(x.id));
  release();
  EXPECT_EQ(x.reply.error().code, errc::cancelled);
  EXPECT_EQ(x.reply.error().message, "The execution was cancelled");
  EXPECT_EQ(stored(x).error_code, errc::cancelled);
}

TEST_F(ProgramCancel, DoesNotBotherTheAdapterForAWaitingRun) {
  make_ready({{"max_concurrency", 1}, {"max_queue", 1}});
  run();
  auto y = run();
  ASSERT_TRUE(cancel(y).succeeded());
  EXPECT_EQ(y.reply.error().code, errc::cancelled);
  EXPECT_THAT(backend.cancelled, IsEmpty());
  auto z = run();
  EXPECT_FALSE(z.reply.arrived()) << "its place is free again";
}

TEST_F(ProgramCancel, DoesNotBotherTheAdapterForARunThatHasNotLeftYet) {
  make_ready();
  auto x = send_run();
  // In the mailbox right behind it.
  caf::anon_send(program, cancel_request{x.id});
  settle();
  EXPECT_EQ(x.reply.error().code, errc::cancelled);
  EXPECT_EQ(stored(x).error_code, errc::cancelled);
  EXPECT_EQ(started(), 0u);
  EXPECT_THAT(backend.cancelled, IsEmpty());
}

TEST_F(ProgramRun, IsInTheLiveTableOnceItHasLasted) {
  make_ready({{"max_concurrency", 1}});
  auto x = run();
  auto y = run();
  advance(999ms);
  EXPECT_THAT(all_stored(), IsEmpty());
  advance(1ms);
  EXPECT_EQ(stored(x).status, execution_status::running);
  EXPECT_EQ(stored(y).status, execution_status::pending);
  complete(x);
  EXPECT_EQ(stored(x).status, execution_status::completed);
  EXPECT_EQ(stored(y).status, execution_status::running);
}

TEST_F(ProgramRun, IsInTheLiveTableAtOnceIfSoConfigured) {
  ctx->config.tracker.live_after = 0ms;
  make_ready();
  auto x = run();
  EXPECT_EQ(stored(x).status, execution_status::running);
}

TEST_F(ProgramCancel, IsRefusedForAFinishedRun) {
  make_ready();
  auto x = run();
  complete(x);
  EXPECT_EQ(cancel(x).error(),
            (error{errc::invalid_transition, "Execution is already finished"}));
}

TEST_F(ProgramCancel, ReachesTheRunThroughTheTracker) {
  make_ready();
  auto x = run();
  advance(4ms);
  auto reply = act_now(tracker, "execution.cancel",
                       {{"execution", to_string(x.id)}});
  EXPECT_TRUE(reply.value()->is_null());
  EXPECT_EQ(x.reply.error().code, errc::cancelled);
}

} // namespace dspex::test
