#include <algorithm>
#include <map>

#include "persistence/migration.hpp"
#include "tests/conformance/store_conformance.hpp"
#include "tests/persistence/child_process.hpp"
#include "tests/support/postgres_scratch.hpp"

namespace dspex {

void PrintTo(const schema_drift& x, std::ostream* out) {
  *out << x.object << ' ' << x.problem;
}

} // namespace dspex

namespace dspex::test {

namespace {

class PostgresMigrate : public testing::Test {
protected:
  void SetUp() override {
    DSPEX_NEEDS_POSTGRES();
  }

  database_options options(access mode = access::read_write) {
    auto out = database_options{};
    out.url = place_.url();
    out.access = mode;
    out.node = node_id::make();
    return out;
  }

  static uint32_t newest() {
    return postgres_migrations().back().number;
  }

  uint32_t up(std::optional<uint32_t> to = std::nullopt) {
    return must(migrate_up(options(), {.to = to})).changed;
  }

  uint32_t down(uint32_t to) {
    return must(migrate_down(options(), {.to = to})).changed;
  }

  size_t applied() {
    auto rows = must(migration_status(options())).rows;
    return static_cast<size_t>(std::ranges::count_if(
      rows, [](auto& x) { return x.applied_at.has_value(); }));
  }

  std::vector<schema_drift> drifts() {
    return must(verify_schema(options(access::read_only)));
  }

  std::vector<std::string> tables() {
    return place_.run("select tablename from pg_tables "
                      "where schemaname = current_schema() order by 1");
  }

  std::string shortened(std::string text) {
    auto label = place_.label();
    if (auto pos = text.find(label); pos != std::string::npos)
      text.replace(pos, label.size(), "URL");
    return text;
  }

  scratch_schema place_;
};

// The server ends the connection of whoever migrates after its Nth statement.
class KilledPostgresMigrate : public PostgresMigrate {
protected:
  KilledPostgresMigrate() {
    if (!has_postgres())
      return;
    own_.run("create schema killer; create table killer.at (n bigint); "
             "create sequence killer.seen; "
             "create function killer.count() returns event_trigger "
             "language plpgsql as $$ begin "
             "if nextval('killer.seen') = (select n from killer.at) then "
             "perform pg_terminate_backend(pg_backend_pid()); end if; "
             "end $$; create event trigger killer on ddl_command_end "
             "execute function killer.count()");
  }

  database_options own_options() {
    auto out = options();
    out.url = own_.url();
    return out;
  }

  void kill_after(int statement) {
    own_.run("alter event trigger killer disable; truncate killer.at; "
             "alter sequence killer.seen restart; "
             "insert into killer.at values ("
             + std::to_string(statement)
             + "); alter event trigger killer enable");
  }

  void spare() {
    own_.run("alter event trigger killer disable");
  }

  scratch_schema own_{scratch_schema::scope::database};
};

} // namespace

// -- there and back -----------------------------------------------------------

TEST_F(PostgresMigrate, DownAndUpAgainGivesTheSameSchema) {
  for (uint32_t i = 1; i <= newest(); ++i) {
    EXPECT_EQ(up(i), 1u);
    EXPECT_TRUE(drifts().empty());
  }
  for (auto i = newest(); i-- > 1;) {
    EXPECT_EQ(down(i), 1u);
    EXPECT_TRUE(drifts().empty());
  }
  EXPECT_EQ(down(0), 1u);
  EXPECT_TRUE(tables().empty());
  EXPECT_EQ(up(), newest());
  EXPECT_TRUE(drifts().empty());
}

TEST_F(PostgresMigrate, EachIsRecordedWithWhoAndHowLong) {
  up();
  auto rows = place_.run("select number, applied_by like '%@%', "
                         "duration_us > 0, applied_at <= now(), "
                         "length(checksum) "
                         "from schema_migrations order by number");
  EXPECT_EQ(rows, (std::vector<std::string>{"1|t|t|t|64", "2|t|t|t|64"}));
}

TEST_F(PostgresMigrate, EmptyDatabaseGetsItsSchemaWhenItIsOpened) {
  auto only_existing = options();
  only_existing.create = false;
  EXPECT_EQ(shortened(refusal(open_database(only_existing))),
            "store_unavailable: URL: there is no schema yet; run `dspex "
            "migrate up`");
  must(open_database(options()));
  EXPECT_EQ(applied(), newest());
  EXPECT_TRUE(drifts().empty());
}

TEST_F(PostgresMigrate, DatabaseOfSomebodyElseIsLeftAlone) {
  place_.run("create table orders (id bigint)");
  EXPECT_EQ(shortened(refusal(open_database(options()))),
            "store_unavailable: URL: there is no schema yet; run `dspex "
            "migrate up`");
  place_.run("create table schema_migrations (version bigint)");
  EXPECT_EQ(shortened(refusal(migrate_up(options()))),
            "store_unavailable: URL: the table schema_migrations is not of "
            "dspex; give dspex a database or a schema of its own");
}

TEST_F(PostgresMigrate, OlderStoreIsRefusedUntilItIsUpgraded) {
  up(1);
  auto refused = open_database(options());
  EXPECT_EQ(shortened(refusal(refused)),
            "store_unavailable: URL: the schema is older than this dspex; run "
            "`dspex migrate up`");
  EXPECT_EQ(refused.error().details["hint"], "dspex migrate up");
  EXPECT_EQ(up(), newest() - 1);
  must(open_database(options()));
}

TEST_F(PostgresMigrate, NewerOrChangedSchemaIsRefused) {
  up();
  place_.run("insert into schema_migrations values "
             "(3, 'later', 'x', now(), 'me', 1)");
  EXPECT_EQ(shortened(refusal(open_database(options()))),
            "store_unavailable: URL: schema 3 is newer than this dspex, which "
            "knows 2; use a newer dspex");
  place_.run("delete from schema_migrations where number = 3; "
             "update schema_migrations set checksum = 'x' where number = 2");
  EXPECT_EQ(shortened(refusal(migrate_up(options()))),
            "store_unavailable: URL: migration 2 is not the one that this "
            "dspex has under that number");
}

TEST_F(PostgresMigrate, DryRunSaysWhatWouldBeDoneAndDoesNothing) {
  EXPECT_EQ(must(migrate_up(options(), {.dry_run = true})).changed, newest());
  EXPECT_TRUE(tables().empty());
  up();
  EXPECT_EQ(must(migrate_down(options(), {.to = 1, .dry_run = true})).changed,
            newest() - 1);
  EXPECT_EQ(applied(), newest());
}

TEST_F(PostgresMigrate, DownIsRefusedWhileANodeHasTheStoreOpen) {
  auto node = must(open_database(options()));
  EXPECT_EQ(shortened(refusal(migrate_down(options(), {.to = 0}))),
            "store_unavailable: URL: another process has the store open; end "
            "it before the schema goes back");
  node.reset();
  EXPECT_EQ(down(0), newest());
}

// -- drift --------------------------------------------------------------------

TEST_F(PostgresMigrate, EachDriftIsListed) {
  up();
  place_.run(
    "drop index executions_by_program; create table extra (x integer); "
    "alter table programs add column colour text; "
    "alter table live_executions rename column attempt to try; "
    "alter table executions drop constraint execution_is_finished; "
    "alter table signatures alter column name drop not null; "
    "alter table programs reset (fillfactor); "
    "create or replace view all_executions as select * from executions; "
    "drop table idempotency_keys");
  auto expected = std::vector<schema_drift>{
    {"index executions_by_program", "is missing"},
    {"index idempotency_keys_by_time", "is missing"},
    {"table executions: constraint execution_is_finished", "is missing"},
    {"table idempotency_keys", "is missing"},
    {"table live_executions: column attempt", "is missing"},
    {"table programs", "is `` and should be `fillfactor=50`"},
    {"table signatures: column name",
     "is `text` and should be `text not null`"},
    {"table extra", "is not made by a migration"},
    {"table live_executions: column try", "is not made by a migration"},
    {"table programs: column colour", "is not made by a migration"},
  };
  auto found = drifts();
  auto views = std::erase_if(found, [](const schema_drift& x) {
    return x.object == "view all_executions";
  });
  EXPECT_EQ(views, 1u);
  EXPECT_EQ(found, expected);
}

TEST_F(PostgresMigrate, ChangedFunctionIsADrift) {
  up();
  place_.run(
    "do $$ begin execute replace(pg_get_functiondef("
    "'write_executions'::regproc), 'for no key update', 'for update'); end $$");
  EXPECT_FALSE(drifts().empty());
}

// -- others, and ends on the way ----------------------------------------------

TEST_F(PostgresMigrate, OneOfEightProcessesAppliesAndAllSucceed) {
  auto children = std::vector<std::unique_ptr<child_process>>{};
  for (int i = 0; i < 8; ++i)
    children.push_back(std::make_unique<child_process>(
      std::vector{place_.url(), std::string{"migrate"}}));
  for (auto& x : children)
    EXPECT_EQ(x->read_last_line(), "ok");
  EXPECT_EQ(applied(), newest());
  EXPECT_TRUE(drifts().empty());
}

TEST_F(KilledPostgresMigrate, ConvergesInBothDirectionsWhereverItWas) {
  auto kill_each = [&](auto migrate, auto prepare) {
    for (auto n = 1;; ++n) {
      SCOPED_TRACE("killed after statement " + std::to_string(n));
      spare();
      prepare();
      kill_after(n);
      auto got = migrate();
      spare();
      if (got)
        return n - 1;
      EXPECT_EQ(got.error().code, errc::store_unavailable);
      must(migrate());
    }
  };
  auto to_newest = [&] { return migrate_up(own_options()); };
  auto to_nothing = [&] { return migrate_down(own_options(), {.to = 0}); };
  EXPECT_GT(kill_each(to_newest, [&] { must(to_nothing()); }), 15);
  must(to_newest());
  EXPECT_TRUE(must(verify_schema(own_options())).empty());
  EXPECT_GT(kill_each(to_nothing, [&] { must(to_newest()); }), 6);
  EXPECT_EQ(own_.run("select count(*) from pg_tables "
                     "where schemaname = 'public'"),
            std::vector<std::string>{"0"});
}

} // namespace dspex::test
