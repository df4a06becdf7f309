#pragma once

#include "persistence/migration.hpp"
#include "persistence/sqlite/connection.hpp"

namespace dspex {

/// Compares the schema with the migrations of this build.
/// @returns `errc::store_unavailable` for a database of another program, and
/// the
///          errors of `check_applied`.
[[nodiscard]] result<schema_state> read_schema(sqlite_connection& connection);

/// Applies every migration to an empty database, all in one transaction, so
/// that no process sees a new store with half a schema. A database that is not
/// empty stays as it is.
[[nodiscard]] result<void> create_schema(sqlite_connection& connection);

/// Applies the missing migrations up to `to`, each in one transaction together
/// with its row in `schema_migrations`. Several processes may call it at once.
/// @returns the number of migrations that this call applied.
[[nodiscard]] result<uint32_t> apply_migrations(sqlite_connection& connection,
                                                uint32_t to);

/// Takes back the migrations after `to`, newest first, each in one
/// transaction together with its row in `schema_migrations`; with the first
/// one that table goes, too.
/// @returns the number of migrations that this call took back.
[[nodiscard]] result<uint32_t> revert_migrations(sqlite_connection& connection,
                                                 uint32_t to);

/// Makes the schema of the first migrations up to `to` in an empty database.
void build_schema(sqlite_connection& connection, uint32_t to);

/// Reads every known migration, and when it was applied.
[[nodiscard]] result<std::vector<migration_row>>
read_migrations(sqlite_connection& connection);

} // namespace dspex
