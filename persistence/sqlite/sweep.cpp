#include <set>

#include "persistence/row_logic.hpp"
#include "persistence/sqlite/rows.hpp"
#include "persistence/sqlite/store.hpp"

namespace dspex {

namespace {

constexpr int64_t chunk = 1000;

} // namespace

result<sweep_result> sqlite_store::sweep() {
  if (mode_ == access::read_only)
    return fail(opened_read_only());
  auto nodes = guarded(connection_.file(), [&] {
    return result<std::vector<node_id>>{foreign_nodes()};
  });
  if (!nodes)
    return fail(std::move(nodes.error()));
  auto out = sweep_result{};
  for (auto node : *nodes) {
    // Held until the node's work is closed; then the file goes.
    auto grave = node_lock::try_acquire(connection_.file().path, node);
    if (!grave)
      continue;
    for (auto more = true; more;) {
      auto closed = close_executions(node);
      if (!closed)
        return fail(std::move(closed.error()));
      out.executions += *closed;
      more = *closed > 0;
    }
    auto closed = close_programs(node);
    if (!closed)
      return fail(std::move(closed.error()));
    out.programs += *closed;
  }
  if (auto ok = drop_expired_keys(); !ok)
    return fail(std::move(ok.error()));
  return out;
}

std::vector<node_id> sqlite_store::foreign_nodes() {
  auto nodes = std::set<node_id>{};
  auto query = connection_.query(
    "select node from live_executions union "
    "select owner_node from programs where status = 'initializing' "
    "and owner_node is not null");
  while (query.next())
    nodes.insert(node_id{query.id(0)});
  for (auto node : node_lock::list(connection_.file().path))
    nodes.insert(node);
  nodes.erase(node_);
  // Executions of callers that run the model themselves belong to no node.
  nodes.erase(node_id{});
  return {nodes.begin(), nodes.end()};
}

result<uint64_t> sqlite_store::close_executions(node_id node) {
  static const auto sql = std::string{"select "}
                            .append(execution_columns)
                            .append(" from live_executions where node = ? "
                                    "limit ?");
  return in_transaction([&]() -> result<uint64_t> {
    auto batch = execution_batch{};
    auto at = now();
    {
      auto query = connection_.query(sql);
      query.bind(node).bind(chunk);
      while (query.next())
        batch.finished.push_back(
          interrupted_execution(read_execution(query), at));
    }
    if (auto ok = write_rows(batch); !ok)
      return fail(std::move(ok.error()));
    return batch.finished.size();
  });
}

result<uint64_t> sqlite_store::close_programs(node_id node) {
  return in_transaction([&]() -> result<uint64_t> {
    auto found = std::vector<std::pair<program_id, int64_t>>{};
    {
      auto query = connection_.query(
        "select id, generation from programs "
        "where status = 'initializing' and owner_node = ?");
      query.bind(node);
      while (query.next())
        found.emplace_back(program_id{query.id(0)}, query.integer(1));
    }
    for (auto& [id, generation] : found) {
      auto ok = apply_to_program(id, interrupted_initialization(generation));
      if (!ok)
        return fail(std::move(ok.error()));
    }
    return found.size();
  });
}

// Looks before it takes the write lock: mostly there is nothing to do.
result<void> sqlite_store::drop_expired_keys() {
  constexpr auto find_one
    = "select 1 from idempotency_keys where claimed_at <= ? limit 1";
  constexpr auto drop_some
    = "delete from idempotency_keys where (program_id, key) in (select "
      "program_id, key from idempotency_keys where claimed_at <= ? limit ?)";
  auto expired = now() - idempotency_period;
  for (;;) {
    auto found = guarded(connection_.file(), [&] {
      return result<bool>{finds(find_one, expired)};
    });
    if (!found)
      return fail(std::move(found.error()));
    if (!*found)
      return {};
    auto dropped = in_transaction([&]() -> result<void> {
      connection_.query(drop_some).bind(expired).bind(chunk).run();
      return {};
    });
    if (!dropped)
      return dropped;
  }
}

} // namespace dspex
