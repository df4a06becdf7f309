#include "persistence/sqlite/text_cache.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "persistence/store.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

namespace {

constexpr auto day = std::chrono::seconds{86'400};

class SqliteTextCache : public testing::Test {
protected:
  std::shared_ptr<text_cache> open(size_t max_bytes = 1'000'000) {
    auto opened = open_sqlite_text_cache(path(), max_bytes, day);
    EXPECT_TRUE(opened) << to_string(opened.error());
    return opened.value();
  }

  [[nodiscard]] std::string path() const {
    return (folder_ / "cache.db").string();
  }

  static std::string text_of(text_cache& cache, const std::string& key) {
    auto found = cache.find(key);
    EXPECT_TRUE(found) << to_string(found.error());
    return found.value() ? found.value()->text : "(none)";
  }

  temp_folder folder_;
};

TEST_F(SqliteTextCache, KeepsTextsBeyondItsLife) {
  auto written = now();
  {
    auto cache = open();
    ASSERT_TRUE(cache->put({{"a", "one", written}, {"b", "two", written}}));
    ASSERT_TRUE(cache->put({{"a", "three", written}}));
  }
  auto cache = open();
  auto found = cache->find("a").value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, "three");
  EXPECT_EQ(found->written, written);
  EXPECT_EQ(text_of(*cache, "b"), "two");
  EXPECT_EQ(text_of(*cache, "c"), "(none)");
}

TEST_F(SqliteTextCache, IsSharedByTwo) {
  auto one = open();
  auto two = open();
  ASSERT_TRUE(one->put({{"a", "one", now()}}));
  EXPECT_EQ(text_of(*two, "a"), "one");
}

TEST_F(SqliteTextCache, DropsTheOldestWhenItIsFull) {
  auto cache = open(100'000);
  auto text = std::string(900, 'x');
  auto time = now();
  for (auto i = 0; i < 300; ++i)
    ASSERT_TRUE(cache->put(
      {{"key" + std::to_string(i), text, time + std::chrono::seconds{i}}}));
  EXPECT_EQ(text_of(*cache, "key0"), "(none)");
  EXPECT_EQ(text_of(*cache, "key299"), text);
  auto kept = 0;
  for (auto i = 0; i < 300; ++i)
    kept += text_of(*cache, "key" + std::to_string(i)) == text ? 1 : 0;
  EXPECT_GT(kept, 10);
  EXPECT_LE(kept, 111);
}

TEST_F(SqliteTextCache, DropsTheOldWhenItIsOpened) {
  ASSERT_TRUE(
    open()->put({{"a", "old", now() - 2 * day}, {"b", "new", now()}}));
  auto cache = open();
  EXPECT_EQ(text_of(*cache, "a"), "(none)");
  EXPECT_EQ(text_of(*cache, "b"), "new");
}

TEST_F(SqliteTextCache, RefusesWhatIsNoCache) {
  auto store
    = open_database({.url = "sqlite:" + path(), .node = node_id::make()});
  ASSERT_TRUE(store) << to_string(store.error());
  auto opened = open_sqlite_text_cache(path(), 1000, day);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::invalid_option);
  EXPECT_NE(opened.error().message.find("is another database"),
            std::string::npos);
  auto text = (folder_ / "text").string();
  std::ofstream{text} << std::string(5000, 'x');
  EXPECT_EQ(open_sqlite_text_cache(text, 1000, day).error().code,
            errc::store_unavailable);
  EXPECT_EQ(open_sqlite_text_cache((folder_ / "no" / "db").string(), 1000, day)
              .error()
              .code,
            errc::not_found);
}

} // namespace

} // namespace dspex::test
