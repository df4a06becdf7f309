#include "persistence/sqlite/database.hpp"

#include "persistence/row_logic.hpp"
#include "persistence/sqlite/schema.hpp"
#include "persistence/sqlite/store.hpp"

namespace dspex {

namespace {

class sqlite_database : public database {
public:
  sqlite_database(sqlite_file file, node_id node,
                  std::shared_ptr<const node_lock> life)
    : file_(std::move(file)), node_(node), life_(std::move(life)) {
  }

  result<std::unique_ptr<store>> connect(access mode) override {
    if (mode == access::read_write && !life_)
      return fail(opened_read_only());
    return sqlite_guarded(file_, [&]() -> result<std::unique_ptr<store>> {
      return std::make_unique<sqlite_store>(
        file_, mode, node_, mode == access::read_write ? life_ : nullptr);
    });
  }

  [[nodiscard]] size_t max_writers() const noexcept override {
    return 1;
  }

  [[nodiscard]] bool blocks() const noexcept override {
    return true;
  }

private:
  sqlite_file file_;
  node_id node_;
  std::shared_ptr<const node_lock> life_;
};

result<void> prepare_schema(const sqlite_file& file,
                            const database_options& options) {
  return sqlite_guarded(file, [&]() -> result<void> {
    auto writable = options.access == access::read_write;
    auto connection = sqlite_connection{file, options.access,
                                        writable && options.create};
    auto schema = read_schema(connection);
    if (schema == schema_state::empty && writable && options.create) {
      connection.use_wal();
      if (auto ok = create_schema(connection); !ok)
        return ok;
      schema = read_schema(connection);
    }
    if (!schema)
      return fail(std::move(schema.error()));
    if (*schema != schema_state::current)
      return fail(outdated_schema(*schema, file.path));
    return {};
  });
}

} // namespace

result<std::unique_ptr<database>> open_sqlite(const database_options& options) {
  auto file = locate_sqlite(options);
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

} // namespace dspex
