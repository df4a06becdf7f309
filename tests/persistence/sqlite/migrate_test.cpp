#include <algorithm>
#include <fstream>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include "persistence/migration.hpp"
#include "tests/conformance/store_conformance.hpp"
#include "tests/persistence/child_process.hpp"

namespace dspex {

void PrintTo(const schema_drift& x, std::ostream* out) {
  *out << x.object << ' ' << x.problem;
}

} // namespace dspex

namespace dspex::test {

namespace {

uint32_t newest() {
  return sqlite_migrations().back().number;
}

class SqliteMigrate : public testing::Test {
protected:
  database_options options(access mode = access::read_write) {
    auto out = database_options{};
    out.url = "sqlite:" + file_.string();
    out.access = mode;
    out.node = node_id::make();
    out.timeout = std::chrono::milliseconds{200};
    return out;
  }

  uint32_t up(std::optional<uint32_t> to = std::nullopt) {
    return must(migrate_up(options(), {.to = to})).changed;
  }

  uint32_t down(uint32_t to) {
    return must(migrate_down(options(), {.to = to})).changed;
  }

  // How many are applied.
  size_t applied() {
    auto rows = must(migration_status(options())).rows;
    return static_cast<size_t>(std::ranges::count_if(
      rows, [](auto& x) { return x.applied_at.has_value(); }));
  }

  std::string shortened(std::string text) {
    auto path = file_.string();
    if (auto pos = text.find(path); pos != std::string::npos)
      text.replace(pos, path.size(), "FILE");
    return text;
  }

  void run(const std::string& sql) {
    auto db = SQLite::Database{file_.string(),
                               SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    db.exec(sql);
  }

  // Every row that `sql` gives, as text.
  std::vector<std::string> read(const std::string& sql) {
    auto db = SQLite::Database{file_.string()};
    auto out = std::vector<std::string>{};
    auto query = SQLite::Statement{db, sql};
    while (query.executeStep()) {
      auto row = std::string{};
      for (int i = 0; i < query.getColumnCount(); ++i)
        row += query.getColumn(i).getString() + "|";
      out.push_back(std::move(row));
    }
    return out;
  }

  std::vector<std::string> schema() {
    return read("select type, name, tbl_name, sql from sqlite_schema "
                "order by type, name");
  }

  std::vector<schema_drift> drifts() {
    return must(verify_schema(options(access::read_only)));
  }

  // A store with records of every kind.
  program_record fill() {
    auto db = must(open_database(options()));
    auto s = must(db->connect(access::read_write));
    auto sig = must(s->insert_signature(make_signature("A")));
    auto program = must(s->insert_program(make_program(sig.id)));
    must(s->write({.finished = {make_completed(program.id),
                                make_failed(program.id, errc::timeout)}}));
    must(s->insert_execution(make_by_hand(program.id)));
    must(s->claim_idempotency_key({"key", "h", make_running(program.id)}));
    return must(s->get_program(program.id));
  }

  std::vector<std::string> rows_of_the_base() {
    auto out = std::vector<std::string>{};
    for (auto table :
         {"signatures", "programs", "all_executions", "program_durations"})
      for (auto& x :
           read("select * from " + std::string{table} + " order by 1"))
        out.push_back(x);
    return out;
  }

  // Migrates in a process that is killed after its first statement, then in one
  // after its second, and so on until one comes to its end.
  // @param prepare makes the schema from which each starts.
  // @param check looks at what a killed one left.
  // @returns how many were killed.
  int kill_after_each_statement(const std::string& direction, uint32_t to,
                                const std::function<void()>& prepare,
                                const std::function<void()>& check) {
    for (auto n = 1;; ++n) {
      SCOPED_TRACE(direction + ", killed after statement " + std::to_string(n));
      prepare();
      auto child = child_process{
        {options().url, direction, std::to_string(to), std::to_string(n)},
        DSPEX_MIGRATION_CHILD};
      auto said = child.read_last_line();
      if (said != " (ended by signal 9)") {
        EXPECT_EQ(said, "ok");
        return n - 1;
      }
      check();
    }
  }

  temp_folder directory_;
  std::filesystem::path file_ = directory_.path() / "test.db";
};

} // namespace

// -- there and back -----------------------------------------------------------

TEST_F(SqliteMigrate, DownAndUpAgainGivesTheSameSchema) {
  auto at = std::vector<std::vector<std::string>>{};
  for (uint32_t i = 1; i <= newest(); ++i) {
    EXPECT_EQ(up(i), 1u);
    at.push_back(schema());
    EXPECT_TRUE(drifts().empty());
  }
  for (auto i = newest(); i-- > 1;) {
    EXPECT_EQ(down(i), 1u);
    EXPECT_EQ(schema(), at[i - 1]);
    EXPECT_TRUE(drifts().empty());
  }
  EXPECT_EQ(down(0), 1u);
  EXPECT_TRUE(schema().empty());
  EXPECT_EQ(up(), newest());
  EXPECT_EQ(schema(), at.back());
}

TEST_F(SqliteMigrate, StoreOpenedNewHasTheSchemaOfAMigratedOne) {
  up();
  auto migrated = schema();
  std::filesystem::remove(file_);
  must(open_database(options()));
  EXPECT_EQ(schema(), migrated);
}

TEST_F(SqliteMigrate, DownKeepsWhatTheOlderSchemaCanHold) {
  auto program = fill();
  auto before = rows_of_the_base();
  ASSERT_GT(before.size(), 5u);
  down(1);
  EXPECT_EQ(rows_of_the_base(), before);
  up();
  EXPECT_EQ(rows_of_the_base(), before);
  auto db = must(open_database(options()));
  auto s = must(db->connect(access::read_only));
  EXPECT_EQ(must(s->get_program(program.id)), program);
  EXPECT_EQ(must(s->list_executions({}, {})).items.size(), 4u);
}

TEST_F(SqliteMigrate, OlderStoreIsUpgradedWithItsRows) {
  up(1);
  run("insert into signatures values (x'00000000000000000000000000000001', "
      "'n', 'M', '1', 'draft', '', 0, 0, '', '', '[]', '[]')");
  EXPECT_EQ(shortened(refusal(open_database(options()))),
            "store_unavailable: FILE: the schema is older than this dspex; run "
            "`dspex migrate up`");
  EXPECT_EQ(up(), newest() - 1);
  auto db = must(open_database(options()));
  auto s = must(db->connect(access::read_only));
  EXPECT_EQ(must(s->list_signatures({}, {})).items.size(), 1u);
}

TEST_F(SqliteMigrate, GoesNoFurtherThanAsked) {
  EXPECT_EQ(up(1), 1u);
  EXPECT_EQ(up(1), 0u);
  EXPECT_EQ(down(1), 0u);
  EXPECT_EQ(applied(), 1u);
  up();
  EXPECT_EQ(up(1), 0u);
  EXPECT_EQ(down(newest()), 0u);
  EXPECT_EQ(applied(), newest());
}

TEST_F(SqliteMigrate, DryRunSaysWhatWouldBeDoneAndDoesNothing) {
  auto preview = must(migrate_up(options(), {.dry_run = true}));
  EXPECT_EQ(preview.changed, newest());
  EXPECT_EQ(preview.rows.size(), newest());
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
  up();
  auto before = schema();
  EXPECT_EQ(must(migrate_up(options(), {.dry_run = true})).changed, 0u);
  preview = must(migrate_down(options(), {.to = 1, .dry_run = true}));
  EXPECT_EQ(preview.changed, newest() - 1);
  for (auto& x : preview.rows)
    EXPECT_TRUE(x.applied_at);
  EXPECT_EQ(schema(), before);
  down(1);
  EXPECT_EQ(must(migrate_up(options(), {.dry_run = true})).changed,
            newest() - 1);
  EXPECT_EQ(applied(), 1u);
}

TEST_F(SqliteMigrate, UnknownTargetIsRefused) {
  up();
  auto far = newest() + 1;
  auto expected = "invalid_option: there is no migration " + std::to_string(far)
                  + "; the newest is " + std::to_string(newest());
  EXPECT_EQ(refusal(migrate_up(options(), {.to = far})), expected);
  EXPECT_EQ(refusal(migrate_down(options(), {.to = far})), expected);
}

TEST_F(SqliteMigrate, MissingFileHasNothingToTakeBack) {
  EXPECT_EQ(shortened(refusal(migrate_down(options(), {.to = 0}))),
            "not_found: FILE: the file does not exist");
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

// -- others have the store open -----------------------------------------------

TEST_F(SqliteMigrate, DownIsRefusedWhileSomebodyHasTheStoreOpen) {
  auto expected = std::string{
    "store_unavailable: FILE: another process has the store open; end it "
    "before the schema goes back"};
  auto program = fill();
  {
    auto draft = program_id{};
    {
      auto db = must(open_database(options()));
      auto s = must(db->connect(access::read_write));
      draft = must(s->insert_program(make_program(program.signature.id))).id;
    }
    auto child = child_process{
      {options().url, "hold", to_string(program.id), to_string(draft)}};
    ASSERT_EQ(child.read_line(), "ready");
    EXPECT_EQ(shortened(refusal(migrate_down(options(), {.to = 1}))), expected);
  }
  {
    auto reader = must(open_database(options(access::read_only)));
    auto s = must(reader->connect(access::read_only));
    must(s->list_signatures({}, {}));
    EXPECT_EQ(shortened(refusal(migrate_down(options(), {.to = 1}))), expected);
  }
  {
    // Without a connection at present.
    auto node = must(open_database(options()));
    EXPECT_EQ(shortened(refusal(migrate_down(options(), {.to = 1}))), expected);
  }
  EXPECT_EQ(applied(), newest());
  EXPECT_EQ(down(1), newest() - 1);
}

// -- drift --------------------------------------------------------------------

TEST_F(SqliteMigrate, EachDriftIsListed) {
  up();
  run("drop index executions_by_program;"
      "drop view all_executions;"
      "create view all_executions as select * from executions;"
      "create table extra (x integer);"
      "alter table programs add column colour text;"
      "alter table live_executions rename column attempt to try;"
      "drop table idempotency_keys;"
      "create table idempotency_keys (program_id blob not null, key text, "
      "execution_id blob not null, claimed_at integer not null, "
      "inputs_hash text not null, primary key (program_id, key)) strict;");
  auto expected = std::vector<schema_drift>{
    {"index executions_by_program", "is missing"},
    {"index idempotency_keys_by_time", "is missing"},
    {"table idempotency_keys: column key",
     "is `key text` and should be `key text not null`"},
    {"table idempotency_keys: constraint idempotency_execution_is_16_bytes",
     "is missing"},
    {"table idempotency_keys: constraint idempotency_key_has_a_program",
     "is missing"},
    {"table idempotency_keys: options",
     "is `strict` and should be `strict , without rowid`"},
    {"table live_executions: column attempt", "is missing"},
    {"table live_executions: column try", "is not made by a migration"},
    {"table programs: column colour", "is not made by a migration"},
    {"view all_executions",
     "is `create view all_executions as select * from executions` and should "
     "be `create view all_executions as select * from executions union all "
     "select * from live_executions`"},
    {"table extra", "is not made by a migration"},
  };
  EXPECT_EQ(drifts(), expected);
}

TEST_F(SqliteMigrate, SpellingIsNoDrift) {
  up();
  run("drop index programs_by_name;"
      "CREATE INDEX programs_by_name /* again */ ON\n\"programs\" (\"name\",id)"
      " -- as it was\n");
  EXPECT_TRUE(drifts().empty());
}

TEST_F(SqliteMigrate, SchemaOfAnOlderMigrationIsComparedWithThatOne) {
  up(1);
  EXPECT_TRUE(drifts().empty());
  run("drop index programs_by_name");
  EXPECT_EQ(drifts(), (std::vector<schema_drift>{
                        {"index programs_by_name", "is missing"}}));
}

TEST_F(SqliteMigrate, VerifyRefusesWhatIsNoStore) {
  EXPECT_EQ(shortened(refusal(verify_schema(options()))),
            "not_found: FILE: the file does not exist");
  std::ofstream{file_};
  EXPECT_EQ(shortened(refusal(verify_schema(options()))),
            "store_unavailable: FILE: there is no schema yet; run `dspex "
            "migrate up`");
}

// -- killed on the way --------------------------------------------------------

TEST_F(SqliteMigrate, KilledUpConvergesWhereverItWas) {
  up();
  auto whole = schema();
  auto kills = kill_after_each_statement(
    "up", newest(), [&] { down(0); },
    [&] {
      // Whole migrations are there, or nothing.
      if (!schema().empty()) {
        EXPECT_TRUE(drifts().empty());
      }
      up();
      EXPECT_EQ(schema(), whole);
    });
  EXPECT_GT(kills, 20);
}

TEST_F(SqliteMigrate, KilledDownConvergesWhereverItWas) {
  auto kills = kill_after_each_statement(
    "down", 0, [&] { up(); },
    [&] {
      if (!schema().empty()) {
        EXPECT_TRUE(drifts().empty());
      }
      down(0);
      EXPECT_TRUE(schema().empty());
    });
  EXPECT_GT(kills, 20);
}

TEST_F(SqliteMigrate, KilledInEitherDirectionItLosesNoRow) {
  fill();
  auto before = rows_of_the_base();
  auto whole = schema();
  kill_after_each_statement(
    "down", 1, [&] { up(); }, [&] { EXPECT_EQ(rows_of_the_base(), before); });
  kill_after_each_statement(
    "up", newest(), [&] { down(1); },
    [&] { EXPECT_EQ(rows_of_the_base(), before); });
  up();
  EXPECT_EQ(schema(), whole);
  EXPECT_EQ(rows_of_the_base(), before);
}

} // namespace dspex::test
