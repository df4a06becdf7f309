// A node on PostgreSQL, as others see it who look into the database.

#include <gtest/gtest.h>

#include "tests/runtime/node_test.hpp"
#include "tests/support/postgres_scratch.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

/// Asks the database again until it answers so.
void expect_answer(const scratch_schema& schema, const std::string& sql,
                   const std::string& wanted) {
  auto deadline = std::chrono::steady_clock::now() + 5s;
  auto found = std::vector<std::string>{};
  do
    found = schema.run(sql);
  while (found != std::vector{wanted}
         && std::chrono::steady_clock::now() < deadline);
  EXPECT_EQ(found, std::vector{wanted}) << sql;
}

} // namespace

TEST(PostgresNode, ShowsALongRunInOneTableAtATime) {
  DSPEX_NEEDS_POSTGRES();
  auto schema = scratch_schema{};
  auto options = runtime_options{.store_url = schema.url()};
  options.config.log.level = "off";
  options.adapters["endless"] = mock_adapter_factory({.latency = 1h});
  auto node = must(runtime::start(std::move(options)));
  auto client = node.client();
  must(client.define_module("Test.Echo", "question -> answer"));
  auto program
    = must(client.create_program("Test.Echo", {.adapter = "endless"}));
  must(client.initialize_program(program.id));
  auto run = client.execute_program_async(program.id, {{"question", "why?"}});
  auto id = to_string(run.id());
  expect_answer(schema,
                "select status from all_executions where id = '" + id + "'",
                "running");
  EXPECT_EQ(schema.run("select count(*) from executions"),
            std::vector<std::string>{"0"});
  must(client.cancel(run.id()));
  expect_answer(schema,
                "select error_code from all_executions where id = '" + id + "'",
                "cancelled");
  EXPECT_EQ(schema.run("select count(*) from live_executions"),
            std::vector<std::string>{"0"});
}

} // namespace dspex::test
