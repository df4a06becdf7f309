#include <algorithm>
#include <cmath>
#include <random>

#include "tests/conformance/store_conformance.hpp"

namespace dspex::test {

TEST_P(StoreConformance, ReturnsTheFinishedExecutionThatWasWritten) {
  auto completed = make_completed(program_.id);
  auto failed = make_failed(program_.id, errc::timeout);
  failed.started_at = std::nullopt;
  failed.attempt = 3;
  auto got = must(store_->write({.finished = {completed, failed}}));
  EXPECT_TRUE(got.duplicates.empty());
  EXPECT_EQ(must(store_->get_execution(completed.id)), completed);
  EXPECT_EQ(must(store_->get_execution(failed.id)), failed);
}

TEST_P(StoreConformance, UnknownExecutionIsNotFound) {
  auto id = execution_id::make();
  EXPECT_EQ(refusal(store_->get_execution(id)),
            "not_found: No execution has the id " + to_string(id));
}

TEST_P(StoreConformance, LiveExecutionIsReplacedByItsNewerStateAndByItsEnd) {
  auto x = make_running(program_.id);
  x.status = execution_status::pending;
  x.started_at = std::nullopt;
  must(store_->write({.live = {x}}));
  EXPECT_EQ(must(store_->get_execution(x.id)), x);
  EXPECT_EQ(must(store_->get_statistics(program_.id)).in_progress, 1u);
  x.status = execution_status::running;
  x.started_at = at_second(1'700'000'020);
  must(store_->write({.live = {x}}));
  EXPECT_EQ(must(store_->get_execution(x.id)), x);
  EXPECT_EQ(must(store_->get_statistics(program_.id)).in_progress, 1u);
  auto end = make_completed(program_.id);
  end.id = x.id;
  must(store_->write({.finished = {end}}));
  EXPECT_EQ(must(store_->get_execution(x.id)), end);
  EXPECT_EQ(must(store_->get_statistics(program_.id)).in_progress, 0u);
  EXPECT_EQ(all_executions({}).size(), 1u);
}

TEST_P(StoreConformance, FinishedExecutionNeverChanges) {
  auto first = make_completed(program_.id);
  must(store_->write({.finished = {first}}));
  auto second = make_failed(program_.id, errc::timeout);
  second.id = first.id;
  auto late = make_running(program_.id);
  late.id = first.id;
  auto got = must(store_->write({.live = {late}, .finished = {second}}));
  EXPECT_EQ(got.duplicates, std::vector{first.id});
  EXPECT_EQ(must(store_->get_execution(first.id)), first);
  auto program = must(store_->get_program(program_.id));
  EXPECT_EQ(program.completed_count, 1u);
  EXPECT_EQ(program.failed_count, 0u);
  EXPECT_EQ(must(store_->get_statistics(program_.id)).in_progress, 0u);
}

TEST_P(StoreConformance, EndWinsOverTheLiveStateInTheSameBatch) {
  auto end = make_completed(program_.id);
  auto live = make_running(program_.id);
  live.id = end.id;
  must(store_->write({.live = {live}, .finished = {end}}));
  EXPECT_EQ(must(store_->get_execution(end.id)), end);
}

TEST_P(StoreConformance, SameIdTwiceInABatchCountsOnce) {
  auto x = make_completed(program_.id);
  auto got = must(store_->write({.finished = {x, x}}));
  EXPECT_EQ(got.duplicates, std::vector{x.id});
  EXPECT_EQ(must(store_->get_program(program_.id)).completed_count, 1u);
}

TEST_P(StoreConformance, BatchSentAgainChangesNothing) {
  auto batch = execution_batch{};
  for (int i = 0; i < 20; ++i) {
    batch.finished.push_back(make_completed(program_.id, 1000 + i));
    batch.finished.push_back(make_failed(program_.id, errc::timeout, 9));
    batch.live.push_back(make_running(program_.id));
  }
  must(store_->write(batch));
  auto program = must(store_->get_program(program_.id));
  auto statistics = must(store_->get_statistics(program_.id));
  auto rows = all_executions({});
  auto again = must(store_->write(batch));
  EXPECT_EQ(again.duplicates.size(), batch.finished.size());
  EXPECT_EQ(must(store_->get_program(program_.id)), program);
  EXPECT_EQ(must(store_->get_statistics(program_.id)), statistics);
  EXPECT_EQ(all_executions({}), rows);
}

TEST_P(StoreConformance, RowOfAnUnknownProgramRejectsTheWholeBatch) {
  auto good = make_completed(program_.id);
  for (auto live : {false, true}) {
    auto bad = live ? make_running(program_id::make())
                    : make_completed(program_id::make());
    auto batch = execution_batch{.finished = {good}};
    (live ? batch.live : batch.finished).push_back(bad);
    EXPECT_EQ(refusal(store_->write(batch)),
              "store_rejected: execution " + to_string(bad.id)
                + ": no program has the id " + to_string(bad.program_id));
  }
  EXPECT_TRUE(all_executions({}).empty());
  EXPECT_EQ(must(store_->get_program(program_.id)), program_);
}

TEST_P(StoreConformance, RefusesRowsInTheWrongStateAndNamesTheColumn) {
  auto expect_refused = [&](const execution_batch& batch,
                            const execution_record& x, const char* why) {
    EXPECT_EQ(refusal(store_->write(batch)),
              "store_rejected: execution " + to_string(x.id) + ": " + why);
  };
  auto x = make_running(program_.id);
  expect_refused({.finished = {x}}, x, "status is not terminal");
  x = make_completed(program_.id);
  expect_refused({.live = {x}}, x, "status is terminal");
  x.duration_us = std::nullopt;
  expect_refused({.finished = {x}}, x, "duration_us is missing");
  x.duration_us = -1;
  expect_refused({.finished = {x}}, x, "duration_us is negative");
  x = make_completed(program_.id);
  x.finished_at = std::nullopt;
  expect_refused({.finished = {x}}, x, "finished_at is missing");
  x = make_completed(program_.id);
  x.error_code = errc::timeout;
  expect_refused({.finished = {x}}, x,
                 "error_code is set though the status is completed");
  x = make_running(program_.id);
  x.duration_us = 1;
  expect_refused({.live = {x}}, x, "duration_us is set before the end");
  EXPECT_TRUE(all_executions({}).empty());
}

// -- counters and statistics --------------------------------------------------

TEST_P(StoreConformance, StatisticsOfAnUnusedProgramAreEmpty) {
  EXPECT_EQ(must(store_->get_statistics(program_.id)), program_statistics{});
  auto unknown = program_id::make();
  EXPECT_EQ(refusal(store_->get_statistics(unknown)),
            "not_found: No program has the id " + to_string(unknown));
}

TEST_P(StoreConformance, StatisticsSumUpWhatFinished) {
  must(store_->write(
    {.live = {make_running(program_.id)},
     .finished = {make_completed(program_.id, 1000),
                  make_completed(program_.id, 2000),
                  make_completed(program_.id, 3000),
                  make_failed(program_.id, errc::timeout, 10'000)}}));
  auto x = must(store_->get_statistics(program_.id));
  EXPECT_EQ(x.total_executions, 4u);
  EXPECT_EQ(x.successful_executions, 3u);
  EXPECT_EQ(x.failed_executions, 1u);
  EXPECT_DOUBLE_EQ(x.success_rate, 0.75);
  EXPECT_DOUBLE_EQ(x.average_duration_ms.value(), 4.0);
  EXPECT_NEAR(x.p50_ms.value(), 2.0, 0.12);
  EXPECT_NEAR(x.p99_ms.value(), 10.0, 0.6);
  EXPECT_EQ(x.in_progress, 1u);
}

TEST_P(StoreConformance, CountersEqualARecountOfTheRows) {
  auto random = std::mt19937{20};
  auto programs = std::vector<program_id>{};
  for (int i = 0; i < 3; ++i)
    programs.push_back(program_in(program_status::ready).id);
  auto known = std::vector<execution_record>{};
  for (int round = 0; round < 30; ++round) {
    auto batch = execution_batch{};
    for (int i = 0; i < 10; ++i) {
      if (!known.empty() && random() % 4 == 0) {
        batch.finished.push_back(known[random() % known.size()]);
        continue;
      }
      auto program = programs[random() % programs.size()];
      auto x = random() % 3 == 0
                 ? make_failed(program, errc::backend_failed, random() % 9999)
                 : make_completed(program, random() % 999'999);
      x.executed_at = at_second(1'700'000'000 + random() % 1000);
      known.push_back(x);
      batch.finished.push_back(x);
    }
    must(store_->write(batch));
  }
  for (auto id : programs) {
    uint64_t completed = 0;
    uint64_t failed = 0;
    uint64_t sum = 0;
    auto last = timestamp{};
    for (auto& x : all_executions({.program = id})) {
      ++(x.status == execution_status::completed ? completed : failed);
      sum += static_cast<uint64_t>(x.duration_us.value());
      last = std::max(last, x.executed_at);
    }
    auto program = must(store_->get_program(id));
    EXPECT_EQ(program.completed_count, completed);
    EXPECT_EQ(program.failed_count, failed);
    EXPECT_EQ(program.execution_count(), completed + failed);
    EXPECT_EQ(program.duration_us_sum, sum);
    EXPECT_EQ(program.last_executed_at, last);
  }
}

TEST_P(StoreConformance, LastExecutionIsTheNewestWhateverTheOrderOfWrites) {
  auto newer = make_completed(program_.id);
  newer.executed_at = at_second(1'700'000'500);
  auto older = make_completed(program_.id);
  older.executed_at = at_second(1'700'000'400);
  must(store_->write({.finished = {newer}}));
  must(store_->write({.finished = {older}}));
  EXPECT_EQ(must(store_->get_program(program_.id)).last_executed_at,
            newer.executed_at);
}

TEST_P(StoreConformance, PercentilesAreWithinSixPercent) {
  auto random = std::mt19937{7};
  auto durations = std::lognormal_distribution<double>{11, 1.2};
  auto exact = std::vector<int64_t>{};
  auto batch = execution_batch{};
  for (int i = 0; i < 2000; ++i) {
    exact.push_back(static_cast<int64_t>(durations(random)));
    batch.finished.push_back(make_completed(program_.id, exact.back()));
  }
  must(store_->write(batch));
  std::sort(exact.begin(), exact.end());
  auto rank = [&](double q) {
    auto i = static_cast<size_t>(std::ceil(q * 2000)) - 1;
    return static_cast<double>(exact[i]) / 1000.0;
  };
  auto x = must(store_->get_statistics(program_.id));
  EXPECT_NEAR(x.p50_ms.value(), rank(0.50), 0.06 * rank(0.50));
  EXPECT_NEAR(x.p95_ms.value(), rank(0.95), 0.06 * rank(0.95));
  EXPECT_NEAR(x.p99_ms.value(), rank(0.99), 0.06 * rank(0.99));
}

TEST_P(StoreConformance, SumOfAbsurdDurationsStopsAtTheTop) {
  constexpr auto top = std::numeric_limits<int64_t>::max();
  for (int i = 0; i < 2; ++i)
    must(store_->write({.finished = {make_completed(program_.id, top),
                                     make_completed(program_.id, top)}}));
  auto program = must(store_->get_program(program_.id));
  EXPECT_EQ(program.completed_count, 4u);
  EXPECT_EQ(program.duration_us_sum, static_cast<uint64_t>(top));
}

// -- unusual values -----------------------------------------------------------

TEST_P(StoreConformance, KeepsUnusualTextAndTheOrderOfMembers) {
  auto text = std::string{"quote ' \" \\ ; -- \n\t\x01 "
                          "\xF0\x9F\xA6\x8A \xEF\xBF\xBF e\xCC\x81"};
  auto sig = make_signature("Unusual");
  sig.name = sig.description = sig.instructions = text;
  EXPECT_EQ(must(store_->insert_signature(sig)), sig);
  auto x = make_failed(program_.id, errc::backend_failed);
  x.error_message = text;
  auto inputs = json::object();
  inputs["z"] = text;
  inputs["a"] = parse("[null,false,0,-9223372036854775808,"
                      "18446744073709551615,0.1,1e300,2.0,\"\"]");
  inputs[text] = json::object();
  x.inputs = document{inputs};
  must(store_->write({.finished = {x}}));
  auto got = must(store_->get_execution(x.id));
  EXPECT_EQ(got, x);
  EXPECT_EQ(dump_json(*got.inputs), dump_json(inputs));
}

TEST_P(StoreConformance, KeepsADocumentOfTenMegabytes) {
  auto x = make_completed(program_.id);
  auto outputs = json::object();
  outputs["answer"] = std::string(10'000'000, 'x');
  x.outputs = document{std::move(outputs)};
  must(store_->write({.finished = {x}}));
  EXPECT_EQ(must(store_->get_execution(x.id)), x);
}

TEST_P(StoreConformance, RefusesTextThatNoStoreCanHold) {
  using namespace std::string_literals;
  auto zero = "a\0b"s;
  auto broken = "a\xFFz"s;
  auto sig = make_signature("Bad.Text");
  sig.description = zero;
  EXPECT_EQ(refusal(store_->insert_signature(sig)),
            "store_rejected: signature " + to_string(sig.id)
              + ": description contains the character U+0000");
  auto program = make_program(program_.signature.id, broken);
  EXPECT_EQ(refusal(store_->insert_program(program)),
            "store_rejected: program " + to_string(program.id)
              + ": name is not valid UTF-8");
  EXPECT_EQ(refusal(store_->transition_program(
                      program_in(program_status::initializing).id,
                      {.action = program_action::become_error,
                       .error_code = errc::timeout,
                       .error_message = zero}))
              .substr(0, 15),
            "store_rejected:");
  auto expect_refused = [&](execution_record x, const char* why) {
    EXPECT_EQ(refusal(store_->write({.finished = {x}})),
              "store_rejected: execution " + to_string(x.id) + ": " + why);
  };
  auto x = make_completed(program_.id);
  x.error_message = zero;
  expect_refused(x, "error_message contains the character U+0000");
  x = make_completed(program_.id);
  x.inputs = document{json::object({{"list", json::array({zero})}})};
  expect_refused(x, "inputs contains the character U+0000");
  x = make_completed(program_.id);
  x.outputs = document{json::object({{zero, 1}})};
  expect_refused(x, "outputs contains the character U+0000");
  x = make_completed(program_.id);
  x.metadata = document{json::object({{"key", broken}})};
  expect_refused(x, "metadata is not valid UTF-8");
  // The row is also refused behind a row whose metadata are fine, and before
  // one that shares its own.
  auto good = make_completed(program_.id);
  auto sharer = make_completed(program_.id);
  sharer.metadata = x.metadata;
  EXPECT_EQ(refusal(store_->write({.finished = {good, x, sharer}})),
            "store_rejected: execution " + to_string(x.id)
              + ": metadata is not valid UTF-8");
  auto deep = json::array();
  for (int i = 0; i < 128; ++i)
    deep = json::array({std::move(deep)});
  x = make_completed(program_.id);
  x.inputs = document{std::move(deep)};
  expect_refused(x, "inputs is nested too deeply");
  EXPECT_TRUE(all_executions({}).empty());
}

TEST_P(StoreConformance, KeepsADocumentNestedAsDeeplyAsItCanBeRead) {
  auto deep = json::array();
  for (int i = 0; i < 127; ++i)
    deep = json::array({std::move(deep)});
  auto x = make_completed(program_.id);
  x.inputs = document{std::move(deep)};
  must(store_->write({.finished = {x}}));
  EXPECT_EQ(must(store_->get_execution(x.id)), x);
}

} // namespace dspex::test
