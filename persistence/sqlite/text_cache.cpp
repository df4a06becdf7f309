#include "persistence/sqlite/text_cache.hpp"

#include "persistence/sqlite/connection.hpp"

namespace dspex {

namespace {

constexpr auto find_foreign
  = "select count(*) from sqlite_schema where tbl_name <> 'cached_texts'";

constexpr auto make_tables = R"(
  create table if not exists cached_texts(
    key text primary key not null, text text not null,
    written integer not null, bytes integer not null) strict, without rowid;
  create index if not exists cached_texts_by_written on cached_texts(written);
)";

constexpr auto drop_oldest = R"(
  delete from cached_texts where key in
    (select key from cached_texts order by written limit 64)
)";

class sqlite_text_cache : public text_cache {
public:
  sqlite_text_cache(sqlite_file file, size_t max_bytes,
                    std::chrono::seconds max_age)
    : max_bytes_(static_cast<int64_t>(max_bytes)),
      max_age_(max_age),
      connection_(std::move(file), access::read_write, true) {
  }

  // Checks the file and makes its tables. This is apart from the constructor,
  // because it may fail for other reasons than those of SQLite.
  result<void> prepare() {
    auto& file = connection_.file();
    return sqlite_guarded(file, [&]() -> result<void> {
      if (auto query = connection_.query(find_foreign);
          query.next() && query.integer(0) > 0)
        return fail(errc::invalid_option,
                    file.path + ": is another database, no cache");
      connection_.use_wal();
      // A text that is lost in a power failure can be made again.
      connection_.run_script("pragma synchronous = normal");
      connection_.run_script(make_tables);
      drop_old();
      measure();
      return {};
    });
  }

  result<std::optional<cached_text>> find(const std::string& key) override {
    using found = result<std::optional<cached_text>>;
    return sqlite_guarded(connection_.file(), [&]() -> found {
      auto query = connection_.query(
        "select text, written from cached_texts where key "
        "= ?");
      query.bind(key);
      if (!query.next())
        return std::optional<cached_text>{};
      return std::optional<cached_text>{
        cached_text{key, query.text(0), query.time(1)}};
    });
  }

  result<void> put(const std::vector<cached_text>& texts) override {
    return sqlite_guarded(connection_.file(), [&]() -> result<void> {
      auto transaction = sqlite_transaction{connection_,
                                            sqlite_transaction::kind::write};
      for (auto& x : texts) {
        auto bytes = static_cast<int64_t>(x.key.size() + x.text.size());
        connection_
          .query("insert or replace into cached_texts(key, text, written, "
                 "bytes) values (?, ?, ?, ?)")
          .bind(x.key)
          .bind(x.text)
          .bind(x.written)
          .bind(bytes)
          .run();
        bytes_ += bytes;
      }
      if (bytes_ > max_bytes_)
        shrink();
      transaction.commit();
      return {};
    });
  }

private:
  void drop_old() {
    connection_.query("delete from cached_texts where written < ?")
      .bind(now() - max_age_)
      .run();
  }

  void measure() {
    auto query
      = connection_.query("select coalesce(sum(bytes), 0) from cached_texts");
    if (query.next())
      bytes_ = query.integer(0);
  }

  // Drops texts down to nine tenths, or every text that is added would drop
  // another one.
  void shrink() {
    drop_old();
    measure();
    while (bytes_ > max_bytes_ / 10 * 9) {
      if (connection_.query(drop_oldest).run() == 0)
        return;
      measure();
    }
  }

  int64_t max_bytes_;
  std::chrono::seconds max_age_;
  sqlite_connection connection_;
  // The size of the texts in the file, or more; without the texts that other
  // processes add.
  int64_t bytes_ = 0;
};

} // namespace

result<std::shared_ptr<text_cache>>
open_sqlite_text_cache(const std::string& path, size_t max_bytes,
                       std::chrono::seconds max_age) {
  using opened = result<std::shared_ptr<text_cache>>;
  auto file = locate_sqlite({.url = "sqlite:" + path});
  if (!file)
    return fail(std::move(file.error()));
  return sqlite_guarded(*file, [&]() -> opened {
    auto cache = std::make_shared<sqlite_text_cache>(*file, max_bytes, max_age);
    if (auto ok = cache->prepare(); !ok)
      return fail(std::move(ok.error()));
    return cache;
  });
}

} // namespace dspex
