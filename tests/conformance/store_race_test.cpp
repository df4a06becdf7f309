#include <atomic>
#include <latch>
#include <map>
#include <thread>

#include "tests/conformance/store_conformance.hpp"

namespace dspex::test {

namespace {

constexpr int racers = 32;

// Lets every racer, each with its own connection, call `f` at once; counts the
// outcomes.
template <class Connect, class F>
std::map<std::string, int> race(Connect connect, F f) {
  auto stores = std::vector<std::unique_ptr<store>>{};
  for (int i = 0; i < racers; ++i)
    stores.push_back(connect());
  auto start = std::latch{racers};
  auto outcomes = std::vector<std::string>(racers);
  {
    auto threads = std::vector<std::jthread>{};
    for (int i = 0; i < racers; ++i)
      threads.emplace_back([&, i] {
        auto slot = static_cast<size_t>(i);
        start.arrive_and_wait();
        outcomes[slot] = f(*stores[slot]);
      });
  }
  auto out = std::map<std::string, int>{};
  for (auto& x : outcomes)
    ++out[x];
  return out;
}

using outcome_counts = std::map<std::string, int>;

} // namespace

// -- transitions --------------------------------------------------------------

TEST_P(StoreConformance, OneOfManySignatureTransitionsWins) {
  struct race_of {
    signature_action action;
    signature_status from;
    std::string loses;
  };
  for (auto& x : {race_of{signature_action::activate, signature_status::draft,
                          "Only draft signatures can be activated"},
                  race_of{signature_action::deprecate, signature_status::active,
                          "Only active signatures can be deprecated"}}) {
    auto sig = signature_in(x.from);
    auto got = race([&] { return connect(); },
                    [&](store& s) {
                      return refusal(s.transition_signature(sig.id, x.action));
                    });
    EXPECT_EQ(got,
              (outcome_counts{{"ok", 1},
                              {"invalid_transition: " + x.loses, racers - 1}}));
  }
}

TEST_P(StoreConformance, OneOfManyProgramTransitionsWins) {
  struct race_of {
    program_action action;
    program_status from;
    std::string loses;
  };
  using enum program_action;
  auto races = std::vector<race_of>{
    {initialize, program_status::draft,
     "invalid_transition: Only draft programs can be initialized"},
    {reinitialize, program_status::ready,
     "invalid_transition: Only ready or failed programs can be reinitialized"},
    {reinitialize, program_status::error,
     "invalid_transition: Only ready or failed programs can be reinitialized"},
    {archive, program_status::draft,
     "invalid_transition: Program is already archived"},
    {archive, program_status::ready,
     "invalid_transition: Program is already archived"},
    {archive, program_status::error,
     "invalid_transition: Program is already archived"},
    {become_ready, program_status::initializing,
     "invalid_transition: Only initializing programs can become ready or fail"},
    {become_error, program_status::initializing,
     "invalid_transition: Only initializing programs can become ready or fail"},
  };
  for (auto& x : races) {
    SCOPED_TRACE(std::to_string(int(x.action)) + " from "
                 + std::string{to_string(x.from)});
    auto program = program_in(x.from);
    auto change = program_transition{
      .action = x.action, .node = node_id::make(), .backend_program_id = "b"};
    if (x.action == become_error)
      change.error_code = errc::timeout;
    auto got = race([&] { return connect(); },
                    [&](store& s) {
                      return refusal(s.transition_program(program.id, change));
                    });
    EXPECT_EQ(got, (outcome_counts{{"ok", 1}, {x.loses, racers - 1}}));
    EXPECT_EQ(must(store_->get_program(program.id)).generation,
              program.generation + 1);
  }
}

TEST_P(StoreConformance, ManyThatNeedTheSameProgramGetOne) {
  auto got = race([&] { return connect(); },
                  [&](store& s) {
                    auto mine = make_program(program_.signature.id, "shared");
                    return to_string(must(s.find_or_insert_program(mine)).id);
                  });
  EXPECT_EQ(got.size(), 1u);
  auto found = must(store_->list_programs({.name = "shared"}, {}));
  EXPECT_EQ(found.items.size(), 1u);
}

TEST_P(StoreConformance, FindsNoProgramThatDiffersOrHasEnded) {
  auto sig = program_.signature.id;
  auto first = make_program(sig, "shared");
  must(store_->find_or_insert_program(first));
  auto expect_new = [&](program_record x) {
    EXPECT_EQ(must(store_->find_or_insert_program(x)).id, x.id);
  };
  expect_new(make_program(sig, "other"));
  auto configured = make_program(sig, "shared");
  configured.configuration = document{parse(R"({"max_queue": 7})")};
  expect_new(configured);
  auto elsewhere = make_program(sig, "shared");
  elsewhere.adapter_type = "native";
  expect_new(elsewhere);
  must(
    store_->transition_program(first.id, {.action = program_action::archive}));
  expect_new(make_program(sig, "shared"));
}

TEST_P(StoreConformance, TransitionsOfOneGenerationExcludeEachOther) {
  auto program = program_in(program_status::initializing);
  auto turn = std::atomic{0};
  auto got
    = race([&] { return connect(); },
           [&](store& s) {
             auto ready = turn++ % 2 == 0;
             return refusal(s.transition_program(
               program.id, {.action = ready ? program_action::become_ready
                                            : program_action::become_error,
                            .expected_generation = program.generation,
                            .error_code = ready ? errc::none : errc::timeout}));
           });
  EXPECT_EQ(got, (outcome_counts{{"ok", 1},
                                 {"conflict: Program has moved on (generation "
                                  "2, expected 1)",
                                  racers - 1}}));
}

TEST_P(StoreConformance, OneOfManyDestructionsWins) {
  must(store_->write({.finished = {make_completed(program_.id)}}));
  auto got = race(
    [&] { return connect(); },
    [&](store& s) { return refusal(s.destroy_program(program_.id, true)); });
  EXPECT_EQ(got, (outcome_counts{{"ok", 1},
                                 {"not_found: No program has the id "
                                    + to_string(program_.id),
                                  racers - 1}}));
  auto sig = program_.signature.id;
  got = race([&] { return connect(); },
             [&](store& s) { return refusal(s.destroy_signature(sig)); });
  EXPECT_EQ(got, (outcome_counts{
                   {"ok", 1},
                   {"not_found: No signature has the id " + to_string(sig),
                    racers - 1}}));
}

TEST_P(StoreConformance, SignatureIsDestroyedOrGetsAProgramAndNeverBoth) {
  auto sig = signature_in(signature_status::active);
  auto turn = std::atomic{0};
  race([&] { return connect(); },
       [&](store& s) {
         return turn++ % 2 == 0
                  ? refusal(s.destroy_signature(sig.id))
                  : refusal(s.insert_program(make_program(sig.id)));
       });
  auto users = must(store_->list_programs({.signature = sig.id}, {})).items;
  EXPECT_EQ(store_->get_signature(sig.id).has_value(), !users.empty());
}

// -- executions ---------------------------------------------------------------

TEST_P(StoreConformance, OneOfManyStepsWins) {
  struct race_of {
    execution_action action;
    execution_status from;
    std::string loses;
  };
  using enum execution_action;
  auto races = std::vector<race_of>{
    {mark_running, execution_status::pending,
     "Only pending executions can be started"},
    {mark_completed, execution_status::running,
     "Only running executions can be completed"},
    {mark_failed, execution_status::pending, "Execution is already finished"},
    {mark_failed, execution_status::running, "Execution is already finished"},
  };
  for (auto& x : races) {
    auto before = execution_in(x.from, true);
    auto got = race([&] { return connect(); },
                    [&](store& s) {
                      return refusal(s.step_execution(
                        before.id, {.action = x.action, .duration_us = 3}));
                    });
    EXPECT_EQ(got,
              (outcome_counts{{"ok", 1},
                              {"invalid_transition: " + x.loses, racers - 1}}));
  }
  EXPECT_EQ(must(store_->get_program(program_.id)).execution_count(), 3u);
  expect_counters_to_equal_rows();
}

TEST_P(StoreConformance, ExecutionCompletesOrFailsAndNeverBoth) {
  auto before = execution_in(execution_status::running, true);
  auto turn = std::atomic{0};
  auto got = race(
    [&] { return connect(); },
    [&](store& s) {
      auto fails = turn++ % 2 == 0;
      return s.step_execution(
                before.id, {.action = fails ? execution_action::mark_failed
                                            : execution_action::mark_completed,
                            .duration_us = 3})
                 .has_value()
               ? std::string{"won"}
               : std::string{"lost"};
    });
  EXPECT_EQ(got, (outcome_counts{{"won", 1}, {"lost", racers - 1}}));
  expect_counters_to_equal_rows();
}

TEST_P(StoreConformance, OneOfManyInsertsOfAnExecutionIdWins) {
  auto id = execution_id::make();
  auto turn = std::atomic{0};
  auto got = race([&] { return connect(); },
                  [&](store& s) {
                    auto x = make_by_hand(program_.id);
                    x.id = id;
                    x.inputs = document{json(turn++)};
                    return refusal(s.insert_execution(x));
                  });
  EXPECT_EQ(got, (outcome_counts{{"ok", 1},
                                 {"conflict: The execution id " + to_string(id)
                                    + " is in use",
                                  racers - 1}}));
}

TEST_P(StoreConformance, OneOfManyClaimsOwnsTheKey) {
  auto claim_once = [&](store& s) {
    auto x = idempotency_claim{"key", "h", make_running(program_.id)};
    auto owner = must(s.claim_idempotency_key(x));
    return to_string(owner.execution)
           + (owner.execution == x.execution.id ? " mine" : "");
  };
  auto expect_one_owner = [&](const outcome_counts& got) {
    ASSERT_EQ(got.size(), 2u);
    auto& [other, losers] = *got.begin();
    auto& [mine, winners] = *got.rbegin();
    EXPECT_EQ(losers, racers - 1);
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(mine, other + " mine");
  };
  expect_one_owner(race([&] { return connect(); }, claim_once));
  auto rows = all_executions({});
  ASSERT_EQ(rows.size(), 1u);
  // A key that was set free is as good as a new one.
  auto end = rows.front();
  end.status = execution_status::failed;
  end.error_code = errc::overloaded;
  end.duration_us = 1;
  end.finished_at = now();
  must(store_->write({.finished = {end}}));
  expect_one_owner(race([&] { return connect(); }, claim_once));
  EXPECT_EQ(all_executions({}).size(), 2u);
}

// -- records ------------------------------------------------------------------

TEST_P(StoreConformance, ManyInsertsOfAnEphemeralProgramMakeOneRecord) {
  auto got = race([&] { return connect(); },
                  [&](store& s) {
                    auto mine = make_program(program_.signature.id);
                    mine.ephemeral = true;
                    return to_string(must(s.insert_program(mine)).id);
                  });
  EXPECT_EQ(got.size(), 1u);
}

TEST_P(StoreConformance, ManyPrunersDropEachExecutionOnce) {
  auto batch = execution_batch{};
  for (int i = 0; i < 200; ++i)
    batch.finished.push_back(make_completed(program_.id));
  must(store_->write(batch));
  auto got
    = race([&] { return connect(); },
           [&](store& s) {
             return std::to_string(must(s.prune({.older_than = now()}, 10)));
           });
  EXPECT_EQ(got, (outcome_counts{{"10", 20}, {"0", racers - 20}}));
  EXPECT_EQ(must(store_->get_program(program_.id)).pruned_completed, 200u);
  expect_counters_to_equal_rows();
}

TEST_P(StoreConformance, ManyInsertsOfAVersionMakeOneRecord) {
  auto got = race([&] { return connect(); },
                  [&](store& s) {
                    auto mine = make_signature("Race.Insert");
                    return to_string(must(s.insert_signature(mine)).id);
                  });
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(
    must(store_->list_signatures({.module = "Race.Insert"}, {})).items.size(),
    1u);
}

TEST_P(StoreConformance, ManyWritersOfTheSameRowsCountThemOnce) {
  auto batch = execution_batch{};
  for (int i = 0; i < 10; ++i)
    batch.finished.push_back(make_completed(program_.id));
  auto got = race([&] { return connect(); },
                  [&](store& s) {
                    auto x = must(s.write(batch));
                    return std::to_string(x.duplicates.size());
                  });
  EXPECT_EQ(got, (outcome_counts{{"0", 1}, {"10", racers - 1}}));
  EXPECT_EQ(must(store_->get_program(program_.id)).completed_count, 10u);
}

TEST_P(StoreConformance, ConnectionsOutliveTheDatabase) {
  auto connection = connect();
  store_.reset();
  database_.reset();
  EXPECT_EQ(must(connection->get_program(program_.id)), program_);
  must(connection->write({.finished = {make_completed(program_.id)}}));
}

} // namespace dspex::test
