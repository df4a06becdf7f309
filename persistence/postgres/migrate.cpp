#include <algorithm>
#include <unistd.h>

#include "persistence/postgres/database.hpp"
#include "persistence/postgres/drift.hpp"
#include "persistence/postgres/schema.hpp"
#include "persistence/row_logic.hpp"

namespace dspex {

namespace {

// Connects and calls `f`. The connection is patient, because a change of the
// schema may take long.
template <class F>
auto with_connection(const database_options& options, access mode, F f)
  -> decltype(f(std::declval<postgres_connection&>())) {
  auto target = locate_postgres(options);
  if (!target)
    return fail(std::move(target.error()));
  return postgres_guarded([&] {
    auto connection = postgres_connection{
      *target, mode, std::make_shared<postgres_watchdog>(), true};
    return f(connection);
  });
}

// Makes a change, or only previews it. `counts` tells which migrations the
// change concerns.
template <class Predicate, class Change>
result<migration_report> change_schema(const database_options& options,
                                       bool dry_run, Predicate counts,
                                       Change change) {
  if (options.access == access::read_only)
    return fail(opened_read_only());
  auto mode = dry_run ? access::read_only : access::read_write;
  return with_connection(
    options, mode,
    [&](postgres_connection& connection) -> result<migration_report> {
      auto changed = result<uint32_t>{0};
      if (!dry_run)
        changed = change(connection);
      if (!changed)
        return fail(std::move(changed.error()));
      auto rows = read_migrations(connection);
      if (!rows)
        return fail(std::move(rows.error()));
      if (dry_run)
        changed = static_cast<uint32_t>(std::ranges::count_if(*rows, counts));
      return migration_report{std::move(*rows), *changed};
    });
}

} // namespace

result<migration_report> migrate_postgres_up(const database_options& options,
                                             const migrate_options& how) {
  auto to = last_wanted(postgres_migrations(), how);
  if (!to)
    return fail(std::move(to.error()));
  return change_schema(
    options, how.dry_run,
    [&](const migration_row& x) { return !x.applied_at && x.number <= *to; },
    [&](postgres_connection& x) { return apply_migrations(x, *to); });
}

result<migration_report> migrate_postgres_down(const database_options& options,
                                               const migrate_options& how) {
  auto to = last_wanted(postgres_migrations(), how);
  if (!to)
    return fail(std::move(to.error()));
  return change_schema(
    options, how.dry_run,
    [&](const migration_row& x) { return x.applied_at && x.number > *to; },
    [&](postgres_connection& x) { return revert_migrations(x, *to); });
}

result<migration_report>
postgres_migration_status(const database_options& options) {
  return with_connection(
    options, access::read_only,
    [&](postgres_connection& connection) -> result<migration_report> {
      auto rows = read_migrations(connection);
      if (!rows)
        return fail(std::move(rows.error()));
      return migration_report{std::move(*rows), 0};
    });
}

// Runs the migrations in a schema that is gone when the transaction is rolled
// back. The session must be allowed to write for that.
result<std::vector<schema_drift>>
verify_postgres(const database_options& options) {
  using drifts = std::vector<schema_drift>;
  return with_connection(
    options, access::read_write,
    [&](postgres_connection& connection) -> result<drifts> {
      auto schema = read_schema(connection);
      if (!schema)
        return fail(std::move(schema.error()));
      if (*schema != schema_state::older && *schema != schema_state::current)
        return fail(outdated_schema(*schema, connection.target().label));
      auto rows = read_migrations(connection);
      if (!rows)
        return fail(std::move(rows.error()));
      auto applied = std::ranges::count_if(
        *rows, [](auto& x) { return x.applied_at.has_value(); });
      auto live = read_objects(connection);
      auto made = postgres_objects{};
      {
        auto never_committed = postgres_transaction{connection};
        auto name = "dspex_verify_" + std::to_string(getpid());
        connection.run_script("create schema " + name
                              + "; set local search_path = " + name);
        build_schema(connection, static_cast<uint32_t>(applied));
        made = read_objects(connection);
      }
      return find_drifts(live, made);
    });
}

} // namespace dspex
