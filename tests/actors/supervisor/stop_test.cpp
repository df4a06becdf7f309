#include "tests/actors/supervisor/fixture.hpp"

namespace dspex::test {

// -- escalation ---------------------------------------------------------------

using SupervisorEscalation = supervisor_test;

TEST_F(SupervisorEscalation, EndsWithTheReasonOfTheChildThatFailsTooOften) {
  auto options = exact_options();
  options.intensity = 2;
  start(options, {child("a"), child("b"), child("c")});
  crash("b");
  advance(100ms);
  crash("b");
  advance(200ms);
  EXPECT_FALSE(ended);
  journal.clear();
  crash("b");
  ASSERT_TRUE(ended);
  EXPECT_EQ(*ended, caf::exit_reason::unhandled_exception);
  EXPECT_EQ(journal, (lines{"exit b", "down b", "exit c", "down c", "exit a",
                            "down a"}));
  EXPECT_EQ(running(), 0u);
}

TEST_F(SupervisorEscalation, CountsTheFailuresOfAllChildrenTogether) {
  auto options = exact_options();
  options.intensity = 1;
  start(options, {child("a"), child("b")});
  crash("a");
  EXPECT_FALSE(ended);
  crash("b");
  EXPECT_TRUE(ended);
}

TEST_F(SupervisorEscalation, ForgivesFailuresSpreadWiderThanThePeriod) {
  auto options = exact_options();
  options.intensity = 1;
  options.period = 1s;
  options.delay = {.initial = 1100ms, .max = 1100ms, .jitter = 0};
  start(options, {child("a")});
  for (size_t i = 2; i < 8; ++i) {
    crash("a");
    advance(1100ms);
    EXPECT_EQ(starts("a"), i);
  }
  EXPECT_FALSE(ended);
}

TEST_F(SupervisorEscalation, EscalatesFailuresJustWithinThePeriod) {
  auto options = exact_options();
  options.intensity = 1;
  options.period = 1s;
  options.delay = {.initial = 900ms, .max = 900ms, .jitter = 0};
  start(options, {child("a")});
  crash("a");
  advance(900ms);
  crash("a");
  EXPECT_TRUE(ended);
}

TEST_F(SupervisorEscalation, EndsWhenAChildCanNeverStart) {
  auto spec = child_spec{};
  spec.name = "b";
  spec.start = [](caf::actor_system&) -> caf::actor {
    throw std::runtime_error("the disk is full");
  };
  auto options = exact_options();
  options.intensity = 3;
  start(options, {child("a"), spec});
  advance(1s);
  ASSERT_TRUE(ended);
  EXPECT_EQ(from_caf(*ended, errc::none),
            (error{errc::internal, "the disk is full"}));
  EXPECT_EQ(running(), 0u);
}

TEST_F(SupervisorEscalation, StopsToStartWhenTheFirstChildUsesUpTheBudget) {
  auto spec = child_spec{};
  spec.name = "a";
  spec.start = [](caf::actor_system&) -> caf::actor {
    throw std::runtime_error("never");
  };
  auto options = exact_options();
  options.intensity = 0;
  start(options, {spec, child("b")});
  EXPECT_TRUE(ended);
  EXPECT_EQ(starts("b"), 0u);
}

TEST_F(SupervisorEscalation, IsTheParentsBusiness) {
  auto inner_options = exact_options();
  inner_options.intensity = 0;
  auto inner = child_spec{};
  inner.name = "inner";
  inner.is_supervisor = true;
  inner.start = [this, inner_options](caf::actor_system& system) {
    journal.push_back("start inner");
    auto specs = std::vector{child("x"), child("y")};
    return caf::actor_cast<caf::actor>(
      system.spawn(supervisor, inner_options, specs));
  };
  auto options = exact_options();
  options.intensity = 1;
  start(options, {child("a"), inner});
  crash("x");
  EXPECT_EQ(starts("inner"), 1u);
  advance(100ms);
  EXPECT_EQ(starts("inner"), 2u);
  EXPECT_EQ(starts("x"), 2u);
  EXPECT_EQ(starts("y"), 2u);
  EXPECT_EQ(starts("a"), 1u);
  EXPECT_FALSE(ended);
  crash("y");
  ASSERT_TRUE(ended);
  EXPECT_EQ(*ended, caf::exit_reason::unhandled_exception);
  EXPECT_EQ(running(), 0u);
}

// -- stop ---------------------------------------------------------------------

using SupervisorStop = supervisor_test;

TEST_F(SupervisorStop, StopsFromRightToLeftOneAfterTheOther) {
  auto sup = start({}, {child("a", 1s), child("b", 1s), child("c", 1s)});
  journal.clear();
  caf::anon_send_exit(sup, caf::exit_reason::user_shutdown);
  settle();
  EXPECT_EQ(journal, (lines{"exit c"}));
  advance(999ms);
  EXPECT_EQ(journal, (lines{"exit c"}));
  advance(1ms);
  EXPECT_EQ(journal, (lines{"exit c", "down c", "exit b"}));
  advance(1s);
  EXPECT_EQ(journal, (lines{"exit c", "down c", "exit b", "down b", "exit a"}));
  EXPECT_FALSE(ended);
  advance(1s);
  ASSERT_TRUE(ended);
  EXPECT_EQ(*ended, caf::exit_reason::user_shutdown);
}

TEST_F(SupervisorStop, KillsAChildThatDoesNotStopInTime) {
  auto stubborn = stubborn_child("b");
  stubborn.shutdown_timeout = 5s;
  auto sup = start({}, {child("a"), stubborn});
  caf::anon_send_exit(sup, caf::exit_reason::user_shutdown);
  advance(4999ms);
  EXPECT_FALSE(ended);
  EXPECT_EQ(journal, (lines{"start a", "start b", "exit b"}));
  advance(1ms);
  EXPECT_EQ(journal, (lines{"start a", "start b", "exit b", "down b", "exit a",
                            "down a"}));
  EXPECT_TRUE(ended);
  EXPECT_EQ(running(), 0u);
}

TEST_F(SupervisorStop, GrantsEachChildItsOwnTime) {
  // The first timer is stale when the second child still has time.
  auto b = child("b", 900ms);
  b.shutdown_timeout = 1s;
  auto a = child("a", 900ms);
  a.shutdown_timeout = 1s;
  auto sup = start({}, {a, b});
  caf::anon_send_exit(sup, caf::exit_reason::user_shutdown);
  advance(1799ms);
  EXPECT_EQ(journal.back(), "exit a");
  advance(1ms);
  EXPECT_EQ(journal.back(), "down a");
  EXPECT_TRUE(ended);
}

TEST_F(SupervisorStop, StartsNothingWhileItStops) {
  auto options = exact_options();
  options.delay.initial = 1s;
  auto sup = start(options, {child("a", 3s), child("b")});
  crash("b");
  caf::anon_send_exit(sup, caf::exit_reason::user_shutdown);
  advance(2s);
  ASSERT_FALSE(ended);
  EXPECT_EQ(starts("b"), 1u);
  advance(1s);
  EXPECT_TRUE(ended);
  EXPECT_EQ(starts("b"), 1u);
}

TEST_F(SupervisorStop, DoesNotReplaceAChildThatDiesWhileItStops) {
  auto sup = start(exact_options(), {child("a"), child("b", 3s)});
  caf::anon_send_exit(sup, caf::exit_reason::user_shutdown);
  settle();
  crash("a");
  advance(3s);
  EXPECT_EQ(starts("a"), 1u);
  EXPECT_TRUE(ended);
  EXPECT_EQ(running(), 0u);
}

TEST_F(SupervisorStop, IsNotBegunTwice) {
  auto sup = start({}, {child("a"), child("b", 1s)});
  caf::anon_send_exit(sup, caf::exit_reason::user_shutdown);
  settle();
  caf::anon_send_exit(sup, caf::exit_reason::unhandled_exception);
  advance(1s);
  ASSERT_TRUE(ended);
  EXPECT_EQ(*ended, caf::exit_reason::user_shutdown);
}

TEST_F(SupervisorStop, OvertakesTheMailboxOfABusyChild) {
  auto seen = 0;
  auto spec = child("a");
  spec.start = [&seen, this](caf::actor_system& system) {
    handles["a"]
      = system.spawn([&seen](caf::event_based_actor*) -> caf::behavior {
          return {[&seen](int) { ++seen; }};
        });
    return handles["a"];
  };
  auto sup = start({}, {spec});
  // The supervisor runs first, its message arrives last.
  caf::anon_send_exit(sup, caf::exit_reason::user_shutdown);
  for (auto i = 0; i < 1000; ++i)
    caf::anon_send(handles["a"], i);
  settle();
  EXPECT_TRUE(ended);
  EXPECT_EQ(seen, 0);
}

TEST_F(SupervisorStop, LeavesNoOrphansWhenItIsKilled) {
  auto sup = start({}, {child("a"), child("b", 1s)});
  caf::anon_send_exit(sup, caf::exit_reason::kill);
  settle();
  ASSERT_TRUE(ended);
  // Killed, too: nobody is left to wait for an orderly end.
  EXPECT_EQ(journal, (lines{"start a", "start b", "down b", "down a"}));
  EXPECT_EQ(running(), 0u);
}

} // namespace dspex::test
