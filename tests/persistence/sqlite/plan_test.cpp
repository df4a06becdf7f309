// Tests of the cost of the store's statements, as SQLite plans them: nothing
// walks through a table that grows.

#include <algorithm>
#include <set>

#include <sqlite3.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include "tests/conformance/store_conformance.hpp"

namespace dspex::test {

namespace {

// The statements that this process has run since the watch began.
std::set<std::string> statements_run;

int remember(unsigned, void*, void* statement, void*) {
  statements_run.insert(sqlite3_sql(static_cast<sqlite3_stmt*>(statement)));
  return 0;
}

int watch(sqlite3* handle, char**, const sqlite3_api_routines*) {
  return sqlite3_trace_v2(handle, SQLITE_TRACE_STMT, remember, nullptr);
}

class SqlitePlan : public testing::Test {
protected:
  SqlitePlan() {
    auto options = database_options{};
    options.url = "sqlite:" + file_.string();
    options.node = node_id::make();
    database_ = must(open_database(options));
    // Connections are watched from when they are made.
    auto hook = reinterpret_cast<void (*)()>(+watch);
    sqlite3_auto_extension(hook);
    store_ = must(database_->connect(access::read_write));
    sqlite3_cancel_auto_extension(hook);
    auto sig = must(store_->insert_signature(make_signature("A")));
    program_ = must(store_->insert_program(make_program(sig.id)));
    statements_run.clear();
  }

  // How SQLite carries out a statement: a line for each table, and for sorting.
  std::vector<std::string> plan(const std::string& sql) {
    auto db = SQLite::Database{file_.string()};
    auto out = std::vector<std::string>{};
    auto query = SQLite::Statement{db, "explain query plan " + sql};
    while (query.executeStep())
      out.push_back(query.getColumn(3).getString());
    return out;
  }

  // Expects of every statement run since then that it finds its rows by an
  // index. A walk along an index is bounded by a limit, and nothing is sorted.
  void expect_bounded() {
    EXPECT_FALSE(statements_run.empty());
    for (auto& sql : statements_run) {
      if (sql.starts_with("begin") || sql.starts_with("commit")
          || sql.starts_with("rollback") || sql.starts_with("insert"))
        continue;
      for (auto& line : plan(sql)) {
        auto limited = sql.find("limit ?") != std::string::npos
                       && line.find("USING") != std::string::npos;
        EXPECT_TRUE(!line.starts_with("SCAN") || limited)
          << line << "\nin " << sql;
        EXPECT_EQ(line.find("TEMP B-TREE"), std::string::npos)
          << line << "\nin " << sql;
      }
    }
    statements_run.clear();
  }

  // Expects that the rows of a list come from these indexes.
  void expect_indexes(const execution_filter& filter,
                      const std::vector<std::string>& indexes) {
    must(store_->list_executions(filter, {}));
    ASSERT_EQ(statements_run.size(), 1u);
    for (auto& sql : statements_run) {
      auto lines = plan(sql);
      for (auto& x : indexes)
        EXPECT_TRUE(std::ranges::any_of(
          lines, [&](auto& line) { return line.find(x) != std::string::npos; }))
          << x << "\nin " << sql << "\n"
          << testing::PrintToString(lines);
    }
    statements_run.clear();
  }

  temp_folder directory_;
  std::filesystem::path file_ = directory_.path() / "test.db";
  std::unique_ptr<database> database_;
  std::unique_ptr<store> store_;
  program_record program_;
};

} // namespace

TEST_F(SqlitePlan, ListsOfExecutionsAreReadAlongIndexes) {
  auto cursor = to_string(execution_id::make());
  for (auto program : {std::optional<program_id>{}, std::optional{program_.id}})
    for (auto& where : {page_request{}, page_request{50, cursor}}) {
      must(store_->list_executions({.program = program}, where));
      must(store_->list_executions(
        {.program = program, .status = execution_status::failed}, where));
      must(store_->list_executions(
        {.program = program, .status = execution_status::running}, where));
      must(store_->list_executions(
        {.program = program, .error_code = errc::timeout}, where));
      must(store_->list_executions({.program = program, .until = at_second(5)},
                                   where));
    }
  expect_bounded();
}

TEST_F(SqlitePlan, ListsOfOneProgramReadItsRowsOnly) {
  expect_indexes({.program = program_.id},
                 {"executions_by_program (program_id=?",
                  "live_executions_by_program (program_id=?"});
  expect_indexes(
    {.program = program_.id, .status = execution_status::completed},
    {"executions_by_program (program_id=?"});
}

TEST_F(SqlitePlan, ListsOfFailuresReadFailuresOnly) {
  expect_indexes({.status = execution_status::failed},
                 {"INDEX failed_executions"});
  expect_indexes({.error_code = errc::timeout}, {"INDEX failed_executions"});
  expect_indexes({.program = program_.id, .error_code = errc::timeout},
                 {"failed_executions_by_program (program_id=?"});
}

TEST_F(SqlitePlan, OtherListsAreReadAlongIndexes) {
  must(store_->list_programs({}, {}));
  must(store_->list_programs({.name = "a"}, {}));
  must(store_->list_programs({.signature = program_.signature.id}, {}));
  must(store_->list_programs({.status = program_status::ready}, {}));
  must(store_->list_signatures({}, {}));
  expect_bounded();
}

TEST_F(SqlitePlan, SingleRecordsAndStatisticsAreFoundByTheirKeys) {
  must(store_->get_program(program_.id));
  must(store_->get_signature(program_.signature.id));
  EXPECT_FALSE(store_->get_execution(execution_id::make()));
  must(store_->get_statistics(program_.id));
  expect_bounded();
}

TEST_F(SqlitePlan, ChangesFindTheirRowsByIndexes) {
  auto x = make_by_hand(program_.id);
  must(store_->insert_execution(x));
  must(store_->step_execution(x.id, {.action = execution_action::mark_failed}));
  must(store_->write({.live = {make_running(program_.id)},
                      .finished = {make_completed(program_.id)}}));
  must(store_->claim_idempotency_key({"k", "h", make_running(program_.id)}));
  must(store_->claim_idempotency_key({"k", "h", make_running(program_.id)}));
  must(store_->update_program(program_.id, {.name = "x"}));
  must(store_->update_signature(program_.signature.id, {.name = "x"}));
  auto quick = make_program(program_.signature.id);
  quick.ephemeral = true;
  must(store_->insert_program(quick));
  quick.id = program_id::make();
  must(store_->insert_program(quick));
  EXPECT_FALSE(store_->destroy_signature(program_.signature.id));
  EXPECT_FALSE(store_->destroy_program(program_.id, false));
  must(store_->destroy_program(
    must(store_->insert_program(make_program(program_.signature.id))).id,
    true));
  expect_bounded();
}

TEST_F(SqlitePlan, PruneReadsWhatItDrops) {
  must(store_->prune({.older_than = now()}, 10));
  must(store_->prune({.older_than = now(), .program = program_.id}, 10));
  expect_bounded();
}

TEST_F(SqlitePlan, SweepLooksAtUnfinishedWorkOnly) {
  auto dead = make_running(program_.id);
  must(store_->write({.live = {dead}}));
  must(store_->transition_program(
    program_.id,
    {.action = program_action::initialize, .node = node_id::make()}));
  auto old = idempotency_claim{"k", "h", make_running(program_.id)};
  must(store_->claim_idempotency_key(old));
  statements_run.clear();
  auto got = must(store_->sweep());
  EXPECT_EQ(got.executions, 2u);
  EXPECT_EQ(got.programs, 1u);
  // Every row of this index is unfinished work.
  std::erase_if(statements_run, [](auto& sql) {
    return sql.starts_with("select node from live_executions");
  });
  expect_bounded();
}

} // namespace dspex::test
