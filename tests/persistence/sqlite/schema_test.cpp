#include <fstream>
#include <unistd.h>

#include <sqlite3.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include "persistence/migration.hpp"
#include "tests/conformance/store_conformance.hpp"

namespace dspex::test {

namespace {

class SqliteSchema : public testing::Test {
protected:
  database_options options(access mode = access::read_write) {
    auto out = database_options{};
    out.url = "sqlite:" + file_.string();
    out.access = mode;
    out.node = node_id::make();
    out.timeout = std::chrono::milliseconds{50};
    return out;
  }

  // Returns the error of opening the file, with the path shortened.
  std::string outcome(const database_options& how) {
    return shortened(refusal(open_database(how)));
  }

  std::string shortened(std::string text) {
    auto path = file_.string();
    if (auto pos = text.find(path); pos != std::string::npos)
      text.replace(pos, path.size(), "FILE");
    return text;
  }

  void create() {
    must(open_database(options()));
  }

  // Runs SQL past the store.
  void run(const std::string& sql) {
    auto db = SQLite::Database{file_.string(),
                               SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    db.exec(sql);
  }

  temp_folder directory_;
  std::filesystem::path file_ = directory_.path() / "test.db";
};

} // namespace

// -- opening ------------------------------------------------------------------

TEST_F(SqliteSchema, NewFileIsMigratedWhenItIsOpened) {
  create();
  auto report = must(migration_status(options()));
  ASSERT_EQ(report.rows.size(), sqlite_migrations().size());
  for (auto& x : report.rows)
    EXPECT_TRUE(x.applied_at);
  EXPECT_EQ(report.rows.front().number, 1u);
  EXPECT_EQ(report.rows.front().name, "base");
}

TEST_F(SqliteSchema, FileUsesWriteAheadLogging) {
  create();
  auto db = SQLite::Database{file_.string()};
  EXPECT_EQ(db.execAndGet("pragma journal_mode").getString(), "wal");
}

TEST_F(SqliteSchema, MissingFileIsNotFoundUnlessItMayBeMade) {
  EXPECT_EQ(outcome(options(access::read_only)),
            "not_found: FILE: the file does not exist");
  auto how = options();
  how.create = false;
  EXPECT_EQ(outcome(how), "not_found: FILE: the file does not exist");
  EXPECT_EQ(shortened(refusal(migration_status(options()))),
            "not_found: FILE: the file does not exist");
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(SqliteSchema, MissingDirectoryIsNamed) {
  file_ = directory_.path() / "no" / "test.db";
  EXPECT_EQ(outcome(options()), "not_found: FILE: the directory "
                                  + (directory_.path() / "no").string()
                                  + " does not exist");
}

TEST_F(SqliteSchema, DirectoryIsNoStore) {
  file_ = directory_.path();
  EXPECT_EQ(outcome(options()), "invalid_option: FILE: is a directory");
}

TEST_F(SqliteSchema, FileOfSomethingElseIsNotADatabaseAndStaysAsItIs) {
  auto text = std::string(5000, 'x');
  std::ofstream{file_} << text;
  for (auto mode : {access::read_write, access::read_only})
    EXPECT_EQ(outcome(options(mode)),
              "store_unavailable: FILE: not a SQLite database");
  EXPECT_EQ(shortened(refusal(migrate_up(options()))),
            "store_unavailable: FILE: not a SQLite database");
  auto after = std::string{};
  std::getline(std::ifstream{file_}, after);
  EXPECT_EQ(after, text);
}

TEST_F(SqliteSchema, DatabaseOfSomethingElseIsRefusedAndStaysAsItIs) {
  run("create table customers (name text)");
  EXPECT_EQ(outcome(options()),
            "store_unavailable: FILE: a SQLite database, but not of dspex");
  EXPECT_EQ(shortened(refusal(migrate_up(options()))),
            "store_unavailable: FILE: a SQLite database, but not of dspex");
  auto db = SQLite::Database{file_.string()};
  EXPECT_EQ(db.execAndGet("pragma journal_mode").getString(), "delete");
  EXPECT_EQ(db.execAndGet("select count(*) from sqlite_schema").getInt(), 1);
}

TEST_F(SqliteSchema, FileWithoutASchemaIsRefusedWithAHintUnlessItMayBeMade) {
  std::ofstream{file_};
  auto how = options();
  how.create = false;
  for (auto& x : {how, options(access::read_only)}) {
    auto got = open_database(x);
    EXPECT_EQ(shortened(refusal(got)),
              "store_unavailable: FILE: there is no schema yet; run `dspex "
              "migrate up`");
    EXPECT_EQ(got.error().details["hint"], "dspex migrate up");
  }
  EXPECT_EQ(outcome(options()), "ok");
}

TEST_F(SqliteSchema, NewerSchemaIsRefused) {
  create();
  run("insert into schema_migrations values (99, 'future', 'x', 0, 'me', 0)");
  auto expected = "store_unavailable: FILE: schema 99 is newer than this "
                  "dspex, which knows "
                  + std::to_string(sqlite_migrations().size())
                  + "; use a newer dspex";
  EXPECT_EQ(outcome(options()), expected);
  EXPECT_EQ(outcome(options(access::read_only)), expected);
  EXPECT_EQ(shortened(refusal(migrate_up(options()))), expected);
  EXPECT_EQ(shortened(refusal(migration_status(options()))), expected);
}

TEST_F(SqliteSchema, MigrationThatWasChangedAfterwardsIsRefused) {
  create();
  run("update schema_migrations set checksum = 'other' where number = 1");
  EXPECT_EQ(outcome(options()),
            "store_unavailable: FILE: migration 1 is not the one that this "
            "dspex has under that number");
}

TEST_F(SqliteSchema, DamagedFileIsAnErrorAndNoCrash) {
  create();
  {
    auto file = std::fstream{file_,
                             std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(100);
    file << std::string(4000, '\xEE');
  }
  auto got = open_database(options());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::store_unavailable);
}

TEST_F(SqliteSchema, RowThatIsNotJsonIsDamageAndNoCrash) {
  create();
  auto how = options();
  auto db = must(open_database(how));
  auto s = must(db->connect(access::read_write));
  auto sig = must(s->insert_signature(make_signature("A")));
  run("update signatures set inputs = '{'");
  auto got = s->get_signature(sig.id);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::store_unavailable);
  EXPECT_NE(got.error().message.find("column inputs is not JSON"),
            std::string::npos);
}

// -- locks and space ----------------------------------------------------------

TEST_F(SqliteSchema, LongWriterMakesWritesUnavailableAndNotReads) {
  auto how = options();
  auto db = must(open_database(how));
  auto s = must(db->connect(access::read_write));
  auto blocker = SQLite::Database{file_.string(), SQLite::OPEN_READWRITE};
  blocker.exec("begin immediate");
  EXPECT_EQ(shortened(refusal(s->insert_signature(make_signature("A")))),
            "store_unavailable: FILE: locked by another process (waited 50 "
            "ms)");
  EXPECT_EQ(refusal(s->list_signatures({}, {})), "ok");
  EXPECT_EQ(outcome(options()), "ok");
  blocker.exec("rollback");
  EXPECT_EQ(refusal(s->insert_signature(make_signature("A"))), "ok");
}

TEST_F(SqliteSchema, NewFileThatSomebodyLocksIsUnavailable) {
  auto blocker = SQLite::Database{file_.string(),
                                  SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  blocker.exec("begin exclusive");
  EXPECT_EQ(outcome(options()),
            "store_unavailable: FILE: locked by another process (waited 50 "
            "ms)");
}

TEST_F(SqliteSchema, FullDiskRollsBackAndTheStoreGoesOn) {
  auto db = must(open_database(options()));
  auto s = must(db->connect(access::read_write));
  auto sig = must(s->insert_signature(make_signature("A")));
  auto program = must(s->insert_program(make_program(sig.id)));
  auto full = execution_batch{};
  for (int i = 0; i < 50; ++i) {
    full.finished.push_back(make_completed(program.id));
    full.finished.back().outputs = document{json(std::string(200'000, 'x'))};
  }
  // The limit belongs to a connection: a hook sets it when one is made.
  auto limit = [](sqlite3* handle, char**, const sqlite3_api_routines*) -> int {
    return sqlite3_exec(handle, "pragma max_page_count = 200", nullptr, nullptr,
                        nullptr);
  };
  auto hook = reinterpret_cast<void (*)()>(+limit);
  ASSERT_EQ(sqlite3_auto_extension(hook), SQLITE_OK);
  auto cramped = must(db->connect(access::read_write));
  sqlite3_cancel_auto_extension(hook);
  auto got = cramped->write(full);
  EXPECT_EQ(shortened(refusal(got)),
            "store_unavailable: FILE: database or disk is full");
  EXPECT_EQ(must(s->get_program(program.id)).completed_count, 0u);
  EXPECT_TRUE(must(s->list_executions({}, {})).items.empty());
  EXPECT_EQ(refusal(cramped->write({.finished = {make_completed(program.id)}})),
            "ok");
  EXPECT_EQ(refusal(s->write(full)), "ok");
}

// -- schema -------------------------------------------------------------------

TEST_F(SqliteSchema, ConstraintsAreNamedAfterWhatTheySay) {
  create();
  auto db = SQLite::Database{file_.string(), SQLite::OPEN_READWRITE};
  db.exec("pragma foreign_keys = on");
  auto complaint = [&](const std::string& sql) {
    try {
      db.exec(sql);
    } catch (const SQLite::Exception& ex) {
      return std::string{ex.what()};
    }
    return std::string{"ok"};
  };
  auto signature = [](const std::string& id, const std::string& name,
                      const std::string& status) {
    return "insert into signatures values (" + id + ", '" + name
           + "', 'M', '1', '" + status + "', '', 0, 0, '', '', '[]', '[]')";
  };
  auto id = std::string{"x'00000000000000000000000000000001'"};
  EXPECT_EQ(complaint(signature("x'01'", "n", "draft")),
            "CHECK constraint failed: signature_id_is_16_bytes");
  EXPECT_EQ(complaint(signature(id, " ", "draft")),
            "CHECK constraint failed: signature_name_is_present");
  EXPECT_EQ(complaint(signature(id, "n", "odd")),
            "CHECK constraint failed: signature_status_is_known");
  EXPECT_EQ(complaint(signature(id, "n", "draft")), "ok");
  auto execution = [&](const std::string& table, const std::string& status,
                       const std::string& duration, const std::string& code) {
    return "insert into " + table + " values (" + id + ", " + id + ", " + id
           + ", '" + status + "', " + code + ", 1, " + duration + ", 0, null, "
           + (duration == "null" ? "null" : "0")
           + ", 0, 0, '', '{}', '{}', '{}')";
  };
  EXPECT_EQ(complaint(execution("executions", "running", "1", "null")),
            "CHECK constraint failed: execution_is_finished");
  EXPECT_EQ(complaint(execution("executions", "failed", "-1", "null")),
            "CHECK constraint failed: execution_duration_is_not_negative");
  EXPECT_EQ(complaint(execution("executions", "completed", "1", "'timeout'")),
            "CHECK constraint failed: completed_execution_has_no_error");
  EXPECT_EQ(complaint(execution("executions", "completed", "1", "null")),
            "FOREIGN KEY constraint failed");
  EXPECT_EQ(complaint(execution("live_executions", "failed", "null", "null")),
            "CHECK constraint failed: live_execution_is_not_finished");
}

TEST_F(SqliteSchema, MigratingTwiceAppliesOnce) {
  auto first = must(migrate_up(options()));
  EXPECT_EQ(first.changed, sqlite_migrations().size());
  auto second = must(migrate_up(options()));
  EXPECT_EQ(second.changed, 0u);
  EXPECT_EQ(second.rows.size(), first.rows.size());
}

TEST_F(SqliteSchema, MigrationsRecordWhoRanThem) {
  create();
  auto db = SQLite::Database{file_.string()};
  auto who
    = db.execAndGet("select applied_by from schema_migrations").getString();
  EXPECT_NE(who.find('@'), std::string::npos);
  EXPECT_FALSE(who.starts_with("@"));
}

// -- URLs ---------------------------------------------------------------------

TEST(StoreUrl, UnknownSchemeIsRefusedWithoutShowingThePassword) {
  for (auto url : {"mysql://me:secret@host/db", "me:secret@host", "secret", "",
                   "http://host?password=secret"}) {
    auto options = database_options{};
    options.url = url;
    for (auto& got :
         {refusal(open_database(options)), refusal(migrate_up(options)),
          refusal(migration_status(options))}) {
      EXPECT_TRUE(got.starts_with("invalid_option:")) << got;
      EXPECT_EQ(got.find("secret"), std::string::npos) << got;
    }
  }
}

TEST(StoreUrl, SqliteNeedsAFileName) {
  for (auto url : {"sqlite:", "sqlite::memory:"}) {
    auto options = database_options{};
    options.url = url;
    EXPECT_EQ(refusal(open_database(options)),
              "invalid_option: sqlite: needs a file name; use memory: for a "
              "store in memory");
  }
}

TEST(StoreUrl, EachMemoryStoreIsItsOwn) {
  auto options = database_options{};
  options.url = "memory:";
  auto first = must(open_database(options));
  auto second = must(open_database(options));
  auto sig = make_signature("A");
  must(must(first->connect(access::read_write))->insert_signature(sig));
  auto same = must(first->connect(access::read_only));
  EXPECT_EQ(refusal(same->get_signature(sig.id)), "ok");
  auto other = must(second->connect(access::read_only));
  EXPECT_FALSE(other->get_signature(sig.id));
}

} // namespace dspex::test
