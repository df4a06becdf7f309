// Tests of the cost of the store's reads, as the server counts it: nothing
// walks through the history.

#include "tests/conformance/store_conformance.hpp"
#include "tests/support/postgres_scratch.hpp"

namespace dspex::test {

namespace {

constexpr size_t history = 20'000;

class PostgresPlan : public testing::Test {
protected:
  void SetUp() override {
    DSPEX_NEEDS_POSTGRES();
    auto options = database_options{};
    options.url = place_.url() + "&application_name=measured";
    options.node = node_id::make();
    database_ = must(open_database(options));
    auto s = must(database_->connect(access::read_write));
    auto sig = must(s->insert_signature(make_signature("Plan")));
    program_ = must(s->insert_program(make_program(sig.id))).id;
    auto other = must(s->insert_program(make_program(sig.id))).id;
    for (size_t i = 0; i < history / 1000; ++i) {
      auto batch = execution_batch{};
      for (auto k = 0; k < 1000; ++k) {
        auto program = k % 10 == 0 ? program_ : other;
        batch.finished.push_back(k % 100 == 0
                                   ? make_failed(program, errc::timeout)
                                   : make_completed(program));
        batch.finished.back().executed_at
          = at_second(static_cast<int64_t>(1000 * i) + k);
      }
      must(s->write(batch));
    }
    s.reset();
    place_.run("vacuum analyze");
  }

  // How many rows of the history the server has read until now. The counters
  // of a connection are complete when it is gone; that of the lease reads none.
  size_t rows_read() {
    while (place_
             .run("select 1 from pg_stat_activity where datname = "
                  "current_database() and application_name = 'measured'")
             .size()
           > 1) {
    }
    auto got = place_.run("select coalesce(seq_tup_read, 0) "
                          "+ coalesce(idx_tup_fetch, 0) "
                          "from pg_stat_user_tables where schemaname = "
                          "current_schema() and relname = 'executions'");
    return std::stoul(got.front());
  }

  // The rows that a call reads.
  template <class F>
  size_t cost_of(F f) {
    auto before = rows_read();
    {
      auto s = must(database_->connect(access::read_write));
      f(*s);
    }
    return rows_read() - before;
  }

  scratch_schema place_;
  std::unique_ptr<database> database_;
  program_id program_;
};

} // namespace

TEST_F(PostgresPlan, ReadsCostWhatTheyReturn) {
  auto lists = std::vector<execution_filter>{
    {},
    {.program = program_},
    {.status = execution_status::failed},
    {.program = program_, .status = execution_status::failed},
    {.program = program_, .error_code = errc::timeout},
    {.program = program_, .status = execution_status::completed},
    {.status = execution_status::running},
  };
  auto number = 0;
  for (auto& filter : lists) {
    SCOPED_TRACE("list " + std::to_string(number++));
    auto cursor = std::string{};
    auto cost = cost_of([&](store& s) {
      auto page = must(s.list_executions(filter, {50, ""}));
      EXPECT_EQ(page.items.size(),
                filter.status == execution_status::running ? 0u : 50u);
      cursor = page.next;
    });
    EXPECT_LE(cost, 120u);
    if (!cursor.empty()) {
      EXPECT_LE(cost_of([&](store& s) {
                  must(s.list_executions(filter, {50, cursor}));
                }),
                120u);
    }
  }
}

TEST_F(PostgresPlan, StatisticsAndSingleRecordsDoNotReadTheHistory) {
  EXPECT_EQ(cost_of([&](store& s) {
              EXPECT_EQ(must(s.get_statistics(program_)).total_executions,
                        history / 10);
              EXPECT_FALSE(s.get_execution(execution_id::make()));
            }),
            0u);
}

TEST_F(PostgresPlan, ChangesTouchTheirRowsOnly) {
  EXPECT_LE(
    cost_of([&](store& s) {
      auto x = make_by_hand(program_);
      must(s.insert_execution(x));
      must(s.step_execution(x.id, {.action = execution_action::mark_failed}));
      must(s.write({.live = {make_running(program_)},
                    .finished = {make_completed(program_)}}));
      must(s.sweep());
    }),
    10u);
}

TEST_F(PostgresPlan, PruneReadsWhatItDrops) {
  EXPECT_LE(
    cost_of([&](store& s) {
      EXPECT_EQ(must(s.prune({.older_than = at_second(15'000)}, 100)), 100u);
      EXPECT_EQ(must(s.prune(
                  {.older_than = at_second(15'000), .program = program_}, 100)),
                100u);
    }),
    1000u);
}

} // namespace dspex::test
