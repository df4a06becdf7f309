// The gateway, and behind it the manager and the registry: everything below
// the root but the supervisors.

#include <gmock/gmock.h>

#include "actors/kit/handlers.hpp"
#include "tests/actors/whole_node_fixture.hpp"

namespace dspex::test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// -- gateway ------------------------------------------------------------------

using Gateway = whole_node_test;

TEST_F(Gateway, RefusesWhatTheDomainDoesNotKnow) {
  EXPECT_EQ(call("program.explode", json::object()).error(),
            (error{errc::invalid_option, "Unknown action: program.explode"}));
  EXPECT_EQ(call("nonsense", json::object()).error().code,
            errc::invalid_option);
  EXPECT_EQ(
    call("program.get", {{"program", 5}, {"colour", "red"}}).error().message,
    "program.get: argument program must be a text; unknown argument: "
    "colour");
  EXPECT_EQ(call("program.get", json::object()).error().message,
            "program.get: missing argument: program");
}

TEST_F(Gateway, SaysWhoIsRestarting) {
  ctx->registry.clear();
  ctx->manager.clear();
  ctx->tracker.clear();
  EXPECT_EQ(
    call("signature.list", json::object()).error(),
    (error{errc::backend_unavailable, "The signature registry is restarting"}));
  EXPECT_EQ(
    call("program.list", json::object()).error(),
    (error{errc::backend_unavailable, "The program manager is restarting"}));
  EXPECT_EQ(call("execution.list", json::object()).error(),
            (error{errc::backend_unavailable, "The tracker is restarting"}));
  EXPECT_EQ(
    execute("qa").reply.error(),
    (error{errc::backend_unavailable, "The program manager is restarting"}));
}

TEST_F(Gateway, AsksThePolicyForEveryAction) {
  auto forbidden = error{errc::forbidden, "A stranger may only read"};
  auto create = action_request{"stranger", "program.create",
                               document{{{"module", "Test.Qa"}}}};
  EXPECT_EQ(ask_now<document>(door, create).error(), forbidden);
  auto run = send_execute("qa", "stranger");
  settle();
  EXPECT_EQ(run.reply.error(), forbidden);
  auto list = action_request{"stranger", "program.list",
                             document{json::object()}};
  EXPECT_TRUE(ask_now<document>(door, list).succeeded());
}

TEST_F(Gateway, LetsEverybodyInWithoutRoles) {
  EXPECT_TRUE(allow_all()("", *find_action("program.archive")));
}

TEST_F(Gateway, FindsARunThatHasOnlyJustBegun) {
  auto run = execute(create_ready_program());
  auto where = json{{"execution", to_string(run.id)}};
  auto shown = act(door, "execution.get", where);
  auto cancelled = act(door, "execution.cancel", where);
  advance(10ms);
  EXPECT_EQ(shown.value()->at("status"), "running");
  EXPECT_TRUE(cancelled.succeeded());
  EXPECT_EQ(run.reply.error().code, errc::cancelled);
}

TEST_F(Gateway, FindsARunUnderAnIdOfItsCallersChoiceAtOnce) {
  auto who = create_ready_program();
  auto id = to_string(execution_id::make());
  auto reply = ask<execution_result>(
    door, execute_request{"tester", who, execution_id::make(),
                          document{{{"question", "why?"}}},
                          document{{{"execution_id", id}}}});
  settle();
  EXPECT_EQ(call("execution.get", {{"execution", id}}).value()->at("status"),
            "running");
}

TEST_F(Gateway, OnlyReadsAndCancelsWhileTheNodeStops) {
  auto id = create_ready_program();
  auto run = execute(id);
  advance(4ms);
  ctx->stopping = true;
  auto stopping = error{errc::shutting_down, "The node is stopping"};
  EXPECT_EQ(call("program.archive", {{"program", id}}).error(), stopping);
  EXPECT_EQ(define("Test.Other", "a -> b").error(), stopping);
  EXPECT_EQ(execute(id).reply.error(), stopping);
  EXPECT_TRUE(call("program.get", {{"program", id}}).succeeded());
  EXPECT_TRUE(call("execution.list", json::object()).succeeded());
  EXPECT_TRUE(
    call("execution.cancel", {{"execution", to_string(run.id)}}).succeeded());
}

TEST_F(Gateway, HasAnActorForEachAction) {
  auto sample
    = std::map<argument_type, json>{{argument_type::text, "text"},
                                    {argument_type::integer, 1},
                                    {argument_type::object, json::object()},
                                    {argument_type::boolean, true},
                                    {argument_type::number, 1.5}};
  for (auto& resource : domain())
    for (auto& what : resource.actions) {
      auto id = create_ready_program();
      auto arguments = json::object();
      for (auto& x : what.arguments)
        if (x.required)
          arguments[std::string{x.name}]
            = x.name == "program" ? json(id) : sample.at(x.type);
      auto name = std::string{what.name};
      auto reply = call(name, arguments);
      ASSERT_TRUE(reply.arrived()) << name;
      auto unknown = !reply.succeeded()
                     && reply.error().message == "Unknown action: " + name;
      EXPECT_EQ(unknown, what.trait == action_trait::own_message) << name;
    }
}

// Registers an actor that keeps the calls it receives.
struct idle_registry_state {
  std::vector<action_call> calls;
};

signature_registry_actor::behavior_type idle_registry(
  signature_registry_actor::stateful_pointer<idle_registry_state> self) {
  set_handlers(self);
  return {
    [self](const action_call& x) { self->state.calls.push_back(x); },
    [](const signature_wanted&) { return signature_record{}; },
  };
}

TEST_F(Gateway, AnswersACallThatTakesTooLong) {
  ctx->registry.set(own(sys.spawn(idle_registry)));
  auto reply = act(door, "signature.list", json::object());
  advance(59s);
  EXPECT_FALSE(reply.arrived());
  advance(1s);
  EXPECT_EQ(reply.error(),
            (error{errc::timeout, "No answer within the deadline"}));
}

TEST_F(Gateway, AnswersAtOnceForAnActorThatEnds) {
  auto registry = own(sys.spawn(idle_registry));
  ctx->registry.set(registry);
  auto local = act(door, "signature.list", json::object());
  auto remote = ask<document>(
    door, action_request{"tester", "signature.list", document{json::object()}});
  settle();
  EXPECT_FALSE(local.arrived());
  crash(registry);
  EXPECT_EQ(local.error().code, errc::backend_unavailable);
  EXPECT_EQ(remote.error().code, errc::backend_unavailable);
}

// -- manager ------------------------------------------------------------------

using ProgramManager = whole_node_test;

TEST_F(ProgramManager, WakesAProgramOnceForManyRequests) {
  auto id = create_ready_program();
  crash(caf::actor_cast<caf::actor>(awake().at(0).handle));
  ASSERT_THAT(awake(), SizeIs(0));
  script.hold_reads = true;
  auto calls = std::vector<program_test::call>{};
  for (auto i = 0; i < 20; ++i)
    calls.push_back(send_execute(id));
  settle();
  auto before = running();
  release();
  EXPECT_THAT(awake(), SizeIs(1));
  EXPECT_EQ(running(), before + 1);
  EXPECT_EQ(started(), 16u) << "the default concurrency";
}

TEST_F(ProgramManager, WakesAProgramThatCrashedForTheNextRequest) {
  auto id = create_ready_program();
  auto lost = execute(id);
  crash(awake().at(0).handle);
  EXPECT_EQ(lost.reply.error().code, errc::backend_unavailable);
  auto next = execute(id);
  complete(next);
  EXPECT_EQ(next.reply.value().status, execution_status::completed);
}

TEST_F(ProgramManager, FindsAProgramByItsName) {
  create_ready_program("triage");
  auto x = execute("triage");
  complete(x);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
  EXPECT_EQ(call("program.get", {{"program", "triage"}}).value()->at("name"),
            "triage");
}

TEST_F(ProgramManager, RefusesANameOfSeveralPrograms) {
  define("Test.Qa", "question -> answer");
  auto a = create_program("twin");
  auto b = create_program("twin");
  auto err = call("program.get", {{"program", "twin"}}).error();
  EXPECT_EQ(err.code, errc::conflict);
  EXPECT_THAT(err.message, HasSubstr("Several programs have the name"));
  EXPECT_THAT(err.message, HasSubstr(a));
  EXPECT_THAT(err.message, HasSubstr(b));
  EXPECT_EQ(execute("twin").reply.error().code, errc::conflict);
}

TEST_F(ProgramManager, DoesNotKnowWhatNobodyMade) {
  EXPECT_EQ(
    execute("nobody").reply.error(),
    (error{errc::not_found, "No program has the id or name \"nobody\""}));
  EXPECT_EQ(execute(to_string(program_id::make())).reply.error().code,
            errc::not_found);
  EXPECT_THAT(awake(), SizeIs(0));
}

TEST_F(ProgramManager, RefusesProgramsThatCouldNotRun) {
  define("Test.Qa", "question -> answer");
  auto create = [this](json arguments) {
    arguments["module"] = "Test.Qa";
    return call("program.create", std::move(arguments)).error();
  };
  EXPECT_EQ(
    create({{"adapter_type", "magic"}}),
    (error{errc::invalid_option, "Unknown adapter: magic (known: test)"}));
  EXPECT_EQ(create({{"name", " "}, {"adapter_type", "test"}}),
            (error{errc::invalid_option, "Name must be present"}));
  EXPECT_EQ(
    create({{"adapter_type", "test"}, {"configuration", {{"speed", 1}}}}).code,
    errc::invalid_option);
  auto unknown = call("program.create",
                      {{"module", "Test.Unknown"}, {"adapter_type", "test"}})
                   .error();
  EXPECT_EQ(unknown.code, errc::unknown_module);
  EXPECT_EQ(unknown.message, "Failed to create signature: Unknown signature "
                             "module: Test.Unknown");
}

TEST_F(ProgramManager, RefusesEveryNameThatTheStoreWouldTakeForBlank) {
  define("Test.Qa", "question -> answer");
  for (auto name : {"", " ", "\t\r\n", "\v", "\f"})
    EXPECT_EQ(
      call("program.create",
           {{"module", "Test.Qa"}, {"name", name}, {"adapter_type", "test"}})
        .error(),
      (error{errc::invalid_option, "Name must be present"}));
}

TEST_F(ProgramManager, RefusesADeprecatedSignatureForNewPrograms) {
  define("Test.Qa", "question -> answer");
  auto made = call("signature.create", {{"module", "Test.Qa"}});
  auto ref = json{{"signature", made.value()->at("id")}};
  EXPECT_EQ(call("signature.activate", ref).value()->at("status"), "active");
  EXPECT_EQ(call("signature.deprecate", ref).value()->at("status"),
            "deprecated");
  auto err = call("program.create",
                  {{"module", "Test.Qa"}, {"adapter_type", "test"}})
               .error();
  EXPECT_EQ(err.code, errc::invalid_transition);
  EXPECT_EQ(err.message, "Signature is deprecated");
}

TEST_F(ProgramManager, ForgetsADestroyedProgram) {
  auto id = create_ready_program();
  auto ref = json{{"program", id}};
  EXPECT_EQ(call("program.destroy", ref).error().code, errc::conflict);
  call("program.archive", ref);
  EXPECT_THAT(awake(), SizeIs(1));
  EXPECT_TRUE(call("program.destroy", ref).succeeded());
  EXPECT_THAT(awake(), SizeIs(0));
  EXPECT_EQ(execute(id).reply.error().code, errc::not_found);
  EXPECT_EQ(call("program.destroy", ref).error().code, errc::not_found);
}

TEST_F(ProgramManager, SaysThatTheStoreIsAway) {
  auto id = create_ready_program();
  script.away = true;
  EXPECT_EQ(call("program.list", json::object()).error().code,
            errc::store_unavailable);
  EXPECT_EQ(call("program.get", {{"program", id}}).error().code,
            errc::store_unavailable);
}

TEST_F(ProgramManager, StopsAfterItsPrograms) {
  auto id = create_ready_program();
  auto x = execute(id);
  auto before = running();
  caf::anon_send_exit(manager, caf::exit_reason::user_shutdown);
  settle();
  EXPECT_EQ(running(), before);
  complete(x);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
  // The program, the manager, and who asked.
  EXPECT_EQ(running(), before - 3);
}

TEST_F(ProgramManager, LeavesNoOrphansWhenItCrashes) {
  auto id = create_ready_program();
  auto before = running();
  ctx->manager.clear();
  crash(manager);
  EXPECT_EQ(running(), before - 2);
}

// -- registry -----------------------------------------------------------------

using SignatureRegistry = whole_node_test;

TEST_F(SignatureRegistry, RecordsTheSameContentOnce) {
  define("Test.Qa", "question -> answer");
  auto first = call("signature.create", {{"module", "Test.Qa"}});
  auto second = call("signature.create", {{"module", "Test.Qa"}});
  EXPECT_EQ(first.value(), second.value());
  EXPECT_EQ(first.value()->at("status"), "draft");
  EXPECT_THAT(call("signature.list", json::object()).value()->at("items"),
              SizeIs(1));
}

TEST_F(SignatureRegistry, NamesWhatDiffersFromTheRecordedVersion) {
  define("Test.Qa", "question -> answer");
  call("signature.create", {{"module", "Test.Qa"}});
  define("Test.Qa", "question, context -> answer");
  EXPECT_EQ(
    call("signature.create", {{"module", "Test.Qa"}}).error(),
    (error{errc::conflict, "Test.Qa 1.0.0 is recorded with different inputs"}));
  define("Test.Qa", "question, context -> answer, score: float");
  EXPECT_EQ(
    call("signature.create", {{"module", "Test.Qa"}}).error(),
    (error{errc::conflict, "Test.Qa 1.0.0 is recorded with different inputs, "
                           "outputs"}));
  define("Test.Qa", "question, context -> answer", "1.0.1");
  EXPECT_TRUE(call("signature.create", {{"module", "Test.Qa"}}).succeeded());
}

TEST_F(SignatureRegistry, RefusesAVersionThatIsNotThreeNumbers) {
  EXPECT_EQ(define("Test.Qa", "a -> b", "1.0").error().message,
            "Argument version: must be three numbers with dots between, got "
            "\"1.0\"");
  EXPECT_EQ(define("Test.Qa", "a ->").error().code, errc::invalid_signature);
  EXPECT_EQ(define("not a module", "a -> b").error().code,
            errc::invalid_signature);
}

TEST_F(SignatureRegistry, FindsTheHighestRecordedVersionAfterARestart) {
  add_signature("Test.Old", "1.9.0");
  add_signature("Test.Old", "1.10.0");
  auto reply = call("signature.explain", {{"module", "Test.Old"}});
  EXPECT_EQ(*reply.value(),
            parse(R"({"valid":true,"reasons":[],"version":"1.10.0",)"
                  R"("adapters":{"test":null}})"));
}

TEST_F(SignatureRegistry, TellsWhyAnAdapterCannotRunAModule) {
  define("Test.Qa", "question -> answer");
  backend.check = fail(errc::invalid_option, "No questions here");
  auto explain = [&] {
    return call("signature.explain", {{"module", "Test.Qa"}}).value();
  };
  auto report = explain();
  EXPECT_EQ(report->at("valid"), true);
  EXPECT_EQ(report->at("adapters"), json({{"test", "No questions here"}}));
  ctx->adapters.at("test").clear();
  EXPECT_EQ(explain()->at("adapters"),
            json({{"test", "The adapter test is restarting"}}));
}

TEST_F(SignatureRegistry, ChangesNameAndDescriptionInEveryState) {
  define("Test.Qa", "question -> answer");
  auto made = call("signature.create", {{"module", "Test.Qa"}}).value();
  auto ref = json{{"signature", made->at("id")}};
  auto update = [&](json what) {
    what["signature"] = made->at("id");
    return call("signature.update", std::move(what));
  };
  auto named = update({{"name", "QA"}}).value();
  EXPECT_EQ(named->at("name"), "QA");
  EXPECT_EQ(named->at("description"), made->at("description"));
  call("signature.activate", ref);
  EXPECT_EQ(update({{"description", "asks"}}).value()->at("name"), "QA");
  call("signature.deprecate", ref);
  EXPECT_EQ(update({{"name", "old"}}).value()->at("description"), "asks");
  EXPECT_EQ(update({{"name", " "}}).error(),
            (error{errc::invalid_option, "Name must be present"}));
  EXPECT_EQ(call("signature.update", {{"signature", "Test.None"}}).error().code,
            errc::not_found);
}

TEST_F(SignatureRegistry, DestroysWhatNoProgramRefersTo) {
  define("Test.Qa", "question -> answer");
  auto user = create_program();
  auto ref = json{{"signature", "Test.Qa"}};
  EXPECT_EQ(call("signature.destroy", ref).error().code, errc::conflict);
  EXPECT_TRUE(call("program.destroy", {{"program", user}}).succeeded());
  EXPECT_TRUE(call("signature.destroy", ref).value()->is_null());
  EXPECT_EQ(call("signature.get", ref).error().code, errc::not_found);
  EXPECT_EQ(call("signature.destroy", ref).error().code, errc::not_found);
}

TEST_F(SignatureRegistry, RefusesRefusedTransitionsInTheWordsOfTheContract) {
  define("Test.Qa", "question -> answer");
  call("signature.create", {{"module", "Test.Qa"}});
  auto ref = json{{"signature", "Test.Qa"}};
  auto not_active = error{errc::invalid_transition,
                          "Only active signatures can be deprecated"};
  auto not_draft = error{errc::invalid_transition,
                         "Only draft signatures can be activated"};
  EXPECT_EQ(call("signature.deprecate", ref).error(), not_active);
  call("signature.activate", ref);
  EXPECT_EQ(call("signature.activate", ref).error(), not_draft);
  call("signature.deprecate", ref);
  EXPECT_EQ(call("signature.deprecate", ref).error(), not_active);
  EXPECT_EQ(call("signature.activate", ref).error(), not_draft);
}

TEST_F(SignatureRegistry, SaysThatAllRecordedVersionsAreDeprecated) {
  auto x = add_signature("Test.Old");
  ASSERT_TRUE(direct().transition_signature(x.id, signature_action::activate));
  ASSERT_TRUE(direct().transition_signature(x.id, signature_action::deprecate));
  auto reply = call("program.create",
                    {{"module", "Test.Old"}, {"adapter_type", "test"}});
  EXPECT_EQ(reply.error(),
            (error{errc::invalid_transition, "Signature is deprecated"}));
}

TEST_F(SignatureRegistry, ExplainsWhyAModuleCannotBeUsed) {
  auto reply = call("signature.explain", {{"module", "Test.Unknown"}}).value();
  EXPECT_EQ(reply->at("valid"), false);
  EXPECT_THAT(reply->at("reasons"),
              ElementsAre("Unknown signature module: Test.Unknown"));
}

TEST_F(SignatureRegistry, GivesEveryReasonWhyARecordedModuleCannotBeUsed) {
  auto x = add_signature("Test.Good");
  x.id = signature_id::make();
  x.module = "Test.Odd";
  auto inputs = *x.inputs;
  inputs[0]["type"] = "wrong";
  inputs.push_back(inputs[0]);
  inputs[1]["type"] = "int";
  x.inputs = document{inputs};
  ASSERT_TRUE(direct().insert_signature(x));
  auto reply = call("signature.explain", {{"module", "Test.Odd"}}).value();
  EXPECT_EQ(reply->at("valid"), false);
  EXPECT_THAT(
    reply->at("reasons"),
    ElementsAre(testing::StartsWith("Invalid signature at /inputs/0/type"),
                testing::StartsWith("Invalid signature at /inputs/1/name")));
}

TEST_F(SignatureRegistry, KeepsModulesOverACrash) {
  define("Test.Qa", "question -> answer");
  crash(ctx->registry.get());
  ctx->registry.set(own(sys.spawn(signature_registry, ctx)));
  EXPECT_TRUE(call("signature.create", {{"module", "Test.Qa"}}).succeeded());
}

TEST_F(SignatureRegistry, RefusesANameOfSeveralVersions) {
  auto a = add_signature("Test.Qa", "1.0.0");
  auto b = add_signature("Test.Qa", "2.0.0");
  auto err = call("signature.get", {{"signature", "Test.Qa"}}).error();
  EXPECT_EQ(err.code, errc::conflict);
  EXPECT_THAT(err.message, HasSubstr(to_string(a.id) + " (version 1.0.0)"));
  EXPECT_THAT(err.message, HasSubstr(to_string(b.id) + " (version 2.0.0)"));
  EXPECT_EQ(call("signature.get", {{"signature", to_string(a.id)}})
              .value()
              ->at("version"),
            "1.0.0");
}

} // namespace dspex::test
