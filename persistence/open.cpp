#include "persistence/memory/store.hpp"
#include "persistence/postgres/database.hpp"
#include "persistence/postgres/target.hpp"
#include "persistence/sqlite/database.hpp"
#include "persistence/store.hpp"

namespace dspex {

namespace {

constexpr auto memory_url = std::string_view{"memory:"};
constexpr auto sqlite_scheme = std::string_view{"sqlite:"};

// The URL's scheme and nothing more: the rest may hold a password.
error unknown_url(std::string_view url) {
  auto end = url.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+.-");
  auto what = end != std::string_view::npos && url[end] == ':'
                ? "the store URL with the scheme "
                    + std::string{url.substr(0, end + 1)}
                : std::string{"the store URL"};
  return {errc::invalid_option, what
                                  + " is not supported; expected memory:, "
                                    "sqlite:FILE or postgresql://..."};
}

bool is_sqlite(std::string_view url) {
  return url.starts_with(sqlite_scheme);
}

std::string sqlite_path(const std::string& url) {
  return url.substr(sqlite_scheme.size());
}

} // namespace

result<std::unique_ptr<database>>
open_database(const database_options& options) {
  if (options.url == memory_url)
    return make_memory_database();
  if (is_sqlite(options.url))
    return open_sqlite(sqlite_path(options.url), options);
  if (is_postgres(options.url))
    return open_postgres(options);
  return fail(unknown_url(options.url));
}

result<migration_report> migrate_up(const database_options& options,
                                    const migrate_options& how) {
  if (options.url == memory_url)
    return migration_report{};
  if (is_sqlite(options.url))
    return migrate_sqlite_up(sqlite_path(options.url), options, how);
  if (is_postgres(options.url))
    return migrate_postgres_up(options, how);
  return fail(unknown_url(options.url));
}

result<migration_report> migrate_down(const database_options& options,
                                      const migrate_options& how) {
  if (options.url == memory_url)
    return migration_report{};
  if (is_sqlite(options.url))
    return migrate_sqlite_down(sqlite_path(options.url), options, how);
  if (is_postgres(options.url))
    return migrate_postgres_down(options, how);
  return fail(unknown_url(options.url));
}

result<std::vector<schema_drift>>
verify_schema(const database_options& options) {
  if (options.url == memory_url)
    return std::vector<schema_drift>{};
  if (is_sqlite(options.url))
    return verify_sqlite(sqlite_path(options.url), options);
  if (is_postgres(options.url))
    return verify_postgres(options);
  return fail(unknown_url(options.url));
}

result<migration_report> migration_status(const database_options& options) {
  if (options.url == memory_url)
    return migration_report{};
  if (is_sqlite(options.url))
    return sqlite_migration_status(sqlite_path(options.url), options);
  if (is_postgres(options.url))
    return postgres_migration_status(options);
  return fail(unknown_url(options.url));
}

} // namespace dspex
