// What becomes of runs and of backend programs when a program is initialized
// again, here or by another node.

#include <gmock/gmock.h>

#include "tests/actors/program/fixture.hpp"

namespace dspex::test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// -- reinitialize -------------------------------------------------------------

using ProgramReinitialize = program_test;

TEST_F(ProgramReinitialize, LetsRunsEndOnTheOldBackendProgram) {
  make_ready({{"max_concurrency", 1}});
  auto x = run();
  auto y = run();
  backend.creation.reset();
  auto reply = lifecycle("program.reinitialize");
  EXPECT_FALSE(reply.arrived());
  EXPECT_EQ(stored_status(), program_status::initializing);
  backend.creations.at(0)("backend-2");
  settle();
  EXPECT_EQ(reply.value()->at("status"), "ready");
  EXPECT_EQ(reply.value()->at("backend_program_id"), "backend-2");
  auto z = run();
  complete(x);
  complete(y);
  EXPECT_THAT(backend.deleted, ElementsAre("backend-1"));
  complete(z);
  EXPECT_EQ(backend.runs.at(1).program, backend.runs.at(0).program);
  EXPECT_GT(backend.runs.at(2).program->generation,
            backend.runs.at(0).program->generation);
  EXPECT_EQ(z.reply.value().status, execution_status::completed);
  EXPECT_THAT(backend.deleted, ElementsAre("backend-1"));
}

TEST_F(ProgramReinitialize, RefusesRunsMeanwhile) {
  make_ready();
  backend.creation.reset();
  lifecycle("program.reinitialize");
  EXPECT_EQ(run().reply.error().message,
            "Program not ready for execution (status: initializing)");
}

TEST_F(ProgramReinitialize, TakesAnotherConfiguration) {
  make_ready({{"lm", {{"model", "small"}}}, {"max_concurrency", 1}});
  backend.creation = "backend-2";
  auto reply = lifecycle(
    "program.reinitialize",
    {{"configuration", {{"lm", {{"model", "big"}}}, {"max_concurrency", 2}}}});
  EXPECT_EQ(reply.value()->at("configuration").at("lm").at("model"), "big");
  EXPECT_EQ(backend.programs.at(1)->configuration.at("lm").at("model"), "big");
  run();
  run();
  run();
  EXPECT_EQ(started(), 2u);
  EXPECT_EQ(backend.runs.at(0).program, backend.programs.at(1));
}

TEST_F(ProgramReinitialize, RefusesAWrongConfigurationAndChangesNothing) {
  make_ready();
  auto before = stored_program();
  auto reply = lifecycle("program.reinitialize",
                         {{"configuration", {{"speed", 3}}}});
  EXPECT_EQ(reply.error().code, errc::invalid_option);
  EXPECT_EQ(stored_program(), before);
}

TEST_F(ProgramReinitialize, IsRefusedToDraftsAndArchivedPrograms) {
  auto no = error{errc::invalid_transition,
                  "Only ready or failed programs can be reinitialized"};
  wake();
  EXPECT_EQ(lifecycle("program.reinitialize").error(), no);
  lifecycle("program.archive");
  EXPECT_EQ(lifecycle("program.reinitialize").error(), no);
}

TEST_F(ProgramReinitialize, IsRefusedWhileInitializing) {
  wake();
  backend.creation.reset();
  lifecycle("program.initialize");
  EXPECT_EQ(lifecycle("program.reinitialize").error(),
            (error{errc::invalid_transition,
                   "Only ready or failed programs can be reinitialized"}));
  EXPECT_EQ(lifecycle("program.archive").error(),
            (error{errc::conflict, "Program is initializing"}));
}

TEST_F(ProgramReinitialize, MendsAFailedProgram) {
  wake();
  backend.creation = fail(errc::backend_failed, "No such model");
  lifecycle("program.initialize");
  backend.creation = "backend-2";
  auto reply = lifecycle("program.reinitialize");
  EXPECT_EQ(reply.value()->at("status"), "ready");
  EXPECT_TRUE(reply.value()->at("error_message").is_null());
  auto x = run();
  complete(x);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
}

TEST_F(ProgramReinitialize, EndsTheRunsAndDeletesTheOldBackendEvenWhenItFails) {
  make_ready();
  auto x = run();
  backend.creation = fail(errc::backend_failed, "No such model");
  auto reply = lifecycle("program.reinitialize");
  EXPECT_EQ(reply.error().message, "No such model");
  EXPECT_EQ(stored_status(), program_status::error);
  complete(x);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
  EXPECT_THAT(backend.deleted, ElementsAre("backend-1"));
}

// -- another node -------------------------------------------------------------

using ProgramElsewhere = program_test;

TEST_F(ProgramElsewhere, IsUsedWithinASecondOnceItIsReinitialized) {
  make_ready();
  auto x = run();
  auto again = program_transition{
    .action = program_action::reinitialize,
    .node = node_id::make(),
    .configuration = document{{{"lm", {{"model", "big"}}}}}};
  elsewhere(again);
  elsewhere({.action = program_action::become_ready,
             .backend_program_id = "of-the-other"});
  advance(1001ms);
  auto y = run();
  ASSERT_EQ(started(), 2u);
  EXPECT_EQ(backend.runs.at(1).program->configuration.at("lm").at("model"),
            "big");
  EXPECT_GT(backend.runs.at(1).program->generation,
            backend.runs.at(0).program->generation);
  complete(x);
  EXPECT_THAT(backend.deleted, ElementsAre("backend-1"));
  complete(y);
  EXPECT_EQ(y.reply.value().status, execution_status::completed);
}

TEST_F(ProgramElsewhere, MakesALateReplyChangeNothingOnceItIsReinitialized) {
  wake();
  backend.creation.reset();
  auto reply = lifecycle("program.initialize");
  elsewhere({.action = program_action::become_error,
             .error_code = errc::interrupted,
             .error_message = "gone"});
  auto newer = elsewhere(
    {.action = program_action::reinitialize, .node = node_id::make()});
  advance(1001ms);
  // Lets the program see the newer attempt.
  EXPECT_EQ(run().reply.error().message,
            "Program not ready for execution (status: initializing)");
  backend.creations.at(0)("of-the-old-attempt");
  settle();
  EXPECT_EQ(reply.error().code, errc::conflict);
  EXPECT_EQ(stored_program(), newer);
  EXPECT_THAT(backend.deleted, ElementsAre("of-the-old-attempt"));
}

TEST_F(ProgramElsewhere, DrainsHereTooOnceItIsArchived) {
  make_ready({{"drain_timeout_ms", 2000}});
  auto x = run();
  elsewhere({.action = program_action::archive});
  advance(1001ms);
  EXPECT_EQ(run().reply.error().message,
            "Program not ready for execution (status: archived)");
  advance(2s);
  EXPECT_EQ(x.reply.error().message, "The program was archived");
  EXPECT_THAT(backend.deleted, ElementsAre("backend-1"));
}

TEST_F(ProgramElsewhere, EndsTheActorOnceItIsDestroyed) {
  wake();
  ASSERT_TRUE(direct().destroy_program(record.id, false));
  auto before = running();
  advance(1001ms);
  EXPECT_EQ(run().reply.error().message,
            "Program not ready for execution (status: archived)");
  EXPECT_EQ(running(), before - 1);
}

TEST_F(ProgramElsewhere, UsesTheSameBackendProgramWhenItIsWokenAgain) {
  make_ready();
  run();
  auto seed = program_facts{
    stored_program(), any_signature::parse("question -> answer").value(), {}};
  crash(program);
  program = own(sys.spawn(dspex::program, ctx, seed));
  run();
  EXPECT_EQ(backend.runs.at(1).program->generation,
            backend.runs.at(0).program->generation);
}

// -- the end of an initialization ---------------------------------------------

using ProgramInitializeEnd = program_test;

TEST_F(ProgramInitializeEnd, IsRecordedOnceTheStoreIsBack) {
  wake();
  backend.creation.reset();
  auto reply = lifecycle("program.initialize");
  script.away = true;
  backend.creations.at(0)("backend-1");
  settle();
  EXPECT_EQ(reply.error().code, errc::store_unavailable);
  advance(5s);
  EXPECT_EQ(stored_status(), program_status::initializing);
  script.away = false;
  advance(1s);
  EXPECT_EQ(stored_status(), program_status::ready);
  auto x = run();
  complete(x);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
}

TEST_F(ProgramInitializeEnd, IsRecordedByTheNextActorWhenTheFirstDied) {
  make_ready();
  backend.creation.reset();
  lifecycle("program.reinitialize");
  auto seed = program_facts{
    stored_program(), any_signature::parse("question -> answer").value(), {}};
  backend.deleted.clear();
  crash(program);
  program = own(sys.spawn(dspex::program, ctx, seed));
  settle();
  EXPECT_EQ(stored_status(), program_status::error);
  EXPECT_EQ(stored_program().error_code, errc::interrupted);
  EXPECT_THAT(backend.deleted, ElementsAre("backend-1"));
}

// -- deletion -----------------------------------------------------------------

using BackendDeletion = program_test;

TEST_F(BackendDeletion, IsTriedAgainAndHurtsNobodyWhenItFails) {
  make_ready();
  backend.failing_deletions = 3;
  EXPECT_EQ(lifecycle("program.archive").value()->at("status"), "archived");
  EXPECT_THAT(backend.deleted, IsEmpty());
  advance(999ms);
  EXPECT_EQ(backend.failing_deletions, 2u);
  advance(1ms);
  EXPECT_EQ(backend.failing_deletions, 1u);
  advance(6s);
  EXPECT_THAT(backend.deleted, ElementsAre("backend-1"));
  // Its adapter lives.
  EXPECT_EQ(
    ask_now<std::string>(front, backend_create{backend.programs.at(0)}).value(),
    "backend-1");
}

TEST_F(BackendDeletion, IsGivenUpWhenItNeverSucceeds) {
  make_ready();
  backend.failing_deletions = 1000;
  lifecycle("program.archive");
  advance(1h);
  EXPECT_EQ(backend.failing_deletions, 993u);
}

TEST_F(BackendDeletion, IsNotForARestartingAdapter) {
  make_ready();
  ctx->adapters.at("test").clear();
  crash(front);
  EXPECT_EQ(lifecycle("program.archive").value()->at("status"), "archived");
}

} // namespace dspex::test
