#include <gmock/gmock.h>

#include "tests/actors/program/fixture.hpp"

namespace dspex::test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// -- initialize ---------------------------------------------------------------

using ProgramInitialize = program_test;

TEST_F(ProgramInitialize, AnswersWhenTheProgramIsReady) {
  wake();
  backend.creation.reset();
  auto reply = lifecycle("program.initialize");
  settle();
  EXPECT_FALSE(reply.arrived());
  auto seen = direct().get_program(record.id).value();
  EXPECT_EQ(seen.status, program_status::initializing);
  EXPECT_EQ(seen.owner_node, ctx->node);
  backend.creations.at(0)("backend-7");
  settle();
  EXPECT_EQ(reply.value()->at("status"), "ready");
  seen = direct().get_program(record.id).value();
  EXPECT_EQ(seen.status, program_status::ready);
  EXPECT_EQ(seen.backend_program_id, "backend-7");
  EXPECT_FALSE(seen.owner_node);
}

TEST_F(ProgramInitialize, RecordsAndReturnsTheFailureOfTheBackend) {
  wake();
  auto no = error{errc::backend_failed, "No such model"};
  backend.creation = fail(no);
  auto reply = lifecycle("program.initialize");
  settle();
  EXPECT_EQ(reply.error(), no);
  auto seen = direct().get_program(record.id).value();
  EXPECT_EQ(seen.status, program_status::error);
  EXPECT_EQ(seen.error_code, errc::backend_failed);
  EXPECT_EQ(seen.error_message, "No such model");
}

TEST_F(ProgramInitialize, EndsInErrorAtItsTimeoutWhateverComesLater) {
  wake({{"init_timeout_ms", 3000}});
  backend.creation.reset();
  auto reply = lifecycle("program.initialize");
  advance(2999ms);
  EXPECT_FALSE(reply.arrived());
  advance(1ms);
  EXPECT_EQ(reply.error().code, errc::timeout);
  EXPECT_EQ(stored_status(), program_status::error);
  backend.creations.at(0)("too-late");
  advance(1s);
  auto seen = direct().get_program(record.id).value();
  EXPECT_EQ(seen.status, program_status::error);
  EXPECT_EQ(seen.backend_program_id, "");
}

TEST_F(ProgramInitialize, IgnoresTheReplyOfAnEarlierAttempt) {
  wake();
  backend.creation.reset();
  auto reply = lifecycle("program.initialize");
  settle();
  // Another node takes over: error, and a new attempt.
  auto lost = program_transition{.action = program_action::become_error,
                                 .error_code = errc::interrupted,
                                 .error_message = "gone"};
  ASSERT_TRUE(direct().transition_program(record.id, lost));
  auto again = program_transition{.action = program_action::reinitialize,
                                  .node = node_id::make()};
  auto newer = direct().transition_program(record.id, again).value();
  backend.creations.at(0)("of-the-old-attempt");
  settle();
  EXPECT_EQ(reply.error().code, errc::conflict);
  EXPECT_EQ(direct().get_program(record.id).value(), newer);
}

TEST_F(ProgramInitialize, FailsWhileTheAdapterIsRestarting) {
  wake();
  ctx->adapters.at("test").clear();
  auto reply = lifecycle("program.initialize");
  settle();
  EXPECT_EQ(reply.error(), (error{errc::backend_unavailable,
                                  "The adapter test is restarting"}));
  EXPECT_EQ(stored_status(), program_status::error);
}

TEST_F(ProgramInitialize, FailsWhenTheAdapterDiesMeanwhile) {
  wake();
  backend.creation.reset();
  auto reply = lifecycle("program.initialize");
  settle();
  crash(front);
  EXPECT_EQ(reply.error().code, errc::backend_unavailable);
  EXPECT_EQ(stored_status(), program_status::error);
}

TEST_F(ProgramInitialize, IsForDraftsOnly) {
  make_ready();
  auto reply = lifecycle("program.initialize");
  settle();
  EXPECT_EQ(reply.error(), (error{errc::invalid_transition,
                                  "Only draft programs can be initialized"}));
}

// -- status -------------------------------------------------------------------

using ProgramStatus = program_test;

TEST_F(ProgramStatus, RefusesRunsOfADraftWithoutARecord) {
  wake();
  auto x = run();
  EXPECT_EQ(x.reply.error(),
            (error{errc::invalid_transition,
                   "Program not ready for execution (status: draft)"}));
  advance(2s);
  EXPECT_THAT(all_stored(), IsEmpty());
}

TEST_F(ProgramStatus, RefusesRunsDuringInitializationWithoutARecord) {
  wake();
  backend.creation.reset();
  lifecycle("program.initialize");
  auto x = run();
  EXPECT_EQ(x.reply.error().message,
            "Program not ready for execution (status: initializing)");
  EXPECT_THAT(all_stored(), IsEmpty());
}

TEST_F(ProgramStatus, RefusesRunsOfAFailedProgramWithItsReason) {
  wake();
  backend.creation = fail(errc::backend_failed, "No such model");
  lifecycle("program.initialize");
  auto x = run();
  EXPECT_EQ(x.reply.error(),
            (error{errc::invalid_transition,
                   "Program is in error state: No such model"}));
  EXPECT_THAT(all_stored(), IsEmpty());
}

TEST_F(ProgramStatus, RefusesRunsOfAnArchivedProgramWithoutARecord) {
  make_ready();
  lifecycle("program.archive");
  auto x = run();
  EXPECT_EQ(x.reply.error().message,
            "Program not ready for execution (status: archived)");
  EXPECT_THAT(all_stored(), IsEmpty());
}

TEST_F(ProgramStatus, SetByAnotherNodeIsSeenWithinASecond) {
  make_ready();
  auto archive = program_transition{.action = program_action::archive};
  ASSERT_TRUE(direct().transition_program(record.id, archive));
  auto early = run();
  complete(early);
  EXPECT_EQ(early.reply.value().status, execution_status::completed);
  advance(1001ms);
  EXPECT_EQ(run().reply.error().message,
            "Program not ready for execution (status: archived)");
}

TEST_F(ProgramStatus, IsReadOnceForManyRunsAfterAPause) {
  make_ready();
  advance(5s);
  auto before = script.reads;
  auto calls = std::vector<call>{};
  for (auto i = 0; i < 10; ++i)
    calls.push_back(send_run());
  settle();
  EXPECT_EQ(script.reads, before + 1);
  EXPECT_EQ(started(), 10u);
}

TEST_F(ProgramStatus, StaysAsKnownWhileTheStoreIsAway) {
  make_ready();
  advance(5s);
  script.away = true;
  run();
  EXPECT_EQ(started(), 1u);
}

// -- archive ------------------------------------------------------------------

using ProgramArchive = program_test;

TEST_F(ProgramArchive, LetsRunsFinishAndThenDeletesTheBackendProgram) {
  make_ready({{"max_concurrency", 1}});
  auto x = run();
  auto y = run();
  auto reply = lifecycle("program.archive");
  settle();
  EXPECT_EQ(reply.value()->at("status"), "archived");
  EXPECT_THAT(backend.deleted, IsEmpty());
  complete(x);
  EXPECT_THAT(backend.deleted, IsEmpty());
  complete(y);
  EXPECT_THAT(backend.deleted, ElementsAre("backend-1"));
  EXPECT_EQ(y.reply.value().status, execution_status::completed);
}

TEST_F(ProgramArchive, CancelsWhatRunsAtTheDrainTimeout) {
  make_ready({{"drain_timeout_ms", 2000}});
  auto x = run();
  lifecycle("program.archive");
  advance(1999ms);
  EXPECT_THAT(backend.cancelled, IsEmpty());
  advance(1ms);
  EXPECT_THAT(backend.cancelled, ElementsAre(x.id));
  EXPECT_EQ(x.reply.error().code, errc::cancelled);
  EXPECT_EQ(x.reply.error().message, "The program was archived");
  EXPECT_THAT(backend.deleted, ElementsAre("backend-1"));
}

TEST_F(ProgramArchive, IsRefusedTheSecondTime) {
  make_ready();
  lifecycle("program.archive");
  auto reply = lifecycle("program.archive");
  settle();
  EXPECT_EQ(reply.error(),
            (error{errc::invalid_transition, "Program is already archived"}));
  EXPECT_THAT(backend.deleted, ElementsAre("backend-1"));
}

TEST_F(ProgramArchive, HasNothingToDeleteForADraft) {
  wake();
  lifecycle("program.archive");
  settle();
  EXPECT_EQ(stored_status(), program_status::archived);
  EXPECT_THAT(backend.deleted, IsEmpty());
}

// -- stop ---------------------------------------------------------------------

using ProgramStop = program_test;

TEST_F(ProgramStop, LetsRunsFinish) {
  make_ready();
  auto x = run();
  auto before = running();
  ctx->stopping = true;
  caf::anon_send_exit(program, caf::exit_reason::user_shutdown);
  settle();
  EXPECT_EQ(running(), before);
  auto late = run();
  EXPECT_EQ(late.reply.error(),
            (error{errc::shutting_down, "The node is stopping"}));
  complete(x);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
  EXPECT_LT(running(), before);
}

TEST_F(ProgramStop, RecordsWhatDoesNotFinishWithinTheDrainLimit) {
  ctx->drain_limit = 4s;
  make_ready();
  auto x = run();
  ctx->stopping = true;
  caf::anon_send_exit(program, caf::exit_reason::user_shutdown);
  advance(3999ms);
  EXPECT_FALSE(x.reply.arrived());
  advance(1ms);
  EXPECT_EQ(x.reply.error().code, errc::shutting_down);
  EXPECT_EQ(stored(x).error_code, errc::shutting_down);
}

} // namespace dspex::test
