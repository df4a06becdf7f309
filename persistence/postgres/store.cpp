#include "persistence/postgres/store.hpp"

#include <limits>
#include <map>

#include "persistence/row_check.hpp"
#include "persistence/row_logic.hpp"

namespace dspex {

postgres_store::postgres_store(const postgres_target& target,
                               std::shared_ptr<postgres_watchdog> watchdog,
                               access mode,
                               std::shared_ptr<postgres_lease> life)
  : target_(target),
    watchdog_(std::move(watchdog)),
    mode_(mode),
    life_(std::move(life)) {
}

error postgres_store::opened_for_reading() {
  return opened_read_only();
}

// -- batches ------------------------------------------------------------------

result<batch_result> postgres_store::write(const execution_batch& batch) {
  if (auto ok = check_batch(batch); !ok)
    return fail(std::move(ok.error()));
  if (mode_ == access::read_only)
    return fail(opened_for_reading());
  auto send = [&]() -> result<batch_result> {
    if (auto ok = life_->check(batch); !ok)
      return fail(std::move(ok.error()));
    return with_connection([&](postgres_connection& connection) {
      return write_batch(connection, life_->fence(), batch);
    });
  };
  auto out = send();
  if (out || out.error().code != errc::interrupted)
    return out;
  // Once there is a new lease, only what is older than that is refused.
  if (auto ok = life_->renew(); !ok)
    return fail(std::move(ok.error()));
  return send();
}

// -- sweeping -----------------------------------------------------------------

result<sweep_result> postgres_store::sweep() {
  if (mode_ == access::read_only)
    return fail(opened_for_reading());
  auto own = life_->fence().node;
  return with_connection([&](postgres_connection& connection)
                           -> result<sweep_result> {
    // Batches under way hold their lease. After an outage of the server, every
    // node has the time of a lease to come back.
    connection.run(
      "delete from leases where node in ("
      "select node from leases where expires_at < now() and node <> $1 "
      "and pg_postmaster_start_time() < now() - $2 * interval '1 millisecond' "
      "order by node for update skip locked)",
      own, int64_t{life_->period().count()});
    auto dead = connection.run(
      "select node from (select distinct node from live_executions "
      "union select owner_node from programs "
      "where status = 'initializing' and owner_node is not null) as x "
      "where node <> all (array[$1, $2]::uuid[]) and not exists "
      "(select 1 from leases where leases.node = x.node)",
      own, node_id{});
    auto out = sweep_result{};
    for (size_t i = 0; i < dead.size(); ++i) {
      auto closed = close_node(connection, node_id{dead[i].id(0)});
      if (!closed)
        return fail(std::move(closed.error()));
      out.executions += closed->executions;
      out.programs += closed->programs;
    }
    for (auto more = true; more;) {
      connection.begin_call();
      more = connection
               .run("delete from idempotency_keys where ctid = any (array("
                    "select ctid from idempotency_keys where claimed_at <= $1 "
                    "order by claimed_at limit 1000))",
                    now() - idempotency_period)
               .changes()
             > 0;
    }
    return out;
  });
}

// -- retention ----------------------------------------------------------------

result<uint64_t> postgres_store::prune(const prune_request& x, size_t limit) {
  struct counts {
    int64_t completed = 0;
    int64_t failed = 0;
  };
  constexpr auto drop_any
    = "delete from executions where id = any (array("
      "select id from executions where executed_at < $1 "
      "order by executed_at limit $2)) returning program_id, status";
  // In the words of the index; see `postgres_list::within`.
  constexpr auto drop_of_program
    = "delete from executions where id = any (array("
      "select id from executions where program_id >= $3 "
      "and (program_id, executed_at) < ($3, $1) "
      "order by program_id, executed_at limit $2)) "
      "returning program_id, status";
  constexpr auto all = std::numeric_limits<int64_t>::max();
  auto most = limit < uint64_t{all} ? static_cast<int64_t>(limit) : all;
  return in_transaction(
    [&](postgres_connection& connection) -> result<uint64_t> {
      // One after the other: all of them want the oldest.
      connection.run("select pg_advisory_xact_lock(hashtext('dspex prune'), "
                     "hashtext(current_schema()))");
      auto rows = x.program ? connection.run(drop_of_program, x.older_than,
                                             most, *x.program)
                            : connection.run(drop_any, x.older_than, most);
      auto dropped = std::map<program_id, counts>{};
      for (size_t i = 0; i < rows.size(); ++i) {
        auto& program = dropped[program_id{rows[i].id(0)}];
        ++(rows[i].view(1) == "completed" ? program.completed : program.failed);
      }
      // In the order of the ids, like writers.
      for (auto& [id, n] : dropped)
        connection.run("update programs set "
                       "pruned_completed = pruned_completed + $2, "
                       "pruned_failed = pruned_failed + $3 where id = $1",
                       id, n.completed, n.failed);
      return rows.size();
    });
}

} // namespace dspex
