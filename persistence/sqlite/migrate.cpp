#include <algorithm>
#include <filesystem>

#include "persistence/row_logic.hpp"
#include "persistence/sqlite/database.hpp"
#include "persistence/sqlite/drift.hpp"
#include "persistence/sqlite/node_lock.hpp"
#include "persistence/sqlite/schema.hpp"

namespace dspex {

namespace {

database_options for_reading(database_options options) {
  options.access = access::read_only;
  return options;
}

bool is_applied(const migration_row& x) {
  return x.applied_at.has_value();
}

result<migration_report> report(sqlite_connection& connection,
                                result<uint32_t> changed) {
  if (!changed)
    return fail(std::move(changed.error()));
  auto rows = read_migrations(connection);
  if (!rows)
    return fail(std::move(rows.error()));
  return migration_report{std::move(*rows), *changed};
}

// Reads the migrations and counts the ones for which `counts` is true.
template <class Predicate>
result<migration_report>
preview(const database_options& options, Predicate counts) {
  auto found = sqlite_migration_status(options);
  if (found)
    found->changed
      = static_cast<uint32_t>(std::ranges::count_if(found->rows, counts));
  return found;
}

// Reports what `up` would do to a file that does not exist.
migration_report preview_new(uint32_t to) {
  return {migration_rows(sqlite_migrations(), {}), to};
}

bool has_living_nodes(const std::string& path) {
  return std::ranges::any_of(node_lock::list(path), [&](node_id node) {
    return node_lock::try_acquire(path, node) == nullptr;
  });
}

} // namespace

result<migration_report> migrate_sqlite_up(const database_options& options,
                                           const migrate_options& how) {
  if (options.access == access::read_only)
    return fail(opened_read_only());
  auto to = last_wanted(sqlite_migrations(), how);
  if (!to)
    return fail(std::move(to.error()));
  auto file = locate_sqlite(options);
  if (!file)
    return fail(std::move(file.error()));
  if (how.dry_run) {
    if (!std::filesystem::exists(file->path))
      return preview_new(*to);
    return preview(options, [&](const migration_row& x) {
      return !is_applied(x) && x.number <= *to;
    });
  }
  return sqlite_guarded(*file, [&]() -> result<migration_report> {
    auto connection = sqlite_connection{*file, access::read_write,
                                        options.create};
    if (auto schema = read_schema(connection); !schema)
      return fail(std::move(schema.error()));
    connection.use_wal();
    return report(connection, apply_migrations(connection, *to));
  });
}

result<migration_report> migrate_sqlite_down(const database_options& options,
                                             const migrate_options& how) {
  if (options.access == access::read_only)
    return fail(opened_read_only());
  auto to = last_wanted(sqlite_migrations(), how);
  if (!to)
    return fail(std::move(to.error()));
  if (how.dry_run)
    return preview(options, [&](const migration_row& x) {
      return is_applied(x) && x.number > *to;
    });
  auto existing = options;
  existing.create = false;
  auto file = locate_sqlite(existing);
  if (!file)
    return fail(std::move(file.error()));
  return sqlite_guarded(*file, [&]() -> result<migration_report> {
    auto connection = sqlite_connection::open_alone(*file);
    // A node may have the store open without a connection at present, so the
    // locks of the nodes are checked, too. A node that opens the store from
    // here on waits for this connection and finds the older schema.
    if (!connection || has_living_nodes(file->path))
      return fail(store_in_use(file->path));
    return report(*connection, revert_migrations(*connection, *to));
  });
}

result<migration_report>
sqlite_migration_status(const database_options& options) {
  auto file = locate_sqlite(for_reading(options));
  if (!file)
    return fail(std::move(file.error()));
  return sqlite_guarded(*file, [&]() -> result<migration_report> {
    auto connection = sqlite_connection{*file, access::read_only, false};
    return report(connection, 0);
  });
}

result<std::vector<schema_drift>>
verify_sqlite(const database_options& options) {
  auto file = locate_sqlite(for_reading(options));
  if (!file)
    return fail(std::move(file.error()));
  return sqlite_guarded(*file, [&]() -> result<std::vector<schema_drift>> {
    auto live = sqlite_connection{*file, access::read_only, false};
    auto schema = read_schema(live);
    if (!schema)
      return fail(std::move(schema.error()));
    if (*schema == schema_state::empty)
      return fail(outdated_schema(*schema, file->path));
    auto rows = read_migrations(live);
    if (!rows)
      return fail(std::move(rows.error()));
    auto made = sqlite_connection{
      {":memory:", file->timeout}, access::read_write, true};
    build_schema(
      made, static_cast<uint32_t>(std::ranges::count_if(*rows, is_applied)));
    return compare_schemas(read_objects(live), read_objects(made));
  });
}

} // namespace dspex
