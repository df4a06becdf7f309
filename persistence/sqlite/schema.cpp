#include "persistence/sqlite/schema.hpp"

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

bool has_object(sqlite_connection& connection, std::string_view condition) {
  auto sql = std::string{"select 1 from sqlite_schema where "};
  sql += condition;
  sql += " limit 1";
  return connection.query(sql).next();
}

// Reads and checks the migrations that are applied.
result<applied_migrations> read_applied(sqlite_connection& connection) {
  auto out = applied_migrations{};
  if (!has_object(connection, "name = 'schema_migrations'")) {
    if (has_object(connection, "name not like 'sqlite_%'"))
      return fail(unusable_store(connection.file().path,
                                 "a SQLite database, but not of dspex"));
    return out;
  }
  auto query = connection.query("select number, checksum, applied_at "
                                "from schema_migrations order by number");
  while (query.next())
    out[query.integer(0)] = {query.text(1), query.time(2)};
  auto ok = check_applied(out, sqlite_migrations(), connection.file().path);
  if (!ok)
    return fail(std::move(ok.error()));
  return out;
}

error broken_references(const sqlite_connection& connection,
                        const migration& which) {
  return unusable_store(connection.file().path,
                        "migration " + std::to_string(which.number)
                          + " leaves broken references");
}

bool has_broken_references(sqlite_connection& connection) {
  return connection.query("pragma foreign_key_check").next();
}

// Applies a migration inside a transaction of the caller.
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

// Applies the first missing migration; returns false if there is none up to
// `to`.
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

// Takes back the newest applied migration; returns false if there is none after
// `to`.
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
  // A migration may rebuild tables that others refer to, so references are
  // checked at its end instead. SQLite ignores the setting inside a
  // transaction.
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

result<schema_state> read_schema(sqlite_connection& connection) {
  auto snapshot = sqlite_transaction{connection,
                                     sqlite_transaction::kind::read};
  auto applied = read_applied(connection);
  if (!applied)
    return fail(std::move(applied.error()));
  if (applied->empty())
    return schema_state::empty;
  return applied->size() < sqlite_migrations().size() ? schema_state::older
                                                      : schema_state::current;
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
  return migration_rows(sqlite_migrations(), *applied);
}

} // namespace dspex
