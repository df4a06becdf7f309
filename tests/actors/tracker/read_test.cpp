#include <algorithm>

#include <gmock/gmock.h>

#include "tests/actors/tracker/fixture.hpp"

namespace dspex::test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// -- get ----------------------------------------------------------------------

using TrackerGet = tracker_test;

TEST_F(TrackerGet, SeesARunBeforeTheStoreDoes) {
  auto x = make_record();
  accept(x);
  auto found = call("execution.get", {{"execution", to_string(x.id)}});
  EXPECT_EQ(execution_record_from_json(*found.value()).value(), x);
  EXPECT_EQ(script.reads, 0u);
}

TEST_F(TrackerGet, NeverShowsAnEndThatIsNotCommitted) {
  auto x = make_record();
  accept(x);
  script.hold_writes = true;
  finish(completed(x));
  auto where = json{{"execution", to_string(x.id)}};
  EXPECT_EQ(call("execution.get", where).value()->at("status"), "running");
  release();
  EXPECT_EQ(call("execution.get", where).value()->at("status"), "completed");
}

TEST_F(TrackerGet, DoesNotKnowAnIdThatNobodyUsed) {
  auto id = to_string(execution_id::make());
  auto asked = act(tracker, "execution.get", {{"execution", id}});
  advance(150ms);
  EXPECT_EQ(asked.error().code, errc::not_found);
  EXPECT_EQ(call("execution.get", {{"execution", "x"}}).error(),
            (error{errc::not_found, "No execution has the id \"x\""}));
}

TEST_F(TrackerGet, SaysThatTheStoreIsAway) {
  script.away = true;
  auto id = to_string(execution_id::make());
  EXPECT_EQ(call("execution.get", {{"execution", id}}).error().code,
            errc::store_unavailable);
}

TEST_F(TrackerGet, RefusesAnActionThatIsNotItsOwn) {
  EXPECT_EQ(
    call("execution.frobnicate", json::object()).error(),
    (error{errc::invalid_option, "Unknown action: execution.frobnicate"}));
}

// -- list ---------------------------------------------------------------------

class TrackerList : public tracker_test {
protected:
  // Reads all pages.
  std::vector<std::string> list(json arguments) {
    auto out = std::vector<std::string>{};
    for (auto n = 0; n < 100; ++n) {
      auto reply = call("execution.list", arguments).value();
      auto ids = ids_of(*reply);
      EXPECT_LE(ids.size(), arguments.value("limit", size_t{50}));
      out.insert(out.end(), ids.begin(), ids.end());
      if (reply->at("next").is_null())
        return out;
      arguments["cursor"] = reply->at("next");
    }
    ADD_FAILURE() << "the list never ends";
    return out;
  }
};

TEST_F(TrackerList, PagesThroughStoredAndOpenOnesOnceEachNewestFirst) {
  auto all = std::vector<std::string>{};
  for (auto i = 0; i < 40; ++i) {
    auto x = make_record();
    if (i % 4 == 3)
      accept(x);
    else
      direct().write({.finished = {completed(x)}}).value();
    all.push_back(to_string(x.id));
  }
  std::reverse(all.begin(), all.end());
  for (auto limit : {1, 7, 10, 39, 40, 41})
    EXPECT_EQ(list({{"limit", limit}}), all) << limit;
}

TEST_F(TrackerList, PagesThroughOpenOnesThatAreAllNewerOrOlder) {
  for (auto open_first : {true, false}) {
    auto all = std::vector<std::string>{};
    auto p = add_program({}, "another");
    for (auto i = 0; i < 20; ++i) {
      auto x = make_record();
      x.program_id = p.id;
      if ((i < 10) == open_first)
        accept(x);
      else
        direct().write({.finished = {completed(x)}}).value();
      all.push_back(to_string(x.id));
    }
    std::reverse(all.begin(), all.end());
    EXPECT_EQ(list({{"limit", 7}, {"program", to_string(p.id)}}), all);
  }
}

TEST_F(TrackerList, ShowsALongRunOnceThoughItIsInTheStoreToo) {
  auto x = make_record();
  accept(x);
  advance(1s);
  ASSERT_EQ(stored_status(x), "running");
  EXPECT_THAT(list(json::object()), ElementsAre(to_string(x.id)));
}

TEST_F(TrackerList, ShowsARunThatIsCommittedWhileTheListIsRead) {
  auto x = make_record();
  accept(x);
  script.hold_answers = true;
  auto reply = act(tracker, "execution.list", json::object());
  settle();
  script.hold_answers = false;
  finish(completed(x));
  ASSERT_EQ(stored_status(x), "completed");
  release();
  EXPECT_THAT(ids_of(*reply.value()), ElementsAre(to_string(x.id)));
}

TEST_F(TrackerList, FiltersWhatIsInFlight) {
  auto x = make_record();
  auto y = make_record(execution_status::pending);
  accept(x);
  accept(y);
  EXPECT_THAT(list({{"status", "running"}}), ElementsAre(to_string(x.id)));
  EXPECT_THAT(list({{"status", "pending"}}), ElementsAre(to_string(y.id)));
  EXPECT_THAT(list({{"status", "completed"}}), IsEmpty());
  EXPECT_THAT(list({{"program", to_string(program_id::make())}}), IsEmpty());
  EXPECT_THAT(list({{"error_code", "timeout"}}), IsEmpty());
  EXPECT_THAT(list({{"since", to_string(y.executed_at)},
                    {"until", to_string(y.executed_at + 1us)}}),
              ElementsAre(to_string(y.id)));
}

TEST_F(TrackerList, RefusesArgumentsThatMeanNothing) {
  EXPECT_EQ(call("execution.list", {{"limit", 0}}).error().message,
            "Argument limit: must be between 1 and 1000, got 0");
  EXPECT_EQ(call("execution.list", {{"status", "odd"}}).error().message,
            "Argument status: no such value: \"odd\"");
  EXPECT_EQ(call("execution.list", {{"status", "odd"}}).error().code,
            errc::invalid_option);
}

// -- statistics ---------------------------------------------------------------

using TrackerStatistics = tracker_test;

TEST_F(TrackerStatistics, CountARunInFlightOnceFromAcceptanceToCommit) {
  auto x = make_record();
  accept(x);
  EXPECT_EQ(in_progress(), 1u);
  script.hold_writes = true;
  advance(1s);
  ASSERT_EQ(stored_status(x), "not_found");
  EXPECT_EQ(in_progress(), 1u) << "its row is on the way";
  release();
  ASSERT_EQ(stored_status(x), "running");
  EXPECT_EQ(in_progress(), 1u);
  script.hold_writes = true;
  finish(completed(x));
  EXPECT_EQ(in_progress(), 1u) << "its end is not committed";
  release();
  EXPECT_EQ(in_progress(), 0u);
}

TEST_F(TrackerStatistics, CountOnlyTheirOwnProgram) {
  auto x = make_record();
  x.program_id = add_program({}, "another").id;
  accept(x);
  EXPECT_EQ(in_progress(), 0u);
}

TEST_F(TrackerStatistics, DoNotKnowAProgramWithoutRecord) {
  auto id = to_string(program_id::make());
  EXPECT_EQ(call("program.stats", {{"program", id}}).error().code,
            errc::not_found);
  EXPECT_EQ(call("program.stats", {{"program", "x"}}).error().code,
            errc::not_found);
}

} // namespace dspex::test
