#include <set>

#include "persistence/row_logic.hpp"
#include "persistence/sqlite/programs.hpp"
#include "persistence/sqlite/store.hpp"
#include "persistence/sqlite/write.hpp"

namespace dspex {

namespace {

constexpr int64_t chunk = 1000;

std::vector<node_id> foreign_nodes(sqlite_connection& connection, node_id own) {
  auto nodes = std::set<node_id>{};
  auto query = connection.query(
    "select node from live_executions union "
    "select owner_node from programs where status = 'initializing' "
    "and owner_node is not null");
  while (query.next())
    nodes.insert(node_id{query.id(0)});
  for (auto node : node_lock::list(connection.file().path))
    nodes.insert(node);
  nodes.erase(own);
  // Executions of callers that run the model themselves belong to no node.
  nodes.erase(node_id{});
  return {nodes.begin(), nodes.end()};
}

result<uint64_t> close_executions(sqlite_connection& connection, node_id node) {
  static const auto sql = select_from<execution_record>("live_executions")
                          + "where node = ? limit ?";
  return sqlite_in_transaction(connection, [&]() -> result<uint64_t> {
    auto batch = execution_batch{};
    auto at = now();
    {
      auto query = connection.query(sql);
      query.bind(node).bind(chunk);
      while (query.next())
        batch.finished.push_back(
          interrupted_execution(read_row<execution_record>(query), at));
    }
    if (auto ok = write_rows(connection, batch); !ok)
      return fail(std::move(ok.error()));
    return batch.finished.size();
  });
}

result<uint64_t> close_programs(sqlite_connection& connection, node_id node) {
  return sqlite_in_transaction(connection, [&]() -> result<uint64_t> {
    auto found = std::vector<std::pair<program_id, int64_t>>{};
    {
      auto query = connection.query(
        "select id, generation from programs "
        "where status = 'initializing' and owner_node = ?");
      query.bind(node);
      while (query.next())
        found.emplace_back(program_id{query.id(0)}, query.integer(1));
    }
    for (auto& [id, generation] : found) {
      auto ok = apply_to_program(connection, id,
                                 interrupted_initialization(generation));
      if (!ok)
        return fail(std::move(ok.error()));
    }
    return found.size();
  });
}

// Reads before it takes the write lock, because mostly there is nothing to do.
result<void> drop_expired_keys(sqlite_connection& connection) {
  constexpr auto find_one
    = "select 1 from idempotency_keys where claimed_at <= ? limit 1";
  constexpr auto drop_some
    = "delete from idempotency_keys where (program_id, key) in (select "
      "program_id, key from idempotency_keys where claimed_at <= ? limit ?)";
  auto expired = now() - idempotency_period;
  for (;;) {
    auto found = sqlite_guarded(connection.file(), [&] {
      return result<bool>{finds(connection, find_one, expired)};
    });
    if (!found)
      return fail(std::move(found.error()));
    if (!*found)
      return {};
    auto dropped = sqlite_in_transaction(connection, [&]() -> result<void> {
      connection.query(drop_some).bind(expired).bind(chunk).run();
      return {};
    });
    if (!dropped)
      return dropped;
  }
}

} // namespace

result<sweep_result> sqlite_store::sweep() {
  if (mode_ == access::read_only)
    return fail(opened_read_only());
  auto nodes = sqlite_guarded(connection_.file(), [&] {
    return result<std::vector<node_id>>{foreign_nodes(connection_, node_)};
  });
  if (!nodes)
    return fail(std::move(nodes.error()));
  auto out = sweep_result{};
  for (auto node : *nodes) {
    // The lock is held until the work of the node is closed; then its file is
    // removed.
    auto grave = node_lock::try_acquire(connection_.file().path, node);
    if (!grave)
      continue;
    for (auto more = true; more;) {
      auto closed = close_executions(connection_, node);
      if (!closed)
        return fail(std::move(closed.error()));
      out.executions += *closed;
      more = *closed > 0;
    }
    auto closed = close_programs(connection_, node);
    if (!closed)
      return fail(std::move(closed.error()));
    out.programs += *closed;
  }
  if (auto ok = drop_expired_keys(connection_); !ok)
    return fail(std::move(ok.error()));
  return out;
}

} // namespace dspex
