#include <latch>
#include <map>
#include <thread>

#include "store_conformance.hpp"

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

TEST_P(StoreConformance, OneOfManyActivationsWins) {
  auto sig = signature_in(signature_status::draft);
  auto got = race([&] { return connect(); },
                  [&](store& s) {
                    return refusal(s.transition_signature(
                      sig.id, signature_action::activate));
                  });
  EXPECT_EQ(got,
            (outcome_counts{{"ok", 1},
                            {"invalid_transition: Only draft signatures can "
                             "be activated",
                             racers - 1}}));
}

TEST_P(StoreConformance, OneOfManyInitializationsWins) {
  auto got = race([&] { return connect(); },
                  [&](store& s) {
                    return refusal(s.transition_program(
                      program_.id, {.action = program_action::initialize,
                                    .node = node_id::make()}));
                  });
  EXPECT_EQ(got, (outcome_counts{{"ok", 1},
                                 {"invalid_transition: Only draft programs "
                                  "can be initialized",
                                  racers - 1}}));
  EXPECT_EQ(must(store_->get_program(program_.id)).generation, 1);
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

TEST_P(StoreConformance, OneOfManyReinitializationsWins) {
  auto program = program_in(program_status::ready);
  auto got = race([&] { return connect(); },
                  [&](store& s) {
                    return refusal(s.transition_program(
                      program.id, {.action = program_action::reinitialize,
                                   .node = node_id::make()}));
                  });
  EXPECT_EQ(got, (outcome_counts{{"ok", 1},
                                 {"invalid_transition: Only ready or failed "
                                  "programs can be reinitialized",
                                  racers - 1}}));
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
