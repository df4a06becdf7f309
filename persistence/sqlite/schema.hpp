#pragma once

#include "persistence/sqlite/connection.hpp"
#include "persistence/store.hpp"

namespace dspex {

/// What a SQLite file holds.
enum class sqlite_schema {
  /// Nothing at all.
  empty,
  /// An older schema: `migrate up` brings it up to date.
  older,
  current,
};

/// Compares the schema with the migrations of this build.
/// @returns `errc::store_unavailable` for a database of something else, a newer
///          schema, or a migration that was changed after it was applied.
[[nodiscard]] result<sqlite_schema> read_schema(sqlite_connection& connection);

/// The error for a schema that is not current, with the hint how to change it.
[[nodiscard]] error outdated_schema(sqlite_schema found,
                                    const sqlite_file& file);

/// Applies every migration to an empty database, all in one transaction, so
/// that nobody sees a new store with half a schema. Does nothing to another.
[[nodiscard]] result<void> create_schema(sqlite_connection& connection);

/// The number of the newest migration of this build.
[[nodiscard]] uint32_t newest_migration() noexcept;

/// Applies what is missing up to a migration, each in one transaction together
/// with its row in `schema_migrations`. Several processes may do it at once.
/// @returns how many this call applied.
[[nodiscard]] result<uint32_t> apply_migrations(sqlite_connection& connection,
                                                uint32_t to);

/// Takes back what is applied after a migration, newest first, each in one
/// transaction together with its row in `schema_migrations`; with the first
/// one that table goes, too.
/// @returns how many.
[[nodiscard]] result<uint32_t> revert_migrations(sqlite_connection& connection,
                                                 uint32_t to);

/// Makes the schema of the first migrations up to `to` in an empty database.
void build_schema(sqlite_connection& connection, uint32_t to);

/// Every known migration, and when it was applied.
[[nodiscard]] result<std::vector<migration_row>>
read_migrations(sqlite_connection& connection);

} // namespace dspex
