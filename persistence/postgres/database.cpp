#include "persistence/postgres/database.hpp"

#include "persistence/postgres/schema.hpp"
#include "persistence/postgres/store.hpp"
#include "persistence/row_logic.hpp"

namespace dspex {

namespace {

class postgres_database : public database {
public:
  postgres_database(postgres_target target,
                    std::shared_ptr<postgres_watchdog> watchdog,
                    std::shared_ptr<postgres_lease> life)
    : target_(std::move(target)),
      watchdog_(std::move(watchdog)),
      life_(std::move(life)) {
  }

  result<std::unique_ptr<store>> connect(access mode) override {
    if (mode == access::read_write && !life_)
      return fail(opened_read_only());
    return std::make_unique<postgres_store>(
      target_, watchdog_, mode, mode == access::read_write ? life_ : nullptr);
  }

  [[nodiscard]] size_t max_writers() const noexcept override {
    return 2;
  }

  [[nodiscard]] bool blocks() const noexcept override {
    return true;
  }

private:
  postgres_target target_;
  std::shared_ptr<postgres_watchdog> watchdog_;
  std::shared_ptr<postgres_lease> life_;
};

result<void> require_schema(postgres_connection& connection) {
  auto schema = read_schema(connection);
  if (!schema)
    return fail(std::move(schema.error()));
  if (*schema != schema_state::current)
    return fail(outdated_schema(*schema, connection.target().label));
  return {};
}

// Checks the schema and takes the lease. Holding the schema meanwhile keeps
// others from taking it back in between.
result<int64_t> enter(postgres_connection& connection,
                      const database_options& options) {
  return postgres_in_transaction(connection, [&]() -> result<int64_t> {
    hold_schema(connection);
    if (auto ok = require_schema(connection); !ok)
      return fail(std::move(ok.error()));
    return postgres_lease::insert(connection, options.node, options.lease);
  });
}

result<std::shared_ptr<postgres_lease>>
start_lease(const postgres_target& target,
            const std::shared_ptr<postgres_watchdog>& watchdog,
            const database_options& options) {
  auto connection = std::make_unique<postgres_connection>(
    target, access::read_write, watchdog);
  if (options.create) {
    auto schema = read_schema(*connection);
    if (schema && *schema == schema_state::empty)
      if (auto ok = create_schema(*connection); !ok)
        return fail(std::move(ok.error()));
  }
  auto epoch = enter(*connection, options);
  if (!epoch)
    return fail(std::move(epoch.error()));
  return std::make_shared<postgres_lease>(target, watchdog,
                                          std::move(connection), options.node,
                                          *epoch, options.lease);
}

} // namespace

result<std::unique_ptr<database>>
open_postgres(const database_options& options) {
  using opened = result<std::unique_ptr<database>>;
  auto target = locate_postgres(options);
  if (!target)
    return fail(std::move(target.error()));
  return postgres_guarded([&]() -> opened {
    auto watchdog = std::make_shared<postgres_watchdog>();
    auto life = std::shared_ptr<postgres_lease>{};
    if (options.access == access::read_write) {
      auto lease = start_lease(*target, watchdog, options);
      if (!lease)
        return fail(std::move(lease.error()));
      life = std::move(*lease);
    } else {
      auto connection = postgres_connection{*target, access::read_only,
                                            watchdog};
      if (auto ok = require_schema(connection); !ok)
        return fail(std::move(ok.error()));
    }
    return std::make_unique<postgres_database>(
      std::move(*target), std::move(watchdog), std::move(life));
  });
}

} // namespace dspex
