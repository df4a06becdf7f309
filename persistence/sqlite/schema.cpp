#include "persistence/sqlite/schema.hpp"

#include <map>

#include "persistence/migration.hpp"
#include "persistence/user_and_host.hpp"

namespace dspex {

namespace {

constexpr auto create_table = R"(
  create table if not exists schema_migrations (
    number integer not null primary key,
    name text not null,
    checksum text not null,
    applied_at integer not null,
    applied_by text not null,
    duration_us integer not null
  ) strict)";

struct applied_migration {
  std::string checksum;
  timestamp applied_at;
};

using applied_map = std::map<int64_t, applied_migration>;

bool has_object(sqlite_connection& connection, std::string_view condition) {
  auto sql = std::string{"select 1 from sqlite_schema where "};
  sql += condition;
  sql += " limit 1";
  return connection.query(sql).next();
}

error unusable(const sqlite_connection& connection, const std::string& why) {
  return {errc::store_unavailable, connection.file().path + ": " + why};
}

// Reads what is applied and checks that it is a prefix of what this build has.
result<applied_map> read_applied(sqlite_connection& connection) {
  auto out = applied_map{};
  if (!has_object(connection, "name = 'schema_migrations'")) {
    if (has_object(connection, "name not like 'sqlite_%'"))
      return fail(unusable(connection, "a SQLite database, but not of dspex"));
    return out;
  }
  auto query = connection.query("select number, checksum, applied_at "
                                "from schema_migrations order by number");
  while (query.next())
    out[query.integer(0)] = {query.text(1), query.time(2)};
  auto known = sqlite_migrations();
  auto newest = out.empty() ? int64_t{0} : out.rbegin()->first;
  if (newest > int64_t{newest_migration()} || out.size() > known.size())
    return fail(unusable(connection, "schema " + std::to_string(newest)
                                       + " is newer than this dspex, which "
                                         "knows "
                                       + std::to_string(known.size())
                                       + "; use a newer dspex"));
  for (auto& x : known.first(out.size())) {
    auto i = out.find(x.number);
    if (i == out.end() || i->second.checksum != x.checksum)
      return fail(unusable(connection, "migration " + std::to_string(x.number)
                                         + " is not the one that this dspex "
                                           "has under that number"));
  }
  return out;
}

error broken_references(const sqlite_connection& connection,
                        const migration& which) {
  return unusable(connection, "migration " + std::to_string(which.number)
                                + " leaves broken references");
}

bool has_broken_references(sqlite_connection& connection) {
  return connection.query("pragma foreign_key_check").next();
}

// Inside a transaction of the caller.
result<void> apply(sqlite_connection& connection, const migration& x) {
  auto begin = std::chrono::steady_clock::now();
  connection.run_script(create_table);
  connection.run_script(x.up);
  if (has_broken_references(connection))
    return fail(broken_references(connection, x));
  auto took = std::chrono::duration_cast<std::chrono::microseconds>(
    std::chrono::steady_clock::now() - begin);
  connection
    .query("insert into schema_migrations (number, name, checksum, "
           "applied_at, applied_by, duration_us) values (?, ?, ?, ?, ?, ?)")
    .bind(int64_t{x.number})
    .bind(x.name)
    .bind(x.checksum)
    .bind(now())
    .bind(user_and_host())
    .bind(int64_t{took.count()})
    .run();
  return {};
}

// Applies the first missing migration; false if there is none up to `to`.
result<bool> apply_next(sqlite_connection& connection, uint32_t to) {
  auto change = sqlite_transaction{connection, sqlite_transaction::kind::write};
  auto applied = read_applied(connection);
  if (!applied)
    return fail(std::move(applied.error()));
  if (applied->size() >= to)
    return false;
  if (auto ok = apply(connection, sqlite_migrations()[applied->size()]); !ok)
    return fail(std::move(ok.error()));
  change.commit();
  return true;
}

// Takes back the newest applied migration; false if there is none after `to`.
result<bool> revert_last(sqlite_connection& connection, uint32_t to) {
  auto change = sqlite_transaction{connection, sqlite_transaction::kind::write};
  auto applied = read_applied(connection);
  if (!applied)
    return fail(std::move(applied.error()));
  if (applied->size() <= to)
    return false;
  auto& last = sqlite_migrations()[applied->size() - 1];
  connection.run_script(last.down);
  if (has_broken_references(connection))
    return fail(broken_references(connection, last));
  connection.query("delete from schema_migrations where number = ?")
    .bind(int64_t{last.number})
    .run();
  if (applied->size() == 1)
    connection.run_script("drop table schema_migrations");
  change.commit();
  return true;
}

// Repeats a step until it has nothing to do.
template <class Step>
result<uint32_t> migrate(sqlite_connection& connection, Step step) {
  // A migration may rebuild tables that others refer to: references are
  // checked at its end instead. The setting is ignored inside a transaction.
  connection.run_script("pragma foreign_keys = off");
  uint32_t count = 0;
  auto more = step();
  while (more && *more) {
    ++count;
    more = step();
  }
  connection.run_script("pragma foreign_keys = on");
  if (!more)
    return fail(std::move(more.error()));
  return count;
}

} // namespace

result<sqlite_schema> read_schema(sqlite_connection& connection) {
  auto snapshot = sqlite_transaction{connection,
                                     sqlite_transaction::kind::read};
  auto applied = read_applied(connection);
  if (!applied)
    return fail(std::move(applied.error()));
  if (applied->empty())
    return sqlite_schema::empty;
  return applied->size() < sqlite_migrations().size() ? sqlite_schema::older
                                                      : sqlite_schema::current;
}

error outdated_schema(sqlite_schema found, const sqlite_file& file) {
  auto what = found == sqlite_schema::empty
                ? std::string{"there is no schema yet"}
                : std::string{"the schema is older than this dspex"};
  auto details = json::object();
  details["hint"] = "dspex migrate up";
  return {errc::store_unavailable,
          file.path + ": " + what + "; run `dspex migrate up`",
          std::move(details)};
}

result<void> create_schema(sqlite_connection& connection) {
  auto change = sqlite_transaction{connection, sqlite_transaction::kind::write};
  auto applied = read_applied(connection);
  if (!applied)
    return fail(std::move(applied.error()));
  if (!applied->empty())
    return {};
  for (auto& x : sqlite_migrations())
    if (auto ok = apply(connection, x); !ok)
      return ok;
  change.commit();
  return {};
}

uint32_t newest_migration() noexcept {
  return sqlite_migrations().back().number;
}

result<uint32_t> apply_migrations(sqlite_connection& connection, uint32_t to) {
  return migrate(connection, [&] { return apply_next(connection, to); });
}

result<uint32_t> revert_migrations(sqlite_connection& connection, uint32_t to) {
  return migrate(connection, [&] { return revert_last(connection, to); });
}

void build_schema(sqlite_connection& connection, uint32_t to) {
  connection.run_script(create_table);
  for (auto& x : sqlite_migrations().first(to))
    connection.run_script(x.up);
}

result<std::vector<migration_row>>
read_migrations(sqlite_connection& connection) {
  auto snapshot = sqlite_transaction{connection,
                                     sqlite_transaction::kind::read};
  auto applied = read_applied(connection);
  if (!applied)
    return fail(std::move(applied.error()));
  auto out = std::vector<migration_row>{};
  for (auto& x : sqlite_migrations()) {
    auto row = migration_row{x.number, std::string{x.name}, std::nullopt};
    if (auto i = applied->find(x.number); i != applied->end())
      row.applied_at = i->second.applied_at;
    out.push_back(std::move(row));
  }
  return out;
}

} // namespace dspex
