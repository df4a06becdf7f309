#include <csignal>
#include <map>

#include "tests/conformance/store_conformance.hpp"
#include "tests/persistence/child_process.hpp"
#include "tests/support/postgres_scratch.hpp"

namespace dspex::test {

namespace {

// The children's leases: short, but longer than a busy machine stands still.
constexpr auto short_lease = std::chrono::milliseconds{1500};

class PostgresLease : public testing::Test {
protected:
  void SetUp() override {
    DSPEX_NEEDS_POSTGRES();
    setenv("DSPEX_TEST_LEASE_MS", std::to_string(short_lease.count()).c_str(),
           1);
    database_ = open(node_);
    store_ = must(database_->connect(access::read_write));
    auto sig = must(store_->insert_signature(make_signature("Live")));
    signature_ = sig.id;
    program_ = must(store_->insert_program(make_program(sig.id))).id;
    draft_ = must(store_->insert_program(make_program(sig.id))).id;
  }

  std::unique_ptr<database> open(node_id node) {
    auto options = database_options{};
    options.url = place_.url();
    options.node = node;
    options.lease = short_lease;
    return must(open_database(options));
  }

  std::vector<std::string> leases() {
    return place_.run("select node from leases order by node");
  }

  // Sweeps until something was closed.
  sweep_result sweep_until_closed() {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    for (;;) {
      auto got = must(store_->sweep());
      if (got.executions + got.programs > 0
          || std::chrono::steady_clock::now() > deadline)
        return got;
    }
  }

  scratch_schema place_;
  node_id node_ = node_id::make();
  std::unique_ptr<database> database_;
  std::unique_ptr<store> store_;
  signature_id signature_;
  program_id program_;
  program_id draft_;
};

} // namespace

TEST_F(PostgresLease, StandsWhileTheNodeLivesAndGoesWithIt) {
  EXPECT_EQ(leases(), std::vector{to_string(node_)});
  database_.reset();
  EXPECT_EQ(leases(), std::vector{to_string(node_)});
  store_.reset();
  EXPECT_TRUE(leases().empty());
}

TEST_F(PostgresLease, SameNodeCannotOpenTheStoreTwice) {
  auto options = database_options{};
  options.url = place_.url();
  options.node = node_;
  auto got = open_database(options);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::conflict);
}

TEST_F(PostgresLease, ReaderTakesNoneAndCannotWrite) {
  auto options = database_options{};
  options.url = place_.url();
  options.access = access::read_only;
  options.node = node_id::make();
  auto reader = must(open_database(options));
  auto connection = must(reader->connect(access::read_only));
  EXPECT_EQ(must(connection->get_program(program_)).id, program_);
  EXPECT_EQ(leases(), std::vector{to_string(node_)});
  EXPECT_EQ(refusal(connection->sweep()),
            "store_unavailable: The store was opened for reading only; "
            "nothing was written");
}

TEST_F(PostgresLease, SweepLeavesTheWorkOfLivingNodesAlone) {
  setenv("DSPEX_TEST_LEASE_MS", "6000", 1);
  auto child = child_process{
    {place_.url(), "hold", to_string(program_), to_string(draft_)}};
  ASSERT_EQ(child.read_line(), "ready");
  auto renewed = [&] {
    return place_.run("select 1 from leases where node <> '" + to_string(node_)
                      + "' and expires_at > acquired_at + interval '6.5 s'");
  };
  while (renewed().empty()) {
    auto got = must(store_->sweep());
    ASSERT_EQ(got.executions + got.programs, 0u);
  }
  auto got = must(store_->sweep());
  EXPECT_EQ(got.executions + got.programs, 0u);
  EXPECT_EQ(must(store_->get_statistics(program_)).in_progress, 1u);
}

TEST_F(PostgresLease, SweepClosesWhatAKilledNodeLeftOnceItsLeaseHasExpired) {
  auto child = child_process{
    {place_.url(), "hold", to_string(program_), to_string(draft_)}};
  ASSERT_EQ(child.read_line(), "ready");
  child.kill();
  auto got = sweep_until_closed();
  EXPECT_EQ(got.executions, 1u);
  EXPECT_EQ(got.programs, 1u);
  EXPECT_EQ(leases(), std::vector{to_string(node_)});
  auto rows = must(store_->list_executions({}, {})).items;
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.front().error_code, errc::interrupted);
  EXPECT_EQ(must(store_->get_program(program_)).failed_count, 1u);
  EXPECT_EQ(must(store_->get_statistics(program_)).in_progress, 0u);
  auto draft = must(store_->get_program(draft_));
  EXPECT_EQ(draft.status, program_status::error);
  EXPECT_EQ(draft.error_code, errc::interrupted);
}

TEST_F(PostgresLease, NodeThatWakesUpLateIsRefusedAndGoesOnWithANewLease) {
  auto child = child_process{{place_.url(), "finish", to_string(program_)}};
  auto id = execution_id::parse(child.read_line()).value();
  auto epoch = place_.run("select max(epoch) from leases").front();
  child.signal(SIGSTOP);
  EXPECT_EQ(sweep_until_closed().executions, 1u);
  child.signal(SIGCONT);
  child.signal(SIGUSR1);
  EXPECT_EQ(child.read_line(),
            "interrupted: The node gave no sign of life for 1500 ms, and its "
            "executions were closed as interrupted");
  EXPECT_EQ(child.read_last_line(), "ok");
  EXPECT_EQ(must(store_->get_execution(id)).error_code, errc::interrupted);
  auto program = must(store_->get_program(program_));
  EXPECT_EQ(program.failed_count, 1u);
  EXPECT_EQ(program.completed_count, 1u);
  EXPECT_GT(place_.run("select last_value from leases_epoch_seq").front(),
            epoch);
}

TEST_F(PostgresLease, NodeThatLostItsLeaseClosesWhatNobodyHasClosedYet) {
  auto x = make_running(program_);
  x.node = node_;
  x.executed_at = now();
  must(store_->write({.live = {x}}));
  place_.run("delete from leases");
  x.status = execution_status::completed;
  x.duration_us = 1;
  x.finished_at = now();
  auto got = store_->write({.finished = {x}});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::interrupted);
  EXPECT_EQ(must(store_->get_execution(x.id)).error_code, errc::interrupted);
  auto later = make_running(program_);
  later.node = node_;
  later.executed_at = now();
  must(store_->write({.live = {later}}));
  EXPECT_EQ(leases(), std::vector{to_string(node_)});
}

TEST_F(PostgresLease, KeyOfAKilledNodeIsFreeOnceItIsSwept) {
  auto child
    = child_process{{place_.url(), "claim", to_string(program_), "key"}};
  auto first = child.read_line();
  ASSERT_TRUE(first.ends_with(" mine")) << first;
  first.resize(first.find(' '));
  auto owner = [&] {
    auto x = make_running(program_);
    x.node = node_;
    x.executed_at = now();
    auto got = must(store_->claim_idempotency_key({"key", "h", x})).execution;
    return got == x.id ? std::string{"mine"} : to_string(got);
  };
  EXPECT_EQ(owner(), first);
  child.kill();
  EXPECT_EQ(sweep_until_closed().executions, 1u);
  EXPECT_EQ(owner(), "mine");
}

TEST_F(PostgresLease, OneOfEightProcessesOwnsAKey) {
  auto children = std::vector<std::unique_ptr<child_process>>{};
  for (int i = 0; i < 8; ++i)
    children.push_back(std::make_unique<child_process>(
      std::vector{place_.url(), std::string{"claim"}, to_string(program_),
                  std::string{"key"}}));
  auto outcomes = std::map<std::string, int>{};
  for (auto& x : children)
    ++outcomes[x->read_line()];
  ASSERT_EQ(outcomes.size(), 2u);
  auto& [owner, others] = *outcomes.begin();
  EXPECT_EQ(others, 7);
  EXPECT_EQ(outcomes.rbegin()->first, owner + " mine");
}

} // namespace dspex::test
