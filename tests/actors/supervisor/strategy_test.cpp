// Children that are started again together.

#include "tests/actors/supervisor/fixture.hpp"

namespace dspex::test {

namespace {

supervisor_options exact(restart_strategy strategy) {
  auto out = supervisor_options{};
  out.strategy = strategy;
  out.delay.jitter = 0;
  return out;
}

} // namespace

// -- one for all --------------------------------------------------------------

using SupervisorOneForAll = supervisor_test;

TEST_F(SupervisorOneForAll, StopsFromRightToLeftAndStartsFromLeftToRight) {
  start(exact(restart_strategy::one_for_all),
        {child("a"), child("b"), child("c"), child("d")});
  journal.clear();
  crash("b");
  EXPECT_EQ(journal, (lines{"exit b", "down b", "exit d", "down d", "exit c",
                            "down c", "exit a", "down a"}));
  journal.clear();
  advance(99ms);
  EXPECT_EQ(journal, lines{});
  advance(1ms);
  EXPECT_EQ(journal, (lines{"start a", "start b", "start c", "start d"}));
}

TEST_F(SupervisorOneForAll, WaitsUntilTheLastSiblingIsDown) {
  start(exact(restart_strategy::one_for_all),
        {child("a", 1s), child("b"), child("c", 2s)});
  journal.clear();
  crash("b");
  advance(2s);
  EXPECT_EQ(journal, (lines{"exit b", "down b", "exit c", "down c", "exit a"}));
  advance(999ms);
  EXPECT_EQ(journal.back(), "exit a");
  journal.clear();
  advance(1ms);
  EXPECT_EQ(journal, (lines{"down a", "start a", "start b", "start c"}));
}

TEST_F(SupervisorOneForAll, KillsASiblingThatDoesNotStopInTime) {
  auto stubborn = stubborn_child("a");
  stubborn.shutdown_timeout = 3s;
  start(exact(restart_strategy::one_for_all), {stubborn, child("b")});
  crash("b");
  advance(2999ms);
  EXPECT_EQ(journal.back(), "exit a");
  advance(1ms);
  EXPECT_EQ(starts("a"), 2u);
  EXPECT_EQ(starts("b"), 2u);
}

TEST_F(SupervisorOneForAll, BeginsAnewWhenAStartThrowsInTheMiddle) {
  auto b = child("b");
  auto attempts = 0;
  b.start = [&attempts, inner = b.start](caf::actor_system& system) {
    if (++attempts == 2)
      throw std::runtime_error("no luck");
    return inner(system);
  };
  start(exact(restart_strategy::one_for_all), {child("a"), b, child("c")});
  journal.clear();
  crash("b");
  advance(100ms);
  EXPECT_EQ(journal, (lines{"exit b", "down b", "exit c", "down c", "exit a",
                            "down a", "start a", "exit a", "down a"}));
  journal.clear();
  advance(199ms);
  EXPECT_EQ(journal, lines{});
  advance(1ms);
  EXPECT_EQ(journal, (lines{"start a", "start b", "start c"}));
  EXPECT_FALSE(ended);
}

TEST_F(SupervisorOneForAll, StartsATransientSiblingThatHadEndedInPeace) {
  auto a = child("a");
  a.restart = restart_type::transient;
  start(exact(restart_strategy::one_for_all), {a, child("b")});
  end("a", caf::exit_reason::normal);
  advance(1s);
  EXPECT_EQ(starts("a"), 1u);
  EXPECT_EQ(starts("b"), 1u);
  crash("b");
  advance(1s);
  EXPECT_EQ(starts("a"), 2u);
}

TEST_F(SupervisorOneForAll, LeavesATemporarySiblingDown) {
  auto a = child("a");
  a.restart = restart_type::temporary;
  start(exact(restart_strategy::one_for_all), {a, child("b"), child("c")});
  crash("b");
  advance(1s);
  EXPECT_EQ(starts("a"), 1u);
  EXPECT_EQ(starts("b"), 2u);
  EXPECT_EQ(starts("c"), 2u);
  auto& count = journal;
  EXPECT_EQ(std::count(count.begin(), count.end(), "down a"), 1);
}

TEST_F(SupervisorOneForAll, IsNotForATemporaryChildsSake) {
  auto a = child("a");
  a.restart = restart_type::temporary;
  start(exact(restart_strategy::one_for_all), {a, child("b")});
  crash("a");
  advance(1min);
  EXPECT_EQ(starts("a"), 1u);
  EXPECT_EQ(starts("b"), 1u);
}

TEST_F(SupervisorOneForAll, StartsATemporaryChildThatItsFirstStartDidNotReach) {
  auto a = child("a");
  auto attempts = 0;
  a.start = [&attempts, inner = a.start](caf::actor_system& system) {
    if (++attempts == 1)
      throw std::runtime_error("no luck");
    return inner(system);
  };
  auto b = child("b");
  b.restart = restart_type::temporary;
  start(exact(restart_strategy::one_for_all), {a, b});
  EXPECT_EQ(journal, lines{});
  advance(100ms);
  EXPECT_EQ(journal, (lines{"start a", "start b"}));
}

// -- rest for one -------------------------------------------------------------

using SupervisorRestForOne = supervisor_test;

TEST_F(SupervisorRestForOne, StartsAgainWhatDependsOnTheOneThatFailed) {
  start(exact(restart_strategy::rest_for_one),
        {child("a"), child("b"), child("c"), child("d")});
  journal.clear();
  crash("b");
  EXPECT_EQ(journal, (lines{"exit b", "down b", "exit d", "down d", "exit c",
                            "down c"}));
  journal.clear();
  advance(100ms);
  EXPECT_EQ(journal, (lines{"start b", "start c", "start d"}));
}

TEST_F(SupervisorRestForOne, LeavesTheOthersAloneWhenTheLastFails) {
  start(exact(restart_strategy::rest_for_one), {child("a"), child("b")});
  crash("b");
  advance(100ms);
  EXPECT_EQ(starts("a"), 1u);
  EXPECT_EQ(starts("b"), 2u);
}

TEST_F(SupervisorRestForOne, LeavesATemporarySiblingDown) {
  auto b = child("b");
  b.restart = restart_type::temporary;
  start(exact(restart_strategy::rest_for_one), {child("a"), b, child("c")});
  crash("a");
  advance(1s);
  EXPECT_EQ(starts("a"), 2u);
  EXPECT_EQ(starts("b"), 1u);
  EXPECT_EQ(starts("c"), 2u);
}

TEST_F(SupervisorRestForOne, DoesNotStartWhatDependsOnAChildThatNeverStarted) {
  auto b = child("b");
  auto attempts = 0;
  b.start = [&attempts, inner = b.start](caf::actor_system& system) {
    if (++attempts < 3)
      throw std::runtime_error("no luck");
    return inner(system);
  };
  start(exact(restart_strategy::rest_for_one), {child("a"), b, child("c")});
  EXPECT_EQ(journal, lines{"start a"});
  advance(299ms);
  EXPECT_EQ(journal, lines{"start a"});
  advance(1ms);
  EXPECT_EQ(journal, (lines{"start a", "start b", "start c"}));
}

TEST_F(SupervisorRestForOne, WidensTheIncidentWhenAChildBeforeItFails) {
  auto options = exact(restart_strategy::rest_for_one);
  options.intensity = 2;
  start(options, {child("a"), child("b"), child("c")});
  crash("c");
  advance(50ms);
  journal.clear();
  crash("a");
  EXPECT_EQ(journal, (lines{"exit a", "down a", "exit b", "down b"}));
  journal.clear();
  // The timer of the first failure comes to nothing.
  advance(99ms);
  EXPECT_EQ(journal, lines{});
  advance(1ms);
  EXPECT_EQ(journal, (lines{"start a", "start b", "start c"}));
  advance(1min);
  EXPECT_EQ(journal.size(), 3u);
}

// -- one incident -------------------------------------------------------------

using SupervisorIncident = supervisor_test;

TEST_F(SupervisorIncident, CountsOnceWhenSiblingsDieTogether) {
  auto options = exact(restart_strategy::one_for_all);
  options.intensity = 1;
  start(options, {child("a"), child("b"), child("c")});
  for (auto* name : {"a", "b", "c"})
    caf::anon_send_exit(handles.at(name),
                        caf::exit_reason::unhandled_exception);
  advance(100ms);
  EXPECT_FALSE(ended);
  for (auto* name : {"a", "b", "c"})
    EXPECT_EQ(starts(name), 2u) << name;
  crash("a");
  EXPECT_TRUE(ended);
}

TEST_F(SupervisorIncident, CountsOnceWhenASiblingCrashesWhileItStops) {
  auto options = exact(restart_strategy::one_for_all);
  options.intensity = 1;
  start(options, {child("a", 5s), child("b", 5s), child("c")});
  crash("c");
  advance(1s);
  // `b` is on its way out, `a` has not been asked yet.
  caf::anon_send_exit(handles.at("a"), caf::exit_reason::kill);
  caf::anon_send_exit(handles.at("b"), caf::exit_reason::kill);
  advance(1s);
  EXPECT_FALSE(ended);
  for (auto* name : {"a", "b", "c"})
    EXPECT_EQ(starts(name), 2u) << name;
}

TEST_F(SupervisorIncident, SpendsTheBudgetWhenTheGroupFailsAgain) {
  auto options = exact(restart_strategy::rest_for_one);
  options.intensity = 2;
  start(options, {child("a"), child("b")});
  crash("a");
  advance(100ms);
  crash("b");
  advance(100ms);
  EXPECT_FALSE(ended);
  journal.clear();
  crash("a");
  ASSERT_TRUE(ended);
  EXPECT_EQ(*ended, caf::exit_reason::unhandled_exception);
  EXPECT_EQ(journal, (lines{"exit a", "down a", "exit b", "down b"}));
  EXPECT_EQ(running(), 0u);
}

TEST_F(SupervisorIncident, DelaysByTheFailuresOfTheChildThatFailed) {
  start(exact(restart_strategy::one_for_all), {child("a"), child("b")});
  crash("a");
  advance(100ms);
  // The first failure of this one: its first restart was for the other's sake.
  crash("b");
  advance(100ms);
  EXPECT_EQ(starts("b"), 3u);
  crash("a");
  advance(199ms);
  EXPECT_EQ(starts("a"), 3u);
  advance(1ms);
  EXPECT_EQ(starts("a"), 4u);
}

TEST_F(SupervisorIncident, IsOverWhenTheSupervisorHasToStop) {
  auto sup = start(exact(restart_strategy::one_for_all),
                   {child("a", 1s), child("b", 1s), child("c")});
  journal.clear();
  crash("c");
  caf::anon_send_exit(sup, caf::exit_reason::user_shutdown);
  advance(1min);
  ASSERT_TRUE(ended);
  EXPECT_EQ(*ended, caf::exit_reason::user_shutdown);
  // No child is asked to stop twice, and none starts.
  EXPECT_EQ(journal, (lines{"exit c", "down c", "exit b", "down b", "exit a",
                            "down a"}));
}

TEST_F(SupervisorIncident, StartsNothingWhenItsTimerFiresInTheStop) {
  auto sup = start(exact(restart_strategy::rest_for_one),
                   {child("a", 5s), child("b")});
  crash("b");
  caf::anon_send_exit(sup, caf::exit_reason::user_shutdown);
  advance(1s);
  EXPECT_EQ(starts("b"), 1u);
  EXPECT_FALSE(ended);
  advance(4s);
  EXPECT_TRUE(ended);
}

TEST_F(SupervisorIncident,
       LeavesNoOrphansWhenTheSupervisorIsKilledInTheMiddle) {
  auto sup = start(exact(restart_strategy::one_for_all),
                   {child("a"), child("b", 5s), child("c")});
  crash("c");
  caf::anon_send_exit(sup, caf::exit_reason::kill);
  settle();
  ASSERT_TRUE(ended);
  EXPECT_EQ(running(), 0u);
}

} // namespace dspex::test
