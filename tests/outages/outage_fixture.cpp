#include "tests/outages/outage_fixture.hpp"

#include <cstdlib>
#include <set>

#include "persistence/store.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 60s;

// The time that the contract allows, counted from the server's return.
constexpr auto resume_limit = 5s;

std::chrono::seconds outage_length() {
  return std::getenv("DSPEX_LONG") != nullptr ? 60s : 3s;
}

} // namespace

void outage_test::SetUp() {
  if (!postgres_server::is_there())
    GTEST_SKIP() << "to be run under scripts/with-postgres";
  server_.emplace();
}

std::string outage_test::url_of(const std::string& database,
                                const std::vector<uint16_t>& ports) {
  auto hosts = std::string{};
  for (auto port : ports)
    hosts += (hosts.empty() ? "127.0.0.1:" : ",127.0.0.1:")
             + std::to_string(port);
  return "postgresql://postgres@" + hosts + '/' + database;
}

void outage_test::start_node(const std::string& database,
                             const std::vector<uint16_t>& ports) {
  database_ = database;
  auto url = url_of(database, ports);
  auto migrated = migrate_up({.url = url, .node = node_id::make()});
  ASSERT_TRUE(migrated) << to_string(migrated.error());
  auto options = runtime_options{.store_url = url};
  options.config.store.timeout = store_timeout;
  options.config.store.pool_size = 2;
  options.config.log.level = "off";
  auto started = runtime::start(std::move(options));
  ASSERT_TRUE(started) << to_string(started.error());
  node_ = std::make_unique<runtime>(std::move(*started));
  auto client = node_->client();
  ASSERT_TRUE(
    client.define_module("Test.Echo", "question: str -> answer: str"));
  auto programs = std::vector<std::string>{};
  // Enough for every connection that writes to have its own.
  for (auto i = 0; i < 4; ++i) {
    auto made = client.create_program(
      "Test.Echo", {.name = "echo" + std::to_string(i),
                    .adapter = "mock",
                    .configuration = {{"timeout_ms", run_timeout.count()}}});
    ASSERT_TRUE(made) << to_string(made.error());
    programs.push_back(to_string(made->id));
    auto ready = client.initialize_program(made->id);
    ASSERT_TRUE(ready) << to_string(ready.error());
  }
  load_ = std::make_unique<caller_load>(client, programs, 32);
  ASSERT_TRUE(load_->wait_for_successes(200, patience));
}

void outage_test::expect_recovery_after(const std::function<void()>& fault) {
  for (auto i = 0; i < 5; ++i) {
    fault();
    ASSERT_TRUE(load_->wait_for_successes(100, patience)) << "round " << i;
  }
  expect_nothing_lost();
}

void outage_test::expect_to_ride_out(const std::function<void()>& begin,
                                     const std::function<void()>& end) {
  auto back = std::chrono::steady_clock::now() + outage_length();
  begin();
  ASSERT_TRUE(load_->wait_for_failures(32, patience)) << "nobody hears of it";
  while (std::chrono::steady_clock::now() < back)
    ASSERT_TRUE(load_->wait_for_failures(32, patience)) << "a caller waits";
  end();
  EXPECT_TRUE(load_->wait_for_successes(1, resume_limit));
  ASSERT_TRUE(load_->wait_for_successes(200, patience)) << "it is not back";
  expect_nothing_lost();
}

void outage_test::expect_nothing_lost() {
  ASSERT_TRUE(load_->stop(patience)) << "a caller was left without an answer";
  for (auto& [code, n] : load_->failures())
    EXPECT_EQ(code, errc::store_unavailable) << to_string(code) << ' ' << n;
  EXPECT_EQ(node_->metrics().restarts, 0u);
  EXPECT_EQ(node_->metrics().lost_async, 0u);
  // Writes what nobody waits for any more.
  node_.reset();
  auto stored = std::multiset<std::string>{};
  for (auto& row : server_->query(database_, "select id from executions "
                                             "where status = 'completed'"))
    stored.insert(row[0]);
  for (auto& id : load_->succeeded())
    EXPECT_EQ(stored.count(to_string(id)), 1u) << to_string(id);
  auto count = [this](const std::string& sql) {
    return server_->query(database_, "select count(*) from " + sql)[0][0];
  };
  EXPECT_EQ(count("live_executions"), "0");
  EXPECT_EQ(count("executions where status <> 'completed'"), "0");
  EXPECT_EQ(count("programs p left join (select program_id, count(*) as n, "
                  "sum(duration_us) as spent from executions group by 1) e "
                  "on e.program_id = p.id where p.failed_count <> 0 "
                  "or p.completed_count <> coalesce(e.n, 0) "
                  "or p.duration_us_sum <> coalesce(e.spent, 0)"),
            "0");
}

} // namespace dspex::test
