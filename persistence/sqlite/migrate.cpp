#include <algorithm>
#include <filesystem>

#include "persistence/migration.hpp"
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

result<uint32_t> target(const migrate_options& how) {
  auto to = how.to.value_or(newest_migration());
  if (to > newest_migration())
    return fail(errc::invalid_option,
                "there is no migration " + std::to_string(to)
                  + "; the newest is " + std::to_string(newest_migration()));
  return to;
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

// Reads the migrations and counts those that `counts` is true for.
template <class Predicate>
result<migration_report> preview(const std::string& path,
                                 const database_options& options,
                                 Predicate counts) {
  auto found = sqlite_migration_status(path, options);
  if (found)
    found->changed
      = static_cast<uint32_t>(std::ranges::count_if(found->rows, counts));
  return found;
}

// What `up` would do to a file that does not exist.
migration_report preview_new(uint32_t to) {
  auto out = migration_report{};
  for (auto& x : sqlite_migrations())
    out.rows.push_back({x.number, std::string{x.name}, std::nullopt});
  out.changed = to;
  return out;
}

bool has_living_nodes(const std::string& path) {
  return std::ranges::any_of(node_lock::list(path), [&](node_id node) {
    return node_lock::try_acquire(path, node) == nullptr;
  });
}

} // namespace

result<migration_report> migrate_sqlite_up(const std::string& path,
                                           const database_options& options,
                                           const migrate_options& how) {
  if (options.access == access::read_only)
    return fail(opened_read_only());
  auto to = target(how);
  if (!to)
    return fail(std::move(to.error()));
  auto file = locate_sqlite(path, options);
  if (!file)
    return fail(std::move(file.error()));
  if (how.dry_run) {
    if (!std::filesystem::exists(file->path))
      return preview_new(*to);
    return preview(path, options, [&](const migration_row& x) {
      return !is_applied(x) && x.number <= *to;
    });
  }
  return guarded(*file, [&]() -> result<migration_report> {
    auto connection = sqlite_connection{*file, access::read_write,
                                        options.create};
    if (auto schema = read_schema(connection); !schema)
      return fail(std::move(schema.error()));
    connection.use_wal();
    return report(connection, apply_migrations(connection, *to));
  });
}

result<migration_report> migrate_sqlite_down(const std::string& path,
                                             const database_options& options,
                                             const migrate_options& how) {
  if (options.access == access::read_only)
    return fail(opened_read_only());
  auto to = target(how);
  if (!to)
    return fail(std::move(to.error()));
  if (how.dry_run)
    return preview(path, options, [&](const migration_row& x) {
      return is_applied(x) && x.number > *to;
    });
  auto existing = options;
  existing.create = false;
  auto file = locate_sqlite(path, existing);
  if (!file)
    return fail(std::move(file.error()));
  return guarded(*file, [&]() -> result<migration_report> {
    auto connection = sqlite_connection::open_alone(*file);
    // A node may have the store open without a connection at present; whoever
    // opens it from here on waits for us and finds the older schema.
    if (!connection || has_living_nodes(file->path))
      return fail(errc::store_unavailable,
                  file->path
                    + ": another process has the store open; end it before "
                      "the schema goes back");
    return report(*connection, revert_migrations(*connection, *to));
  });
}

result<migration_report>
sqlite_migration_status(const std::string& path,
                        const database_options& options) {
  auto file = locate_sqlite(path, for_reading(options));
  if (!file)
    return fail(std::move(file.error()));
  return guarded(*file, [&]() -> result<migration_report> {
    auto connection = sqlite_connection{*file, access::read_only, false};
    return report(connection, 0);
  });
}

result<std::vector<schema_drift>>
verify_sqlite(const std::string& path, const database_options& options) {
  auto file = locate_sqlite(path, for_reading(options));
  if (!file)
    return fail(std::move(file.error()));
  return guarded(*file, [&]() -> result<std::vector<schema_drift>> {
    auto live = sqlite_connection{*file, access::read_only, false};
    auto schema = read_schema(live);
    if (!schema)
      return fail(std::move(schema.error()));
    if (*schema == sqlite_schema::empty)
      return fail(outdated_schema(*schema, *file));
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
