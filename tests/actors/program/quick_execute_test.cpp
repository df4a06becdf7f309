#include <gmock/gmock.h>

#include "tests/actors/whole_node_fixture.hpp"

namespace dspex::test {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class quick_execute_test : public whole_node_test {
protected:
  void SetUp() override {
    whole_node_test::SetUp();
    define("Test.Qa", "question -> answer");
  }

  // Asks, as clients in this process do.
  answer<document> quick(json more = json::object()) {
    auto out = answer<document>{};
    auto done = [out](result<document> x) { out.set(std::move(x)); };
    caf::anon_send(door, action_call{{"tester", "program.quick_execute",
                                      document{arguments(std::move(more))}},
                                     {done, errc::internal, nullptr}});
    settle();
    return out;
  }

  static json arguments(json more) {
    auto out = json{{"module", "Test.Qa"},
                    {"inputs", {{"question", "why?"}}},
                    {"adapter_type", "test"}};
    out.update(more);
    return out;
  }

  void complete_latest() {
    backend.callbacks.at(backend.runs.back().id)({json{{"answer", "because"}}});
    settle();
  }

  // Every program, hidden ones too.
  std::vector<program_record> programs() {
    return direct()
      .list_programs({.include_ephemeral = true}, {.limit = 100})
      .value()
      .items;
  }
};

using QuickExecute = quick_execute_test;

TEST_F(QuickExecute, RunsOnceAndDeletesTheBackendProgram) {
  auto reply = quick();
  ASSERT_EQ(started(), 1u);
  EXPECT_THAT(backend.deleted, IsEmpty());
  advance(250ms);
  complete_latest();
  auto id = backend.runs.at(0).id;
  EXPECT_EQ(reply.value()->at("execution_id"), to_string(id));
  EXPECT_EQ(reply.value()->at("status"), "completed");
  EXPECT_EQ(reply.value()->at("outputs"), (json{{"answer", "because"}}));
  EXPECT_EQ(reply.value()->at("duration_ms"), 250.0);
  EXPECT_THAT(backend.deleted, ElementsAre("backend-1"));
  EXPECT_EQ(direct().get_execution(id)->status, execution_status::completed);
}

TEST_F(QuickExecute, AnswersRemoteCallersAsWell) {
  auto reply = act(door, "program.quick_execute", arguments(json::object()));
  settle();
  complete_latest();
  EXPECT_EQ(reply.value()->at("status"), "completed");
}

TEST_F(QuickExecute, SharesOneHiddenProgram) {
  auto a = quick();
  auto b = quick();
  ASSERT_EQ(started(), 2u);
  for (auto& [id, reply] : backend.callbacks)
    reply({json{{"answer", "because"}}});
  settle();
  quick();
  complete_latest();
  EXPECT_TRUE(a.succeeded() && b.succeeded());
  ASSERT_THAT(programs(), SizeIs(1));
  EXPECT_TRUE(programs().at(0).ephemeral);
  EXPECT_EQ(programs().at(0).completed_count, 3u);
  EXPECT_THAT(backend.programs, SizeIs(1)) << "it is initialized once";
  EXPECT_THAT(backend.deleted, ElementsAre("backend-1", "backend-1"))
    << "each time its last run has ended";
  EXPECT_THAT(call("program.list", json::object()).value()->at("items"),
              SizeIs(0));
}

TEST_F(QuickExecute, HasAProgramForEachConfiguration) {
  quick();
  quick({{"configuration", {{"lm", {{"model", "big"}}}}}});
  EXPECT_THAT(programs(), SizeIs(2));
  EXPECT_EQ(backend.runs.at(1).program->configuration.at("lm").at("model"),
            "big");
}

TEST_F(QuickExecute, LetsManyWaitForOneInitialization) {
  backend.creation.reset();
  auto replies = std::vector<answer<document>>{};
  for (auto i = 0; i < 10; ++i)
    replies.push_back(quick());
  ASSERT_THAT(backend.creations, SizeIs(1));
  backend.creations.at(0)("backend-1");
  settle();
  ASSERT_EQ(started(), 10u);
  for (auto& [id, reply] : backend.callbacks)
    reply({json{{"answer", "because"}}});
  settle();
  for (auto& x : replies)
    EXPECT_TRUE(x.succeeded());
}

TEST_F(QuickExecute, DeletesTheBackendProgramWhateverBecomesOfTheRun) {
  auto failed = quick();
  backend.callbacks.at(backend.runs.back().id)(
    {fail(errc::backend_failed, "The backend says no")});
  settle();
  EXPECT_EQ(failed.error().code, errc::backend_failed);
  EXPECT_TRUE(failed.error().details.contains("execution_id"));
  EXPECT_THAT(backend.deleted, SizeIs(1));
  auto late = quick({{"options", {{"timeout_ms", 100}}}});
  advance(100ms);
  EXPECT_EQ(late.error().code, errc::timeout);
  EXPECT_THAT(backend.deleted, SizeIs(2));
  auto cancelled = quick();
  advance(4ms);
  call("execution.cancel", {{"execution", to_string(backend.runs.back().id)}});
  EXPECT_EQ(cancelled.error().code, errc::cancelled);
  EXPECT_THAT(backend.deleted, SizeIs(3));
  EXPECT_THAT(backend.deleted, Each("backend-1"));
}

TEST_F(QuickExecute, DeletesWhatWasMadeForInvalidInputs) {
  auto reply = quick({{"inputs", {{"answer", 1}}}});
  EXPECT_EQ(reply.error().code, errc::invalid_input);
  EXPECT_EQ(started(), 0u);
  EXPECT_THAT(backend.deleted, ElementsAre("backend-1"));
  EXPECT_THAT(all_stored(), SizeIs(1));
}

TEST_F(QuickExecute, TellsTheFailureOfAnInitializationAndTriesAgain) {
  backend.creation = fail(errc::backend_failed, "No such model");
  EXPECT_EQ(quick().error(), (error{errc::backend_failed, "No such model"}));
  backend.creation = "backend-2";
  auto reply = quick();
  complete_latest();
  EXPECT_TRUE(reply.succeeded());
  EXPECT_THAT(programs(), SizeIs(1));
}

TEST_F(QuickExecute, WaitsForAnotherNodeThatInitializes) {
  auto first = quick();
  complete_latest();
  auto id = programs().at(0).id;
  ASSERT_TRUE(direct().transition_program(
    id, {.action = program_action::reinitialize, .node = node_id::make()}));
  advance(2s);
  auto second = quick();
  advance(1s);
  EXPECT_EQ(started(), 1u);
  ASSERT_TRUE(
    direct().transition_program(id, {.action = program_action::become_ready,
                                     .backend_program_id = "of-the-other"}));
  advance(1s);
  ASSERT_EQ(started(), 2u);
  complete_latest();
  EXPECT_TRUE(second.succeeded());
}

TEST_F(QuickExecute, RecordsNothingForARequestThatIsWrong) {
  EXPECT_EQ(quick({{"options", {{"speed", 1}}}}).error().code,
            errc::invalid_option);
  EXPECT_EQ(quick({{"adapter_type", "magic"}}).error().message,
            "Unknown adapter: magic (known: test)");
  EXPECT_EQ(quick({{"configuration", {{"speed", 1}}}}).error().code,
            errc::invalid_option);
  EXPECT_EQ(quick({{"module", "Test.Unknown"}}).error().code,
            errc::unknown_module);
  EXPECT_EQ(quick({{"colour", "red"}}).error().message,
            "program.quick_execute: unknown argument: colour");
  EXPECT_THAT(programs(), IsEmpty());
}

TEST_F(QuickExecute, UsesTheConfiguredAdapterByDefault) {
  ctx->config.adapters.default_adapter = "test";
  auto reply = act(door, "program.quick_execute",
                   {{"module", "Test.Qa"}, {"inputs", {{"question", "why?"}}}});
  settle();
  complete_latest();
  EXPECT_TRUE(reply.succeeded());
  EXPECT_EQ(programs().at(0).adapter_type, "test");
}

TEST_F(QuickExecute, TakesAnIdempotencyKey) {
  auto options = json{{"options", {{"idempotency_key", "k"}}}};
  auto a = quick(options);
  auto b = quick(options);
  complete_latest();
  auto c = quick(options);
  EXPECT_EQ(*a.value(), *b.value());
  EXPECT_EQ(*a.value(), *c.value());
  EXPECT_EQ(started(), 1u);
}

TEST_F(QuickExecute, IsRefusedWhileTheNodeStopsOrTheManagerIsAway) {
  ctx->stopping = true;
  EXPECT_EQ(quick().error(),
            (error{errc::shutting_down, "The node is stopping"}));
  ctx->stopping = false;
  ctx->manager.clear();
  EXPECT_EQ(quick().error(), (error{errc::backend_unavailable,
                                    "The program manager is restarting"}));
}

} // namespace dspex::test
