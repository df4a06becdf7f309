#pragma once

#include "persistence/sqlite_connection.hpp"
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

/// Applies what is missing, each migration in one transaction together with
/// its row in `schema_migrations`. Several processes may do it at once.
/// @returns how many this call applied.
[[nodiscard]] result<uint32_t> apply_migrations(sqlite_connection& connection);

/// Every known migration, and when it was applied.
[[nodiscard]] result<std::vector<migration_row>>
read_migrations(sqlite_connection& connection);

} // namespace dspex
