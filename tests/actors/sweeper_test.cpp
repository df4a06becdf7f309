#include "actors/sweeper.hpp"

#include <gtest/gtest.h>

#include "tests/actors/node_fixture.hpp"

namespace dspex::test {

namespace {

using namespace std::chrono_literals;

class sweeper_test : public node_test {
protected:
  /// Records a finished execution that was accepted some days ago.
  execution_id add_execution(const program_record& program,
                             std::chrono::days age) {
    auto x = execution_record{};
    x.id = execution_id::make();
    x.program_id = program.id;
    x.status = execution_status::completed;
    x.outputs = document{json::object()};
    x.duration_us = 1000;
    x.executed_at = now() - age;
    x.finished_at = x.inserted_at = x.updated_at = x.executed_at + 1ms;
    x.node = ctx->node;
    EXPECT_TRUE(direct().write({.finished = {x}}));
    return x.id;
  }

  bool is_there(execution_id id) {
    return direct().get_execution(id).has_value();
  }

  void start() {
    own(sys.spawn(sweeper, ctx));
    settle();
  }
};

using Retention = sweeper_test;

TEST_F(Retention, IsOffByDefault) {
  auto old = add_execution(add_program(), std::chrono::days{10'000});
  start();
  advance(2min);
  EXPECT_TRUE(is_there(old));
}

TEST_F(Retention, DropsWhatIsOlderAndKeepsTheTotals) {
  ctx->config.retention.max_age_days = 7;
  auto program = add_program();
  auto old = add_execution(program, std::chrono::days{8});
  auto recent = add_execution(program, std::chrono::days{6});
  start();
  EXPECT_TRUE(is_there(old));
  advance(1min);
  EXPECT_FALSE(is_there(old));
  EXPECT_TRUE(is_there(recent));
  auto record = direct().get_program(program.id);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->completed_count, 2u);
  EXPECT_EQ(record->pruned_completed, 1u);
}

TEST_F(Retention, DropsMoreThanOneBatchAtATime) {
  ctx->config.retention.max_age_days = 7;
  auto program = add_program();
  auto count = 2 * prune_batch + 1;
  for (size_t i = 0; i < count; ++i)
    add_execution(program, std::chrono::days{8});
  start();
  advance(1min);
  auto record = direct().get_program(program.id);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->pruned_completed, count);
}

TEST_F(Retention, GoesOnWhenTheStoreIsBack) {
  ctx->config.retention.max_age_days = 7;
  auto old = add_execution(add_program(), std::chrono::days{8});
  start();
  script.away = true;
  advance(1min);
  EXPECT_TRUE(is_there(old));
  script.away = false;
  advance(1min);
  EXPECT_FALSE(is_there(old));
}

} // namespace

} // namespace dspex::test
