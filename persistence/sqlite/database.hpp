#pragma once

#include <memory>

#include "persistence/store.hpp"

namespace dspex {

/// The entry points of `persistence/store.hpp` for a SQLite file.
///
/// A read-only connection to a file that nobody else has open may leave the
/// empty companions `FILE-wal` and `FILE-shm` behind, as SQLite does.
/// @param path as it stands in the URL behind `sqlite:`.
[[nodiscard]] result<std::unique_ptr<database>>
open_sqlite(const std::string& path, const database_options& options);

[[nodiscard]] result<migration_report>
migrate_sqlite_up(const std::string& path, const database_options& options,
                  const migrate_options& how);

[[nodiscard]] result<migration_report>
migrate_sqlite_down(const std::string& path, const database_options& options,
                    const migrate_options& how);

[[nodiscard]] result<std::vector<schema_drift>>
verify_sqlite(const std::string& path, const database_options& options);

[[nodiscard]] result<migration_report>
sqlite_migration_status(const std::string& path,
                        const database_options& options);

} // namespace dspex
