// What readers see of a run from the moment it was sent on: they ask in the
// same turn, before any actor has handled a message.

#include <gmock/gmock.h>

#include "tests/actors/whole_node_fixture.hpp"

namespace dspex::test {

using ::testing::ElementsAre;

using RunJustSent = whole_node_test;

TEST_F(RunJustSent, IsShownInTheSameTurn) {
  auto run = send_execute(create_ready_program());
  auto shown = act(door, "execution.get", {{"execution", to_string(run.id)}});
  settle();
  EXPECT_EQ(shown.value()->at("status"), "running");
}

TEST_F(RunJustSent, IsListedAndCountedAtTheMomentOfItsAcceptance) {
  auto who = create_ready_program();
  auto run = execute(who);
  EXPECT_THAT(ids_of(*call("execution.list", {{"program", who}}).value()),
              ElementsAre(to_string(run.id)));
  EXPECT_EQ(
    call("program.stats", {{"program", who}}).value()->at("in_progress"), 1);
}

TEST_F(RunJustSent, IsCancelledInTheSameTurn) {
  auto who = create_ready_program();
  auto run = send_execute(who);
  auto reply = act(door, "execution.cancel",
                   {{"execution", to_string(run.id)}});
  settle();
  EXPECT_TRUE(reply.succeeded());
  EXPECT_EQ(run.reply.error().code, errc::cancelled);
  EXPECT_EQ(stored(run).error_code, errc::cancelled);
}

TEST_F(RunJustSent, TakesNoStepByHandInTheSameTurn) {
  auto who = create_ready_program();
  auto run = send_execute(who);
  auto reply = act(door, "execution.mark_running",
                   {{"execution", to_string(run.id)}});
  settle();
  EXPECT_EQ(reply.error().code, errc::conflict);
  EXPECT_FALSE(run.reply.arrived());
}

TEST_F(RunJustSent, IsCancelledBeforeItsProgramHasIt) {
  auto who = create_ready_program();
  crash(caf::actor_cast<caf::actor>(awake().at(0).handle));
  script.hold_reads = true;
  auto run = execute(who);
  auto shown = act(door, "execution.get", {{"execution", to_string(run.id)}});
  auto cancelled = call("execution.cancel", {{"execution", to_string(run.id)}});
  EXPECT_TRUE(cancelled.succeeded());
  EXPECT_FALSE(shown.arrived()) << "whether it is recorded is open";
  release();
  EXPECT_EQ(run.reply.error().code, errc::cancelled);
  EXPECT_EQ(started(), 0u);
  EXPECT_EQ(shown.value()->at("error_code"), "cancelled");
}

TEST_F(RunJustSent, IsForgottenIfItsProgramRefusesIt) {
  define("Test.Qa", "question -> answer");
  auto run = send_execute(create_program());
  auto where = json{{"execution", to_string(run.id)}};
  auto shown = act(door, "execution.get", where);
  settle();
  EXPECT_EQ(run.reply.error().code, errc::invalid_transition);
  EXPECT_EQ(shown.error().code, errc::not_found);
  EXPECT_EQ(call("execution.cancel", where).error().code, errc::not_found);
}

TEST_F(RunJustSent, IsRefusedUnderAnIdThatAnotherProgramRuns) {
  auto first = create_ready_program("first");
  auto second = create_ready_program("second");
  auto options = document{{{"execution_id", to_string(execution_id::make())}}};
  auto send = [&](const std::string& who) {
    return ask<execution_result>(
      door, execute_request{"tester", who, execution_id::make(),
                            document{{{"question", "why?"}}}, options});
  };
  auto a = send(first);
  auto b = send(second);
  settle();
  EXPECT_FALSE(a.arrived());
  EXPECT_EQ(b.error().code, errc::conflict);
  EXPECT_EQ(started(), 1u);
}

} // namespace dspex::test
