#pragma once

#include <memory>

#include "persistence/store.hpp"

namespace dspex {

/// The entry points of `persistence/store.hpp` for a SQLite file.
///
/// SQLite may leave the empty companions `FILE-wal` and `FILE-shm` behind when
/// a read-only connection was the only one to a file.
/// @pre `is_sqlite(options.url)`
[[nodiscard]] result<std::unique_ptr<database>>
open_sqlite(const database_options& options);

[[nodiscard]] result<migration_report>
migrate_sqlite_up(const database_options& options, const migrate_options& how);

[[nodiscard]] result<migration_report>
migrate_sqlite_down(const database_options& options,
                    const migrate_options& how);

[[nodiscard]] result<std::vector<schema_drift>>
verify_sqlite(const database_options& options);

[[nodiscard]] result<migration_report>
sqlite_migration_status(const database_options& options);

} // namespace dspex
