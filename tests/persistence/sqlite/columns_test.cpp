// Tests that compare the lists of columns with the tables that the migrations
// make.

#include "core/columns.hpp"

#include <map>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include "tests/conformance/store_conformance.hpp"

namespace dspex::test {

namespace {

using column_types = std::map<std::string, std::string>;

template <class T>
constexpr auto sqlite_type = "text";
template <>
constexpr auto sqlite_type<bool> = "integer";
template <>
constexpr auto sqlite_type<int32_t> = "integer";
template <>
constexpr auto sqlite_type<int64_t> = "integer";
template <>
constexpr auto sqlite_type<uint64_t> = "integer";
template <>
constexpr auto sqlite_type<timestamp> = "integer";
template <class Tag>
constexpr auto sqlite_type<strong_id<Tag>> = "blob";
template <class T>
constexpr auto sqlite_type<std::optional<T>> = sqlite_type<T>;

template <class Record>
column_types listed() {
  auto out = column_types{};
  auto blank = Record{};
  for_each_column(blank, [&out]<class T>(const char* name, const T&) {
    out[name] = sqlite_type<T>;
  });
  return out;
}

class SqliteColumns : public testing::Test {
protected:
  SqliteColumns() {
    auto options = database_options{};
    options.url = "sqlite:" + file_.string();
    options.node = node_id::make();
    database_ = must(open_database(options));
    store_ = must(database_->connect(access::read_write));
  }

  column_types made(const std::string& table) {
    auto db = SQLite::Database{file_.string()};
    auto query = SQLite::Statement{
      db, "select name, lower(type) from pragma_table_info('" + table + "')"};
    auto out = column_types{};
    while (query.executeStep())
      out[query.getColumn(0).getString()] = query.getColumn(1).getString();
    return out;
  }

  // Expects each condition of the only row of a table.
  void expect_row(const std::string& table,
                  std::initializer_list<std::string> conditions) {
    auto db = SQLite::Database{file_.string()};
    for (auto& x : conditions) {
      auto query = SQLite::Statement{db, "select " + x + " from " + table};
      ASSERT_TRUE(query.executeStep()) << table;
      EXPECT_EQ(query.getColumn(0).getInt(), 1) << x;
    }
  }

  static std::string is(const char* column, const uuid& id) {
    return "hex(" + std::string{column} + ") = upper(replace('" + to_string(id)
           + "', '-', ''))";
  }

  temp_folder directory_;
  std::filesystem::path file_ = directory_.path() / "test.db";
  std::unique_ptr<database> database_;
  std::unique_ptr<store> store_;
};

} // namespace

TEST_F(SqliteColumns, AreThoseThatTheListOfTheirRecordNames) {
  EXPECT_EQ(made("signatures"), listed<signature_record>());
  EXPECT_EQ(made("programs"), listed<program_record>());
  EXPECT_EQ(made("executions"), listed<execution_record>());
  EXPECT_EQ(made("live_executions"), listed<execution_record>());
  EXPECT_EQ(made("all_executions"), listed<execution_record>());
}

TEST_F(SqliteColumns, HoldTheMembersWhoseNamesTheyHave) {
  auto sig = make_signature("Columns", "2.0.0");
  sig.outputs = document{parse(R"([{"name":"other"}])")};
  must(store_->insert_signature(sig));
  expect_row("signatures",
             {is("id", sig.id.value), "name = 'Name of Columns'",
              "module = 'Columns'", "version = '2.0.0'", "status = 'draft'",
              "content_hash = 'cafe'", "inserted_at = 1700000000000000",
              "updated_at = 1700000001000000",
              "description = 'Answers questions.'", "instructions = 'Answer.'",
              R"(inputs = '[{"name":"question","type":"str"}]')",
              R"(outputs = '[{"name":"other"}]')"});

  auto program = make_program(sig.id, "a name");
  program.status = program_status::error;
  program.completed_count = 5;
  program.failed_count = 4;
  program.pruned_completed = 3;
  program.pruned_failed = 2;
  program.duration_us_sum = 1;
  program.generation = 6;
  program.last_executed_at = at_second(7);
  program.backend_program_id = "backend";
  program.error_code = errc::timeout;
  program.error_message = "too slow";
  program.owner_node = node_id::make();
  must(store_->insert_program(program));
  expect_row("programs",
             {is("id", program.id.value),
              is("signature_id", sig.id.value),
              is("owner_node", program.owner_node->value),
              "name = 'a name'",
              "adapter_type = 'mock'",
              "status = 'error'",
              "ephemeral = 0",
              "generation = 6",
              "completed_count = 5",
              "failed_count = 4",
              "pruned_completed = 3",
              "pruned_failed = 2",
              "duration_us_sum = 1",
              "last_executed_at = 7000000",
              "inserted_at = 1700000002000000",
              "updated_at = 1700000003000000",
              "backend_program_id = 'backend'",
              "error_code = 'timeout'",
              "error_message = 'too slow'",
              R"(configuration = '{"timeout_ms":500,"lm":{"b":1,"a":2}}')"});

  auto run = make_failed(program.id, errc::backend_failed);
  run.attempt = 8;
  auto batch = execution_batch{};
  batch.finished.push_back(run);
  must(store_->write(batch));
  expect_row("executions",
             {is("id", run.id.value), is("program_id", program.id.value),
              is("node", run.node.value), "status = 'failed'",
              "error_code = 'backend_failed'", "attempt = 8",
              "duration_us = 1500", "executed_at = 1700000010000000",
              "started_at = 1700000011000000", "finished_at = 1700000014000000",
              "inserted_at = 1700000012000000", "updated_at = 1700000013000000",
              "error_message = 'it failed'",
              R"(inputs = '{"question":"why?"}')", "outputs = 'null'",
              R"(metadata = '{"adapter_type":"mock"}')"});
}

} // namespace dspex::test
