#pragma once

#include "persistence/migration.hpp"
#include "persistence/postgres/connection.hpp"

namespace dspex {

/// Waits for changes of the schema that are under way, and keeps others waiting
/// with theirs until the transaction ends. Several transactions may hold the
/// schema at once.
void hold_schema(postgres_connection& connection);

/// Waits for all transactions that hold or change the schema, and keeps others
/// waiting until this transaction ends.
void lock_schema(postgres_connection& connection);

/// Compares the first schema of the search path that exists with the migrations
/// of this build.
/// @returns the errors of `check_applied`.
[[nodiscard]] result<schema_state> read_schema(postgres_connection& connection);

/// Applies every migration to an empty schema, all in one transaction. A schema
/// that is not empty stays as it is.
[[nodiscard]] result<void> create_schema(postgres_connection& connection);

/// Applies the missing migrations up to `to`, each in one transaction together
/// with its row in `schema_migrations`. Several processes may call it at once.
/// @returns the number of migrations that this call applied.
[[nodiscard]] result<uint32_t> apply_migrations(postgres_connection& connection,
                                                uint32_t to);

/// Takes back the migrations after `to`, newest first, each in one
/// transaction together with its row in `schema_migrations`; with the first
/// one that table goes, too. Refused while a node has the store open.
/// @returns the number of migrations that this call took back.
[[nodiscard]] result<uint32_t>
revert_migrations(postgres_connection& connection, uint32_t to);

/// Makes the schema of the first migrations up to `to` in an empty schema.
void build_schema(postgres_connection& connection, uint32_t to);

/// Reads every known migration, and when it was applied.
[[nodiscard]] result<std::vector<migration_row>>
read_migrations(postgres_connection& connection);

} // namespace dspex
