// Tests of how a supervisor learns of the end of a child, and what it reports.

#include <sstream>

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "tests/actors/supervisor/fixture.hpp"

namespace dspex::test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SupervisorWatch : public supervisor_test {
protected:
  /// The message by which CAF reports a death.
  static void tell_death(const supervisor_actor& sup,
                         const caf::actor_addr& who) {
    caf::anon_send(caf::actor_cast<caf::actor>(sup),
                   caf::down_msg{who, caf::exit_reason::unhandled_exception});
  }
};

TEST_F(SupervisorWatch, LearnsOfADeathBeforeWhatWaitsInItsMailbox) {
  auto sup = start(exact_options(), {child("a")});
  auto answers = std::vector<answer<children>>{};
  for (auto i = 0; i < 100; ++i)
    answers.push_back(ask<children>(sup, which_children{}));
  // The questions are sent first, then the child dies, then the supervisor gets
  // its turn.
  caf::anon_send_exit(handles.at("a"), caf::exit_reason::kill);
  settle();
  for (auto& x : answers)
    EXPECT_FALSE(x.value().items.at(0).handle);
}

TEST_F(SupervisorWatch, IgnoresTheDeathOfAFormerIncarnation) {
  auto sup = start(exact_options(), {child("a")});
  auto former = handles.at("a").address();
  crash("a");
  advance(100ms);
  ASSERT_EQ(starts("a"), 2u);
  tell_death(sup, former);
  advance(1s);
  EXPECT_EQ(starts("a"), 2u);
  EXPECT_EQ(std::count(journal.begin(), journal.end(), "down a"), 1);
}

TEST_F(SupervisorWatch, TakesADeathThatIsToldTwiceForOne) {
  auto options = exact_options();
  options.intensity = 1;
  auto sup = start(options, {child("a")});
  auto who = handles.at("a").address();
  crash("a");
  tell_death(sup, who);
  settle();
  EXPECT_FALSE(ended);
  advance(1s);
  EXPECT_EQ(starts("a"), 2u);
}

TEST_F(SupervisorWatch, IgnoresTheDeathOfAStranger) {
  auto sup = start(exact_options(), {child("a")});
  tell_death(sup, sup.address());
  advance(1s);
  EXPECT_EQ(journal, lines{"start a"});
}

TEST_F(SupervisorWatch, LetsGoOfADeadChildAtOnce) {
  start(exact_options(), {child("a")});
  auto child = caf::actor_cast<caf::weak_actor_ptr>(handles.at("a"));
  caf::anon_send_exit(handles.at("a"), caf::exit_reason::kill);
  handles.clear();
  settle();
  EXPECT_FALSE(child.lock());
}

TEST_F(SupervisorWatch, WarnsOnceForEachIncarnationThatEnded) {
  auto out = std::ostringstream{};
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_st>(out);
  sink->set_pattern("%l %v");
  auto others = std::exchange(log().sinks(), {sink});
  log().set_level(spdlog::level::warn);
  auto temporary = child("t");
  temporary.restart = restart_type::temporary;
  auto options = exact_options();
  options.name = "storage";
  options.strategy = restart_strategy::one_for_all;
  start(options, {child("a", 40ms), child("b"), temporary});
  crash("b");
  advance(100ms);
  log().sinks() = others;
  log().set_level(spdlog::level::off);
  auto texts = lines{};
  auto in = std::istringstream{out.str()};
  for (auto line = std::string{}; std::getline(in, line);)
    texts.push_back(line);
  ASSERT_EQ(texts.size(), 3u) << out.str();
  EXPECT_THAT(
    texts[0],
    HasSubstr("warning storage: a child ended child=b incarnation=1 reason="));
  EXPECT_THAT(texts[0], HasSubstr(" delay=100ms"));
  EXPECT_THAT(texts[1], HasSubstr("child=t incarnation=1 reason="));
  EXPECT_THAT(texts[1], HasSubstr(" delay=never"));
  EXPECT_THAT(texts[2], HasSubstr("child=a incarnation=1 reason="));
  EXPECT_THAT(texts[2], HasSubstr(" delay=60ms"));
}

TEST_F(SupervisorWatch, TellsItsObserverOfEachBeginAndEnd) {
  auto events = lines{};
  auto options = exact_options();
  options.name = "storage";
  options.observe = [&events](const child_event& x) {
    auto verb = x.what == child_event::kind::started ? " started " : " ended ";
    events.push_back(x.supervisor + verb + x.child + ' '
                     + std::to_string(x.incarnation));
  };
  auto broken = child("b");
  broken.start = [](caf::actor_system&) -> caf::actor {
    throw std::runtime_error("the disk is full");
  };
  auto sup = start(options, {child("a"), broken});
  EXPECT_THAT(events, ElementsAre("storage started a 1", "storage ended b 1"));
  events.clear();
  crash("a");
  advance(100ms);
  EXPECT_THAT(events, ElementsAre("storage ended a 1", "storage ended b 2",
                                  "storage started a 2"));
  events.clear();
  caf::anon_send_exit(sup, caf::exit_reason::user_shutdown);
  settle();
  EXPECT_THAT(events, ElementsAre());
}

} // namespace dspex::test
