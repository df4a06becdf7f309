#include <algorithm>
#include <thread>

#include "tests/conformance/store_conformance.hpp"

namespace dspex::test {

namespace {

execution_record at(execution_record x, int64_t second) {
  x.executed_at = at_second(second);
  return x;
}

} // namespace

TEST_P(StoreConformance, PruneDropsWhatWasAcceptedBefore) {
  auto old = at(make_completed(program_.id), 100);
  auto failed = at(make_failed(program_.id, errc::timeout), 150);
  auto border = at(make_completed(program_.id), 200);
  auto running = at(make_running(program_.id), 100);
  must(store_->write({.live = {running}, .finished = {old, failed, border}}));
  EXPECT_EQ(must(store_->prune({.older_than = at_second(200)}, 100)), 2u);
  for (auto id : {old.id, failed.id})
    EXPECT_EQ(refusal(store_->get_execution(id)),
              "not_found: No execution has the id " + to_string(id));
  EXPECT_EQ(must(store_->get_execution(border.id)), border);
  EXPECT_EQ(must(store_->get_execution(running.id)), running);
  EXPECT_EQ(must(store_->prune({.older_than = at_second(200)}, 100)), 0u);
}

TEST_P(StoreConformance, PruneLeavesTotalsAndStatistics) {
  must(store_->write(
    {.finished = {make_completed(program_.id, 1000),
                  make_completed(program_.id, 9000),
                  make_failed(program_.id, errc::timeout, 5000)}}));
  auto program = must(store_->get_program(program_.id));
  auto statistics = must(store_->get_statistics(program_.id));
  must(store_->prune({.older_than = now()}, 100));
  auto expected = program;
  expected.pruned_completed = 2;
  expected.pruned_failed = 1;
  EXPECT_EQ(must(store_->get_program(program_.id)), expected);
  EXPECT_EQ(must(store_->get_statistics(program_.id)), statistics);
  EXPECT_TRUE(all_executions({}).empty());
}

TEST_P(StoreConformance, PruneGoesFromTheOldestByBoundedSteps) {
  auto batch = execution_batch{};
  for (int i = 0; i < 25; ++i)
    batch.finished.push_back(at(make_completed(program_.id), (i * 7) % 25));
  must(store_->write(batch));
  auto request = prune_request{.older_than = at_second(20)};
  EXPECT_EQ(must(store_->prune(request, 0)), 0u);
  EXPECT_EQ(must(store_->prune(request, 8)), 8u);
  auto oldest = at_second(1000);
  for (auto& x : all_executions({}))
    oldest = std::min(oldest, x.executed_at);
  EXPECT_EQ(oldest, at_second(8));
  EXPECT_EQ(must(store_->prune(request, 8)), 8u);
  EXPECT_EQ(must(store_->prune(request, 8)), 4u);
  EXPECT_EQ(all_executions({}).size(), 5u);
  expect_counters_to_equal_rows();
}

TEST_P(StoreConformance, PruneOfAProgramLeavesTheOthers) {
  auto other = program_in(program_status::ready);
  auto kept = make_completed(other.id);
  must(store_->write({.finished = {make_completed(program_.id), kept}}));
  auto request = prune_request{.older_than = now(), .program = program_.id};
  EXPECT_EQ(must(store_->prune(request, 100)), 1u);
  EXPECT_EQ(all_executions({}), std::vector{kept});
  request.program = program_id::make();
  EXPECT_EQ(must(store_->prune(request, 100)), 0u);
}

TEST_P(StoreConformance, PrunedExecutionCountsAgainOnlyWhenWrittenAnew) {
  auto x = make_completed(program_.id);
  must(store_->write({.finished = {x}}));
  must(store_->prune({.older_than = now()}, 100));
  expect_counters_to_equal_rows();
  must(store_->write({.finished = {x}}));
  EXPECT_EQ(must(store_->get_program(program_.id)).completed_count, 2u);
  expect_counters_to_equal_rows();
}

TEST_P(StoreConformance, PruneDuringWritesKeepsTheCounters) {
  constexpr int rounds = 40;
  auto other = program_in(program_status::ready);
  auto pruner = std::jthread{[connection = connect()](std::stop_token stop) {
    while (!stop.stop_requested())
      must(connection->prune({.older_than = at_second(50)}, 7));
  }};
  for (int i = 0; i < rounds; ++i) {
    auto batch = execution_batch{};
    for (int k = 0; k < 10; ++k) {
      auto program = k % 2 == 0 ? program_.id : other.id;
      auto x = k % 3 == 0 ? make_failed(program, errc::timeout)
                          : make_completed(program);
      batch.finished.push_back(at(x, (i * 10 + k) % 100));
    }
    must(store_->write(batch));
  }
  pruner.request_stop();
  pruner.join();
  while (must(store_->prune({.older_than = at_second(50)}, 1000)) > 0)
    continue;
  expect_counters_to_equal_rows();
  EXPECT_EQ(all_executions({}).size(), size_t{rounds * 10 / 2});
  EXPECT_EQ(must(store_->get_program(program_.id)).execution_count()
              + must(store_->get_program(other.id)).execution_count(),
            uint64_t{rounds * 10});
}

} // namespace dspex::test
