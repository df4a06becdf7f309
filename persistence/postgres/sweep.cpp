#include "persistence/postgres/store.hpp"

namespace dspex {

result<sweep_result> postgres_store::sweep() {
  if (mode_ == access::read_only)
    return fail(opened_read_only());
  auto own = life_->fence().node;
  return with_connection([&](postgres_connection& connection)
                           -> result<sweep_result> {
    // A batch that is under way holds the row of its lease, which is skipped.
    // After an outage of the server, every node has the time of a lease to come
    // back.
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

} // namespace dspex
