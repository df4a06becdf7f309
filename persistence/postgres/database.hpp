#pragma once

#include <memory>

#include "persistence/store.hpp"

namespace dspex {

/// The entry points of `persistence/store.hpp` for a PostgreSQL database.
[[nodiscard]] result<std::unique_ptr<database>>
open_postgres(const database_options& options);

[[nodiscard]] result<migration_report>
migrate_postgres_up(const database_options& options,
                    const migrate_options& how);

[[nodiscard]] result<migration_report>
migrate_postgres_down(const database_options& options,
                      const migrate_options& how);

[[nodiscard]] result<std::vector<schema_drift>>
verify_postgres(const database_options& options);

[[nodiscard]] result<migration_report>
postgres_migration_status(const database_options& options);

} // namespace dspex
