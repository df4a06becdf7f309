#include "persistence/memory/store.hpp"
#include "persistence/postgres/database.hpp"
#include "persistence/postgres/target.hpp"
#include "persistence/sqlite/database.hpp"
#include "persistence/sqlite/target.hpp"
#include "persistence/store.hpp"

namespace dspex {

namespace {

// The functions of `persistence/store.hpp` for the URLs of one kind of store.
struct engine {
  bool (*owns)(std::string_view url);
  decltype(&open_database) open;
  decltype(&migrate_up) up;
  decltype(&migrate_down) down;
  decltype(&verify_schema) verify;
  decltype(&migration_status) status;
};

result<migration_report> migrate_nothing(const database_options&,
                                         const migrate_options&) {
  return migration_report{};
}

constexpr auto memory_engine = engine{
  .owns = [](std::string_view url) { return url == "memory:"; },
  .open = [](const database_options&) -> result<std::unique_ptr<database>> {
    return make_memory_database();
  },
  .up = migrate_nothing,
  .down = migrate_nothing,
  .verify = [](const database_options&) -> result<std::vector<schema_drift>> {
    return std::vector<schema_drift>{};
  },
  .status = [](const database_options&) -> result<migration_report> {
    return migration_report{};
  },
};

constexpr auto sqlite_engine = engine{
  .owns = is_sqlite,
  .open = open_sqlite,
  .up = migrate_sqlite_up,
  .down = migrate_sqlite_down,
  .verify = verify_sqlite,
  .status = sqlite_migration_status,
};

constexpr auto postgres_engine = engine{
  .owns = is_postgres,
  .open = open_postgres,
  .up = migrate_postgres_up,
  .down = migrate_postgres_down,
  .verify = verify_postgres,
  .status = postgres_migration_status,
};

// Names the scheme of the URL and nothing more, because the rest may hold a
// password.
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

// Calls a function of the engine that owns the URL.
template <class F, class... Ts>
auto call(F engine::*function, const database_options& options, const Ts&... xs)
  -> decltype((engine{}.*function)(options, xs...)) {
  for (auto& x : {memory_engine, sqlite_engine, postgres_engine})
    if (x.owns(options.url))
      return (x.*function)(options, xs...);
  return fail(unknown_url(options.url));
}

} // namespace

result<std::unique_ptr<database>>
open_database(const database_options& options) {
  return call(&engine::open, options);
}

result<migration_report> migrate_up(const database_options& options,
                                    const migrate_options& how) {
  return call(&engine::up, options, how);
}

result<migration_report> migrate_down(const database_options& options,
                                      const migrate_options& how) {
  return call(&engine::down, options, how);
}

result<std::vector<schema_drift>>
verify_schema(const database_options& options) {
  return call(&engine::verify, options);
}

result<migration_report> migration_status(const database_options& options) {
  return call(&engine::status, options);
}

} // namespace dspex
