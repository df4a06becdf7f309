// Idempotency keys, and ids that the caller chose.

#include <gmock/gmock.h>

#include "tests/actors/program/fixture.hpp"

namespace dspex::test {

using ::testing::SizeIs;

// -- idempotency keys ---------------------------------------------------------

class idempotency_test : public program_test {
protected:
  call keyed(json inputs = {{"question", "why?"}},
             json options = json::object()) {
    options["idempotency_key"] = "order 66";
    return run(std::move(options), std::move(inputs));
  }

  // An actor on another node for the same program, over the same store.
  program_actor second_program() {
    auto other = std::make_shared<node_context>();
    other->node = node_id::make();
    other->config = ctx->config;
    other->store = ctx->store;
    other->pool.set(ctx->pool.get());
    other->tracker.set(own(sys.spawn(execution_tracker, other)));
    other->adapters["test"].set(front);
    auto seed = program_facts{
      stored_program(), any_signature::parse("question -> answer").value(), {}};
    others.push_back(other);
    return own(sys.spawn(dspex::program, other, seed));
  }

  call keyed_at(const program_actor& where) {
    auto out
      = make_run([&](execute_call x) { caf::anon_send(where, std::move(x)); },
                 {{"idempotency_key", "order 66"}});
    settle();
    return out;
  }

  void TearDown() override {
    advance(1min);
    for (auto& x : others) {
      x->pool.clear();
      x->tracker.clear();
      x->adapters.at("test").clear();
    }
    program_test::TearDown();
  }

  std::vector<context_ptr> others;
};

using IdempotencyKey = idempotency_test;

TEST_F(IdempotencyKey, IsCommittedBeforeTheBackendIsCalled) {
  make_ready();
  script.hold_writes = true;
  auto x = keyed();
  EXPECT_EQ(started(), 0u);
  release();
  ASSERT_EQ(started(), 1u);
  EXPECT_EQ(stored(x).status, execution_status::pending);
  EXPECT_EQ(stored(x).node, ctx->node);
  complete(x);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
  EXPECT_EQ(stored(x).status, execution_status::completed);
}

TEST_F(IdempotencyKey, GivesTheSameAnswerToWhoeverComesLater) {
  make_ready();
  auto x = keyed();
  complete(x);
  auto y = keyed();
  EXPECT_EQ(y.reply.value().id, x.id);
  EXPECT_EQ(y.reply.value().outputs, x.reply.value().outputs);
  EXPECT_EQ(y.reply.value().duration_us, x.reply.value().duration_us);
  EXPECT_EQ(started(), 1u);
  EXPECT_THAT(all_stored(), SizeIs(1));
}

TEST_F(IdempotencyKey, GivesTheSameFailureToo) {
  make_ready();
  auto x = keyed();
  fail_with(x, errc::backend_failed);
  auto y = keyed();
  EXPECT_EQ(y.reply.error(), x.reply.error());
  EXPECT_EQ(started(), 1u);
}

TEST_F(IdempotencyKey, LetsOthersWaitWithoutAskingTheStore) {
  make_ready({{"max_concurrency", 1}});
  auto x = keyed();
  auto jobs = script.reads + script.writes;
  auto y = keyed();
  auto z = keyed();
  advance(900ms);
  EXPECT_EQ(script.reads + script.writes, jobs);
  EXPECT_FALSE(y.reply.arrived());
  complete(x);
  EXPECT_EQ(y.reply.value().id, x.id);
  EXPECT_EQ(z.reply.value().id, x.id);
  EXPECT_THAT(all_stored(), SizeIs(1));
}

TEST_F(IdempotencyKey, LetsOthersWaitWithinTheirOwnDeadlineOnly) {
  make_ready();
  auto x = keyed();
  auto y = keyed({{"question", "why?"}}, {{"timeout_ms", 500}});
  advance(499ms);
  EXPECT_FALSE(y.reply.arrived());
  advance(1ms);
  EXPECT_EQ(y.reply.error().code, errc::timeout);
  complete(x);
  EXPECT_EQ(x.reply.value().status, execution_status::completed);
  EXPECT_THAT(all_stored(), SizeIs(1)) << "who only waits leaves no record";
}

TEST_F(IdempotencyKey, RefusesOtherInputs) {
  make_ready();
  auto other = error{errc::conflict, "Idempotency key is already used with "
                                     "other inputs: order 66"};
  auto x = keyed();
  EXPECT_EQ(keyed({{"question", "who?"}}).reply.error(), other);
  complete(x);
  EXPECT_EQ(keyed({{"question", "who?"}}).reply.error(), other);
  EXPECT_EQ(started(), 1u);
  EXPECT_THAT(all_stored(), SizeIs(1));
}

TEST_F(IdempotencyKey, IsFreeAgainWhenTheFirstRunWasOverloaded) {
  make_ready();
  auto x = keyed();
  auto y = keyed();
  fail_with(x, errc::overloaded);
  EXPECT_EQ(x.reply.error().code, errc::overloaded);
  ASSERT_EQ(started(), 2u);
  complete(y);
  EXPECT_EQ(y.reply.value().id, y.id);
  EXPECT_EQ(keyed().reply.value().id, y.id);
}

TEST_F(IdempotencyKey, SurvivesTheActor) {
  make_ready();
  auto x = keyed();
  complete(x);
  auto seed = program_facts{
    stored_program(), any_signature::parse("question -> answer").value(), {}};
  crash(program);
  program = own(sys.spawn(dspex::program, ctx, seed));
  EXPECT_EQ(keyed().reply.value().id, x.id);
  EXPECT_EQ(started(), 1u);
}

TEST_F(IdempotencyKey, IsRefusedWhileTheStoreIsAwayAndFreeThereafter) {
  make_ready();
  script.away = true;
  auto x = keyed();
  EXPECT_EQ(x.reply.error().code, errc::store_unavailable);
  EXPECT_EQ(started(), 0u);
  script.away = false;
  advance(2s);
  auto y = keyed();
  complete(y);
  EXPECT_EQ(y.reply.value().id, y.id);
}

TEST_F(IdempotencyKey, BelongsToOneNode) {
  make_ready();
  auto x = keyed();
  auto other = second_program();
  auto y = keyed_at(other);
  auto z = keyed_at(other);
  advance(3s);
  EXPECT_FALSE(y.reply.arrived());
  complete(x);
  advance(500ms);
  EXPECT_EQ(y.reply.value().id, x.id);
  EXPECT_EQ(z.reply.value().id, x.id);
  EXPECT_EQ(started(), 1u);
}

TEST_F(IdempotencyKey, IsLookedAtWithGrowingDelays) {
  make_ready();
  keyed();
  auto y = keyed_at(second_program());
  auto before = script.reads;
  advance(10s);
  EXPECT_LT(script.reads - before, 40u);
  EXPECT_FALSE(y.reply.arrived());
  advance(50s);
  EXPECT_TRUE(y.reply.arrived()) << "at the deadline";
}

TEST_F(IdempotencyKey, MeetsTheSameIdOnceMore) {
  make_ready();
  auto id = to_string(execution_id::make());
  auto both = json{{"execution_id", id}};
  auto x = keyed({{"question", "why?"}}, both);
  auto y = keyed({{"question", "why?"}}, both);
  backend.callbacks.begin()->second({json{{"answer", "because"}}});
  settle();
  auto z = keyed({{"question", "why?"}}, both);
  for (auto& reply : {x.reply, y.reply, z.reply})
    EXPECT_EQ(to_string(reply.value().id), id);
  EXPECT_EQ(started(), 1u);
}

TEST_F(IdempotencyKey, IsNotClaimedByInvalidInputs) {
  make_ready();
  EXPECT_EQ(keyed({{"answer", 1}}).reply.error().code, errc::invalid_input);
  auto x = keyed();
  complete(x);
  EXPECT_EQ(x.reply.value().id, x.id);
}

TEST_F(IdempotencyKey, TakesItsPlaceInTheLine) {
  make_ready({{"max_concurrency", 1}, {"max_queue", 1}});
  auto x = run();
  auto y = keyed();
  EXPECT_EQ(keyed().reply.error().code, errc::overloaded);
  EXPECT_EQ(started(), 1u);
  complete(x);
  ASSERT_EQ(started(), 2u);
  complete(y);
  EXPECT_EQ(y.reply.value().id, y.id);
}

TEST_F(IdempotencyKey, IsCountedOnceAsInProgress) {
  make_ready();
  auto x = keyed();
  auto in_progress = [&] {
    return act_now(tracker, "program.stats",
                   {{"program", to_string(record.id)}})
      .value()
      ->at("in_progress")
      .get<int>();
  };
  EXPECT_EQ(in_progress(), 1);
  complete(x);
  EXPECT_EQ(in_progress(), 0);
}

TEST_F(IdempotencyKey, EndsWithItsProgram) {
  make_ready({{"drain_timeout_ms", 1000}});
  auto x = keyed();
  auto y = keyed();
  lifecycle("program.archive");
  advance(1s);
  EXPECT_EQ(x.reply.error().code, errc::cancelled);
  EXPECT_EQ(y.reply.error().code, errc::cancelled);
  EXPECT_THAT(all_stored(), SizeIs(1));
}

// -- ids ----------------------------------------------------------------------

using ProgramGivenId = program_test;

TEST_F(ProgramGivenId, IsRefusedBeforeTheModelIsCalledIfItIsUsed) {
  make_ready();
  auto id = to_string(execution_id::make());
  auto x = run({{"execution_id", id}});
  backend.callbacks.begin()->second({json{{"answer", "because"}}});
  settle();
  EXPECT_EQ(to_string(x.reply.value().id), id);
  EXPECT_EQ(run({{"execution_id", id}}).reply.error(),
            (error{errc::conflict, "Execution id is already used: " + id}));
  EXPECT_EQ(started(), 1u);
  EXPECT_EQ(direct().get_program(record.id)->completed_count, 1u);
}

TEST_F(ProgramGivenId, IsLookedUpOnlyIfThereIsOne) {
  make_ready();
  auto before = script.reads;
  run();
  EXPECT_EQ(script.reads, before);
  run({{"execution_id", to_string(execution_id::make())}});
  EXPECT_EQ(script.reads, before + 1);
  EXPECT_EQ(started(), 2u);
}

TEST_F(ProgramGivenId, CannotBeCheckedWhileTheStoreIsAway) {
  make_ready();
  script.away = true;
  auto x = run({{"execution_id", to_string(execution_id::make())}});
  EXPECT_EQ(x.reply.error().code, errc::store_unavailable);
  EXPECT_EQ(started(), 0u);
}

} // namespace dspex::test
