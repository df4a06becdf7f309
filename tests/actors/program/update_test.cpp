#include <gmock/gmock.h>

#include "tests/actors/program/fixture.hpp"

namespace dspex::test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// -- update -------------------------------------------------------------------

using ProgramUpdate = program_test;

TEST_F(ProgramUpdate, ChangesTheNameOfAllButArchivedPrograms) {
  make_ready();
  EXPECT_EQ(
    lifecycle("program.update", {{"name", "other"}}).value()->at("name"),
    "other");
  EXPECT_EQ(stored_program().name, "other");
  lifecycle("program.archive");
  EXPECT_EQ(
    lifecycle("program.update", {{"name", "again"}}).error(),
    (error{errc::invalid_transition, "Archived programs cannot be updated"}));
}

TEST_F(ProgramUpdate, RefusesABlankName) {
  wake();
  EXPECT_EQ(lifecycle("program.update", {{"name", " \t"}}).error(),
            (error{errc::invalid_option, "Name must be present"}));
}

TEST_F(ProgramUpdate, ChangesTheLimitsFromTheNextRunOn) {
  make_ready({{"max_concurrency", 1}, {"max_queue", 5}});
  auto x = run();
  auto y = run();
  lifecycle("program.update",
            {{"configuration", {{"max_concurrency", 3}, {"max_queue", 0}}}});
  auto z = run();
  EXPECT_EQ(started(), 2u) << "the new one, as three may run";
  complete(x);
  EXPECT_EQ(started(), 3u);
  run();
  EXPECT_EQ(run().reply.error().message,
            "Program is at its limit of 3 running and 0 waiting executions");
}

TEST_F(ProgramUpdate, ChangesTheTimeoutFromTheNextRunOn) {
  make_ready({{"timeout_ms", 5000}});
  auto x = run();
  lifecycle("program.update", {{"configuration", {{"timeout_ms", 1000}}}});
  auto y = run();
  advance(1s);
  EXPECT_EQ(y.reply.error().code, errc::timeout);
  EXPECT_FALSE(x.reply.arrived());
  complete(x);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
}

TEST_F(ProgramUpdate, LeavesTheBackendOfAReadyProgramToReinitialize) {
  make_ready();
  auto reply = lifecycle("program.update",
                         {{"configuration", {{"lm", {{"model", "big"}}}}}});
  EXPECT_EQ(reply.error().code, errc::conflict);
  EXPECT_THAT(reply.error().message, ::testing::HasSubstr("reinitialize"));
  EXPECT_EQ(*stored_program().configuration, json::object());
}

TEST_F(ProgramUpdate, ReachesTheBackendOfADraft) {
  wake();
  lifecycle("program.update",
            {{"configuration", {{"lm", {{"model", "big"}}}}}});
  lifecycle("program.initialize");
  EXPECT_EQ(backend.programs.at(0)->configuration.at("lm").at("model"), "big");
}

TEST_F(ProgramUpdate,
       ConflictsWithAnInitializationIfItChangesTheConfiguration) {
  wake();
  backend.creation.reset();
  lifecycle("program.initialize");
  EXPECT_EQ(
    lifecycle("program.update", {{"configuration", {{"timeout_ms", 5}}}})
      .error(),
    (error{errc::conflict, "Program is initializing"}));
  EXPECT_TRUE(lifecycle("program.update", {{"name", "other"}}).succeeded());
}

TEST_F(ProgramUpdate, RefusesAWrongConfiguration) {
  wake();
  EXPECT_EQ(lifecycle("program.update", {{"configuration", {{"speed", 1}}}})
              .error()
              .code,
            errc::invalid_option);
}

TEST_F(ProgramUpdate, SaysThatTheStoreIsAway) {
  wake();
  script.away = true;
  EXPECT_EQ(lifecycle("program.update", {{"name", "x"}}).error().code,
            errc::store_unavailable);
}

// -- destroy ------------------------------------------------------------------

using ProgramDestroy = program_test;

TEST_F(ProgramDestroy, EndsTheActorOfADraft) {
  wake();
  auto before = running();
  EXPECT_TRUE(lifecycle("program.destroy").value()->is_null());
  EXPECT_EQ(running(), before - 1);
  EXPECT_EQ(direct().get_program(record.id).error().code, errc::not_found);
}

TEST_F(ProgramDestroy, IsForDraftsAndArchivedProgramsOnly) {
  make_ready();
  auto no = error{errc::conflict,
                  "Only draft or archived programs can be destroyed"};
  EXPECT_EQ(lifecycle("program.destroy").error(), no);
  backend.creation = fail(errc::backend_failed, "no");
  lifecycle("program.reinitialize");
  EXPECT_EQ(lifecycle("program.destroy").error(), no);
  backend.creation.reset();
  lifecycle("program.reinitialize");
  EXPECT_EQ(lifecycle("program.destroy").error(), no);
}

TEST_F(ProgramDestroy, WaitsForTheEndOfTheDrain) {
  make_ready();
  auto x = run();
  lifecycle("program.archive");
  auto draining = error{errc::conflict,
                        "Program is draining: an execution still runs"};
  EXPECT_EQ(lifecycle("program.destroy", {{"cascade", true}}).error(),
            draining);
  script.hold_writes = true;
  complete(x);
  EXPECT_EQ(lifecycle("program.destroy", {{"cascade", true}}).error(),
            draining);
  release();
  EXPECT_TRUE(lifecycle("program.destroy", {{"cascade", true}}).succeeded());
  EXPECT_THAT(all_stored(), IsEmpty());
}

TEST_F(ProgramDestroy, TakesExecutionsOnlyWithCascade) {
  make_ready();
  auto x = run();
  complete(x);
  lifecycle("program.archive");
  EXPECT_EQ(lifecycle("program.destroy").error().code, errc::conflict);
  EXPECT_THAT(all_stored(), SizeIs(1));
  EXPECT_TRUE(lifecycle("program.destroy", {{"cascade", true}}).succeeded());
}

} // namespace dspex::test
