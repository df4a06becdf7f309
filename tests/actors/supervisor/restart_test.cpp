#include "tests/actors/supervisor/fixture.hpp"

namespace dspex::test {

TEST(StopTime, IsWhatAllChildrenAreGrantedOneAfterTheOther) {
  EXPECT_EQ(stop_time({}), 0s);
  auto quick = child_spec{};
  auto slow = child_spec{};
  slow.shutdown_timeout = 10s;
  EXPECT_EQ(stop_time({quick, slow, quick}), 20s);
}

// -- restarts -----------------------------------------------------------------

using SupervisorRestart = supervisor_test;

TEST_F(SupervisorRestart, StartsChildrenFromLeftToRight) {
  start({}, {child("a"), child("b"), child("c")});
  EXPECT_EQ(journal, (lines{"start a", "start b", "start c"}));
}

TEST_F(SupervisorRestart, StartsAPermanentChildAgainAfterItsBackoff) {
  start(exact_options(), {child("a"), child("b")});
  crash("a");
  advance(99ms);
  EXPECT_EQ(starts("a"), 1u);
  advance(1ms);
  EXPECT_EQ(starts("a"), 2u);
  EXPECT_EQ(starts("b"), 1u);
}

TEST_F(SupervisorRestart, DoublesTheBackoffWithEachFailure) {
  start(exact_options(), {child("a")});
  for (auto delay : {100ms, 200ms, 400ms}) {
    auto before = starts("a");
    crash("a");
    advance(delay - 1ms);
    EXPECT_EQ(starts("a"), before);
    advance(1ms);
    EXPECT_EQ(starts("a"), before + 1);
  }
}

TEST_F(SupervisorRestart, TellsAtOnceThatAChildIsDown) {
  start(exact_options(), {child("a")});
  crash("a");
  EXPECT_EQ(journal, (lines{"start a", "exit a", "down a"}));
}

TEST_F(SupervisorRestart, StartsAPermanentChildAgainAfterANormalEnd) {
  start(exact_options(), {child("a")});
  end("a", caf::exit_reason::normal);
  advance(1s);
  EXPECT_EQ(starts("a"), 2u);
}

TEST_F(SupervisorRestart, LeavesATransientChildThatEndedNormally) {
  auto specs = std::vector{child("a"), child("b")};
  specs[0].restart = specs[1].restart = restart_type::transient;
  auto sup = start(exact_options(), std::move(specs));
  end("a", caf::exit_reason::normal);
  end("b", caf::exit_reason::user_shutdown);
  advance(1min);
  EXPECT_EQ(starts("a"), 1u);
  EXPECT_EQ(starts("b"), 1u);
  EXPECT_FALSE(ended);
}

TEST_F(SupervisorRestart, StartsATransientChildAgainAfterACrash) {
  auto spec = child("a");
  spec.restart = restart_type::transient;
  start(exact_options(), {spec});
  crash("a");
  advance(1s);
  EXPECT_EQ(starts("a"), 2u);
}

TEST_F(SupervisorRestart, NeverStartsATemporaryChildAgain) {
  auto spec = child("a");
  spec.restart = restart_type::temporary;
  start(exact_options(), {spec});
  crash("a");
  advance(1min);
  EXPECT_EQ(starts("a"), 1u);
  EXPECT_FALSE(ended);
}

TEST_F(SupervisorRestart, ForgetsTheFailuresOfAChildThatStayedUp) {
  start(exact_options(), {child("a")});
  crash("a");
  advance(100ms);
  crash("a");
  advance(200ms);
  advance(60s);
  crash("a");
  ASSERT_EQ(starts("a"), 4u);
  // The second failure of the new count.
  crash("a");
  advance(199ms);
  EXPECT_EQ(starts("a"), 4u);
  advance(1ms);
  EXPECT_EQ(starts("a"), 5u);
}

TEST_F(SupervisorRestart, KeepsTheFailuresOfAChildThatDidNotStayUp) {
  start(exact_options(), {child("a")});
  crash("a");
  advance(100ms);
  crash("a");
  advance(200ms);
  advance(59s);
  crash("a");
  ASSERT_EQ(starts("a"), 4u);
  crash("a");
  advance(799ms);
  EXPECT_EQ(starts("a"), 4u);
  advance(1ms);
  EXPECT_EQ(starts("a"), 5u);
}

TEST_F(SupervisorRestart, ReplacesAChildThatDiesLaterAtOnceAndForFree) {
  auto options = exact_options();
  options.intensity = 0;
  options.start_window = 10s;
  start(options, {child("a")});
  for (size_t i = 2; i < 10; ++i) {
    advance(10s);
    crash("a");
    EXPECT_EQ(starts("a"), i);
  }
  EXPECT_FALSE(ended);
  advance(9s);
  crash("a");
  EXPECT_TRUE(ended);
}

TEST_F(SupervisorRestart, TakesAThrowingStartForAFailedStart) {
  auto spec = child("b");
  auto attempts = 0;
  spec.start = [&attempts, inner = spec.start](caf::actor_system& system) {
    if (++attempts < 3)
      throw std::runtime_error("no luck");
    return inner(system);
  };
  start(exact_options(), {child("a"), spec, child("c")});
  EXPECT_EQ(journal, (lines{"start a", "start c"}));
  advance(100ms);
  EXPECT_EQ(starts("b"), 0u);
  advance(200ms);
  EXPECT_EQ(starts("b"), 1u);
  EXPECT_EQ(starts("a"), 1u);
  EXPECT_FALSE(ended);
}

TEST_F(SupervisorRestart, TakesAStartWithoutAnActorForAFailedStart) {
  auto spec = child("a");
  auto attempts = 0;
  spec.start = [&attempts, inner = spec.start](caf::actor_system& system) {
    ++attempts;
    if (attempts == 1)
      throw 42;
    return attempts == 2 ? caf::actor{} : inner(system);
  };
  start(exact_options(), {spec});
  EXPECT_EQ(attempts, 1);
  advance(100ms);
  EXPECT_EQ(attempts, 2);
  advance(200ms);
  EXPECT_EQ(starts("a"), 1u);
  EXPECT_FALSE(ended);
}

// -- what it shows ------------------------------------------------------------

TEST_F(SupervisorRestart, ShowsItsChildren) {
  auto inner = child("b");
  inner.is_supervisor = true;
  auto sup = start(exact_options(), {child("a"), inner});
  crash("a");
  auto seen = ask_now<children>(sup, which_children{}).value().items;
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].name, "a");
  EXPECT_FALSE(seen[0].handle);
  EXPECT_EQ(seen[0].incarnation, 1u);
  EXPECT_FALSE(seen[0].is_supervisor);
  EXPECT_EQ(seen[1].handle, handles.at("b"));
  EXPECT_TRUE(seen[1].is_supervisor);
  advance(100ms);
  seen = ask_now<children>(sup, which_children{}).value().items;
  EXPECT_EQ(seen[0].handle, handles.at("a"));
  EXPECT_EQ(seen[0].incarnation, 2u);
}

} // namespace dspex::test
