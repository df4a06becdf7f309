#include "persistence/sqlite_database.hpp"

#include <filesystem>

#include "persistence/row_logic.hpp"
#include "persistence/sqlite_schema.hpp"
#include "persistence/sqlite_store.hpp"

namespace dspex {

namespace {

// The file as every process names it, so that their lock files are the same.
result<sqlite_file> locate(const std::string& text,
                           const database_options& options) {
  if (text.empty() || text == ":memory:")
    return fail(errc::invalid_option,
                "sqlite: needs a file name; use memory: for a store in memory");
  auto ec = std::error_code{};
  auto path = std::filesystem::weakly_canonical(
    std::filesystem::absolute(text, ec), ec);
  if (ec)
    return fail(errc::store_unavailable, text + ": " + ec.message());
  auto directory = path.parent_path();
  if (!std::filesystem::is_directory(directory, ec))
    return fail(errc::not_found, path.string() + ": the directory "
                                   + directory.string() + " does not exist");
  auto kind = std::filesystem::status(path, ec).type();
  if (kind == std::filesystem::file_type::directory)
    return fail(errc::invalid_option, path.string() + ": is a directory");
  auto may_create = options.access == access::read_write && options.create;
  if (kind == std::filesystem::file_type::not_found && !may_create)
    return fail(errc::not_found, path.string() + ": the file does not exist");
  return sqlite_file{path.string(), options.timeout};
}

class sqlite_database : public database {
public:
  sqlite_database(sqlite_file file, node_id node,
                  std::shared_ptr<const node_lock> life)
    : file_(std::move(file)), node_(node), life_(std::move(life)) {
  }

  result<std::unique_ptr<store>> connect(access mode) override {
    if (mode == access::read_write && !life_)
      return fail(opened_read_only());
    return guarded(file_, [&]() -> result<std::unique_ptr<store>> {
      return std::make_unique<sqlite_store>(
        file_, mode, node_, mode == access::read_write ? life_ : nullptr);
    });
  }

  [[nodiscard]] size_t max_writers() const noexcept override {
    return 1;
  }

private:
  sqlite_file file_;
  node_id node_;
  std::shared_ptr<const node_lock> life_;
};

result<void> prepare_schema(const sqlite_file& file,
                            const database_options& options) {
  return guarded(file, [&]() -> result<void> {
    auto writable = options.access == access::read_write;
    auto connection = sqlite_connection{file, options.access,
                                        writable && options.create};
    auto schema = read_schema(connection);
    if (!schema)
      return fail(std::move(schema.error()));
    if (*schema == sqlite_schema::current)
      return {};
    if (*schema != sqlite_schema::empty || !writable || !options.create)
      return fail(outdated_schema(*schema, file));
    connection.use_wal();
    if (auto count = apply_migrations(connection); !count)
      return fail(std::move(count.error()));
    return {};
  });
}

} // namespace

result<std::unique_ptr<database>> open_sqlite(const std::string& path,
                                              const database_options& options) {
  auto file = locate(path, options);
  if (!file)
    return fail(std::move(file.error()));
  auto life = std::shared_ptr<const node_lock>{};
  if (options.access == access::read_write) {
    auto lock = node_lock::acquire(file->path, options.node, options.timeout);
    if (!lock)
      return fail(std::move(lock.error()));
    life = std::move(*lock);
  }
  if (auto ok = prepare_schema(*file, options); !ok)
    return fail(std::move(ok.error()));
  return std::make_unique<sqlite_database>(std::move(*file), options.node,
                                           std::move(life));
}

result<migration_report> migrate_sqlite(const std::string& path,
                                        const database_options& options) {
  if (options.access == access::read_only)
    return fail(opened_read_only());
  auto file = locate(path, options);
  if (!file)
    return fail(std::move(file.error()));
  return guarded(*file, [&]() -> result<migration_report> {
    auto connection = sqlite_connection{*file, access::read_write,
                                        options.create};
    if (auto schema = read_schema(connection); !schema)
      return fail(std::move(schema.error()));
    connection.use_wal();
    auto count = apply_migrations(connection);
    if (!count)
      return fail(std::move(count.error()));
    auto rows = read_migrations(connection);
    if (!rows)
      return fail(std::move(rows.error()));
    return migration_report{std::move(*rows), *count};
  });
}

result<migration_report>
sqlite_migration_status(const std::string& path,
                        const database_options& options) {
  auto for_reading = options;
  for_reading.access = access::read_only;
  auto file = locate(path, for_reading);
  if (!file)
    return fail(std::move(file.error()));
  return guarded(*file, [&]() -> result<migration_report> {
    auto connection = sqlite_connection{*file, access::read_only, false};
    auto rows = read_migrations(connection);
    if (!rows)
      return fail(std::move(rows.error()));
    return migration_report{std::move(*rows), 0};
  });
}

} // namespace dspex
