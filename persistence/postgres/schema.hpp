#pragma once

#include "persistence/postgres/connection.hpp"

namespace dspex {

/// What the schema of a PostgreSQL database holds: the first schema of the
/// search path that exists.
enum class postgres_schema {
  /// Nothing at all.
  empty,
  /// Tables, but none of dspex.
  foreign,
  /// An older schema: `migrate up` brings it up to date.
  older,
  current,
};

/// Waits until nobody changes the schema, and keeps it so until the transaction
/// ends; others may do the same.
void hold_schema(postgres_connection& connection);

/// Waits until nobody uses `hold_schema` or changes the schema, and keeps them
/// waiting until the transaction ends.
void lock_schema(postgres_connection& connection);

/// Compares the schema with the migrations of this build.
/// @returns `errc::store_unavailable` for a newer schema, or a migration that
///          was changed after it was applied.
[[nodiscard]] result<postgres_schema>
read_schema(postgres_connection& connection);

/// The error for a schema that is not current, with the hint how to change it.
[[nodiscard]] error outdated_schema(postgres_schema found,
                                    const postgres_target& target);

/// Applies every migration to an empty schema, all in one transaction. Does
/// nothing to another.
[[nodiscard]] result<void> create_schema(postgres_connection& connection);

/// The number of the newest migration of this build.
[[nodiscard]] uint32_t newest_postgres_migration() noexcept;

/// Applies what is missing up to a migration, each in one transaction together
/// with its row in `schema_migrations`. Several processes may do it at once.
/// @returns how many this call applied.
[[nodiscard]] result<uint32_t> apply_migrations(postgres_connection& connection,
                                                uint32_t to);

/// Takes back what is applied after a migration, newest first, each in one
/// transaction together with its row in `schema_migrations`; with the first
/// one that table goes, too. Refused while a node has the store open.
/// @returns how many.
[[nodiscard]] result<uint32_t>
revert_migrations(postgres_connection& connection, uint32_t to);

/// Makes the schema of the first migrations up to `to` in an empty schema.
void build_schema(postgres_connection& connection, uint32_t to);

/// Every known migration, and when it was applied.
[[nodiscard]] result<std::vector<migration_row>>
read_migrations(postgres_connection& connection);

} // namespace dspex
