#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <SQLiteCpp/Database.h>

#include "tests/cli/process.hpp"

namespace dspex::test {

using testing::HasSubstr;

namespace {

struct Migrate : testing::Test {
  json answer(std::vector<std::string> words) {
    words.insert(words.end(), {"-f", "json"});
    auto done = bench.run(words);
    EXPECT_EQ(done.status, 0) << done.err;
    return json_of(done.out);
  }

  workbench bench;
};

} // namespace

TEST_F(Migrate, TakesMigrationsBackAndAppliesThemAgain) {
  ASSERT_EQ(bench.run({"migrate", "up"}).status, 0);
  auto usage = bench.run({"migrate", "down"});
  EXPECT_EQ(usage.status, 2);
  EXPECT_THAT(usage.err, HasSubstr("--to"));
  auto preview = bench.run({"migrate", "down", "--to", "1", "--dry-run"});
  EXPECT_EQ(preview.status, 0) << preview.err;
  EXPECT_THAT(preview.out, HasSubstr("1 would be taken back"));
  EXPECT_TRUE(
    answer({"migrate", "status"})["items"][1]["applied_at"].is_string());
  auto down = answer({"migrate", "down", "--to", "1"});
  EXPECT_TRUE(down["items"][0]["applied_at"].is_string());
  EXPECT_TRUE(down["items"][1]["applied_at"].is_null());
  auto outdated = bench.run({"signature", "list"});
  EXPECT_EQ(outdated.status, 1);
  EXPECT_THAT(outdated.err, HasSubstr("run `dspex migrate up`"));
  EXPECT_THAT(bench.run({"migrate", "up", "--dry-run"}).out,
              HasSubstr("1 would be applied"));
  EXPECT_THAT(bench.run({"migrate", "up"}).out, HasSubstr("1 applied"));
  EXPECT_EQ(bench.run({"signature", "list"}).status, 0);
  auto unknown = bench.run({"migrate", "up", "--to", "999"});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_THAT(unknown.err, HasSubstr("there is no migration 999"));
}

TEST_F(Migrate, VerifiesASchemaAndListsItsDrift) {
  ASSERT_EQ(bench.run({"migrate", "up"}).status, 0);
  auto clean = bench.run({"migrate", "verify"});
  EXPECT_EQ(clean.status, 0) << clean.err;
  EXPECT_EQ(clean.out, "The schema is what its migrations make\n");
  {
    auto db = SQLite::Database{(bench.directory() / "dspex.db").string(),
                               SQLite::OPEN_READWRITE};
    db.exec("drop index executions_by_program");
  }
  auto done = bench.run({"migrate", "verify", "-f", "json"});
  EXPECT_EQ(done.status, 1);
  auto items = json_of(done.out)["items"];
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0]["object"], "index executions_by_program");
  EXPECT_EQ(items[0]["problem"], "is missing");
}

} // namespace dspex::test
