#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/store.hpp"

namespace dspex {

/// One numbered change of a schema, embedded from `migrations/`.
struct migration {
  /// 1, 2, 3, ...
  uint32_t number;
  std::string_view name;
  /// SHA-256 in hex of both texts.
  std::string_view checksum;
  const char* up;
  const char* down;
};

/// @{
/// The migrations of one engine in ascending order; generated at build time.
[[nodiscard]] std::span<const migration> sqlite_migrations() noexcept;
[[nodiscard]] std::span<const migration> postgres_migrations() noexcept;
/// @}

/// What a database records of a migration that was applied.
struct applied_migration {
  std::string checksum;
  timestamp applied_at;
};

/// The applied migrations of a database, by number.
using applied_migrations = std::map<int64_t, applied_migration>;

/// What the schema of a database is, compared with the migrations of this
/// build.
enum class schema_state {
  /// The database holds nothing at all.
  empty,
  /// The database holds tables, but none of dspex.
  foreign,
  /// `migrate up` brings the schema up to date.
  older,
  current,
};

/// The error for a database that this build cannot use.
/// @param where the file or server, for people.
[[nodiscard]] error unusable_store(const std::string& where,
                                   const std::string& why);

/// The error for a schema that cannot go back, as a node has the store open.
[[nodiscard]] error store_in_use(const std::string& where);

/// The error for a schema that is not current, with the hint how to change it.
[[nodiscard]] error outdated_schema(schema_state found,
                                    const std::string& where);

/// Checks that the applied migrations are the first ones of this build.
/// @returns `errc::store_unavailable` for a newer schema, or a migration that
///          was changed after it was applied.
[[nodiscard]] result<void> check_applied(const applied_migrations& applied,
                                         std::span<const migration> known,
                                         const std::string& where);

/// Lists every known migration, and when it was applied.
[[nodiscard]] std::vector<migration_row>
migration_rows(std::span<const migration> known,
               const applied_migrations& applied);

/// Returns the number of the last migration that `how` wants to be applied;
/// `errc::invalid_option` for one that does not exist.
[[nodiscard]] result<uint32_t> last_wanted(std::span<const migration> known,
                                           const migrate_options& how);

} // namespace dspex
