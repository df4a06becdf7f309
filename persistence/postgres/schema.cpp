#include "persistence/postgres/schema.hpp"

#include "persistence/user_and_host.hpp"

namespace dspex {

namespace {

constexpr auto create_postgres_table = R"(
  create table if not exists schema_migrations (
    number integer not null primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null,
    applied_by text not null,
    duration_us bigint not null
  );)";

bool finds_row(postgres_connection& connection, const std::string& sql) {
  return !connection.run(sql).empty();
}

bool has_table(postgres_connection& connection, const char* name) {
  return !connection
            .run("select 1 from pg_catalog.pg_tables "
                 "where schemaname = current_schema() and tablename = $1",
                 name)
            .empty();
}

// Reads and checks the migrations that are applied.
result<applied_migrations> read_applied(postgres_connection& connection) {
  auto out = applied_migrations{};
  if (!finds_row(connection, "select 1 where current_schema() is not null"))
    return fail(unusable_store(connection.target().label,
                               "no schema of the search_path exists"));
  if (!has_table(connection, "schema_migrations"))
    return out;
  if (!finds_row(connection, "select 1 from information_schema.columns "
                             "where table_schema = current_schema() "
                             "and table_name = 'schema_migrations' "
                             "and column_name = 'checksum'"))
    return fail(unusable_store(
      connection.target().label,
      "the table schema_migrations is not of dspex; give dspex a "
      "database or a schema of its own"));
  auto rows = connection.run("select number, checksum, applied_at "
                             "from schema_migrations order by number");
  for (size_t i = 0; i < rows.size(); ++i)
    out[rows[i].integer(0)] = {rows[i].text(1), rows[i].time(2)};
  auto ok = check_applied(out, postgres_migrations(),
                          connection.target().label);
  if (!ok)
    return fail(std::move(ok.error()));
  return out;
}

// Applies a migration inside a transaction of the caller.
void apply_one(postgres_connection& connection, const migration& x) {
  auto begin = std::chrono::steady_clock::now();
  connection.run_script(create_postgres_table);
  connection.run_script(x.up);
  auto took = std::chrono::duration_cast<std::chrono::microseconds>(
    std::chrono::steady_clock::now() - begin);
  connection.run("insert into schema_migrations (number, name, checksum, "
                 "applied_at, applied_by, duration_us) "
                 "values ($1, $2, $3, $4, $5, $6)",
                 int64_t{x.number}, x.name, x.checksum, now(), user_and_host(),
                 int64_t{took.count()});
}

// Returns whether a node has the store open: such a node holds a lease.
bool has_living_nodes(postgres_connection& connection) {
  return has_table(connection, "leases")
         && finds_row(connection, "select 1 from leases "
                                  "where expires_at > now() limit 1");
}

// Repeats a step, each time in a transaction, until the step has nothing to do.
template <class Step>
result<uint32_t> repeat_step(postgres_connection& connection, Step step) {
  for (uint32_t count = 0;; ++count) {
    auto more = postgres_in_transaction(connection, [&]() -> result<bool> {
      lock_schema(connection);
      auto applied = read_applied(connection);
      if (!applied)
        return fail(std::move(applied.error()));
      return step(static_cast<uint32_t>(applied->size()));
    });
    if (!more)
      return fail(std::move(more.error()));
    if (!*more)
      return count;
  }
}

} // namespace

void hold_schema(postgres_connection& connection) {
  connection.run("select pg_advisory_xact_lock_shared("
                 "hashtext('dspex schema'), hashtext(current_schema()))");
}

void lock_schema(postgres_connection& connection) {
  connection.run("select pg_advisory_xact_lock("
                 "hashtext('dspex schema'), hashtext(current_schema()))");
}

result<schema_state> read_schema(postgres_connection& connection) {
  auto applied = read_applied(connection);
  if (!applied)
    return fail(std::move(applied.error()));
  if (!applied->empty())
    return applied->size() < postgres_migrations().size()
             ? schema_state::older
             : schema_state::current;
  auto others = finds_row(connection,
                          "select 1 from pg_catalog.pg_tables "
                          "where schemaname = current_schema() "
                          "and tablename <> 'schema_migrations' limit 1");
  return others ? schema_state::foreign : schema_state::empty;
}

result<void> create_schema(postgres_connection& connection) {
  return postgres_in_transaction(connection, [&]() -> result<void> {
    lock_schema(connection);
    auto found = read_schema(connection);
    if (!found)
      return fail(std::move(found.error()));
    if (*found == schema_state::empty)
      for (auto& x : postgres_migrations())
        apply_one(connection, x);
    return {};
  });
}

result<uint32_t> apply_migrations(postgres_connection& connection,
                                  uint32_t to) {
  return repeat_step(connection, [&](uint32_t applied) -> result<bool> {
    if (applied >= to)
      return false;
    apply_one(connection, postgres_migrations()[applied]);
    return true;
  });
}

result<uint32_t> revert_migrations(postgres_connection& connection,
                                   uint32_t to) {
  return repeat_step(connection, [&](uint32_t applied) -> result<bool> {
    if (applied <= to)
      return false;
    if (has_living_nodes(connection))
      return fail(store_in_use(connection.target().label));
    auto& last = postgres_migrations()[applied - 1];
    connection.run_script(last.down);
    connection.run("delete from schema_migrations where number = $1",
                   int64_t{last.number});
    if (applied == 1)
      connection.run_script("drop table schema_migrations");
    return true;
  });
}

void build_schema(postgres_connection& connection, uint32_t to) {
  connection.run_script(create_postgres_table);
  for (auto& x : postgres_migrations().first(to))
    connection.run_script(x.up);
}

result<std::vector<migration_row>>
read_migrations(postgres_connection& connection) {
  auto applied = read_applied(connection);
  if (!applied)
    return fail(std::move(applied.error()));
  return migration_rows(postgres_migrations(), *applied);
}

} // namespace dspex
