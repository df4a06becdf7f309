// Tests that compare the lists of columns with the tables that the migrations
// make.

#include "core/columns.hpp"

#include <map>

#include "tests/conformance/store_conformance.hpp"
#include "tests/support/postgres_scratch.hpp"

namespace dspex::test {

namespace {

using column_types = std::map<std::string, std::string>;

template <class T>
constexpr auto postgres_type_name = "text";
template <>
constexpr auto postgres_type_name<bool> = "boolean";
template <>
constexpr auto postgres_type_name<int32_t> = "integer";
template <>
constexpr auto postgres_type_name<int64_t> = "bigint";
template <>
constexpr auto postgres_type_name<uint64_t> = "bigint";
template <>
constexpr auto postgres_type_name<timestamp> = "timestamp with time zone";
template <>
constexpr auto postgres_type_name<document> = "json";
template <class Tag>
constexpr auto postgres_type_name<strong_id<Tag>> = "uuid";
template <class T>
constexpr auto postgres_type_name<std::optional<T>> = postgres_type_name<T>;

template <class Record>
column_types listed() {
  auto out = column_types{};
  auto blank = Record{};
  for_each_column(blank, [&out]<class T>(const char* name, const T&) {
    out[name] = postgres_type_name<T>;
  });
  return out;
}

class PostgresColumns : public testing::Test {
protected:
  void SetUp() override {
    DSPEX_NEEDS_POSTGRES();
    auto options = database_options{};
    options.url = place_.url();
    options.node = node_id::make();
    database_ = must(open_database(options));
    store_ = must(database_->connect(access::read_write));
  }

  column_types made(const std::string& table) {
    auto out = column_types{};
    for (auto& x : place_.run("select column_name, data_type from "
                              "information_schema.columns where table_schema = "
                              "current_schema() and table_name = '"
                              + table + "'"))
      out[x.substr(0, x.find('|'))] = x.substr(x.find('|') + 1);
    return out;
  }

  // Expects each condition of the only row of a table.
  void expect_row(const std::string& table,
                  std::initializer_list<std::string> conditions) {
    for (auto& x : conditions)
      EXPECT_EQ(place_.run("select " + x + " from " + table),
                std::vector<std::string>{"t"})
        << x;
  }

  static std::string is(const char* column, const uuid& id) {
    return std::string{column} + " = '" + to_string(id) + "'";
  }

  static std::string is(const char* column, int64_t seconds) {
    return "extract(epoch from " + std::string{column}
           + ") = " + std::to_string(seconds);
  }

  scratch_schema place_;
  std::unique_ptr<database> database_;
  std::unique_ptr<store> store_;
};

} // namespace

TEST_F(PostgresColumns, AreThoseThatTheListOfTheirRecordNames) {
  EXPECT_EQ(made("signatures"), listed<signature_record>());
  EXPECT_EQ(made("programs"), listed<program_record>());
  EXPECT_EQ(made("executions"), listed<execution_record>());
  EXPECT_EQ(made("live_executions"), listed<execution_record>());
  EXPECT_EQ(made("all_executions"), listed<execution_record>());
}

TEST_F(PostgresColumns, HoldTheMembersWhoseNamesTheyHave) {
  auto sig = make_signature("Columns", "2.0.0");
  sig.outputs = document{parse(R"([{"name":"other"}])")};
  must(store_->insert_signature(sig));
  expect_row("signatures",
             {is("id", sig.id.value), "name = 'Name of Columns'",
              "module = 'Columns'", "version = '2.0.0'", "status = 'draft'",
              "content_hash = 'cafe'", is("inserted_at", 1'700'000'000),
              is("updated_at", 1'700'000'001),
              "description = 'Answers questions.'", "instructions = 'Answer.'",
              R"(inputs::text = '[{"name":"question","type":"str"}]')",
              R"(outputs::text = '[{"name":"other"}]')"});

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
  expect_row("programs", {is("id", program.id.value),
                          is("signature_id", sig.id.value),
                          is("owner_node", program.owner_node->value),
                          "name = 'a name'",
                          "adapter_type = 'mock'",
                          "status = 'error'",
                          "not ephemeral",
                          "generation = 6",
                          "completed_count = 5",
                          "failed_count = 4",
                          "pruned_completed = 3",
                          "pruned_failed = 2",
                          "duration_us_sum = 1",
                          is("last_executed_at", 7),
                          is("inserted_at", 1'700'000'002),
                          is("updated_at", 1'700'000'003),
                          "backend_program_id = 'backend'",
                          "error_code = 'timeout'",
                          "error_message = 'too slow'",
                          R"(configuration::text =
                 '{"timeout_ms":500,"lm":{"b":1,"a":2}}')"});

  auto run = make_failed(program.id, errc::backend_failed);
  run.attempt = 8;
  auto batch = execution_batch{};
  batch.finished.push_back(run);
  must(store_->write(batch));
  expect_row(
    "executions",
    {is("id", run.id.value), is("program_id", program.id.value),
     is("node", run.node.value), "status = 'failed'",
     "error_code = 'backend_failed'", "attempt = 8", "duration_us = 1500",
     is("executed_at", 1'700'000'010), is("started_at", 1'700'000'011),
     is("finished_at", 1'700'000'014), is("inserted_at", 1'700'000'012),
     is("updated_at", 1'700'000'013), "error_message = 'it failed'",
     R"(inputs::text = '{"question":"why?"}')", "outputs::text = 'null'",
     R"(metadata::text = '{"adapter_type":"mock"}')"});
}

} // namespace dspex::test
