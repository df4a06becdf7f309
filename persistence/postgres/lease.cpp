#include "persistence/postgres/lease.hpp"

#include <algorithm>

#include "persistence/postgres/programs.hpp"
#include "persistence/row_logic.hpp"

namespace dspex {

namespace {

result<uint64_t> close_some_executions(postgres_connection& connection,
                                       node_id node) {
  static const auto sql
    = select_from<execution_record>("live_executions")
      + "where node = $1 "
        "and not exists (select 1 from leases where leases.node = $1) "
        "order by id limit 1000 for update skip locked";
  return postgres_in_transaction(connection, [&]() -> result<uint64_t> {
    auto batch = execution_batch{};
    auto at = now();
    auto rows = connection.run(sql, node);
    for (size_t i = 0; i < rows.size(); ++i)
      batch.finished.push_back(
        interrupted_execution(read_row<execution_record>(rows[i]), at));
    if (!batch.finished.empty())
      send_batch(connection, {node}, batch);
    return batch.finished.size();
  });
}

result<uint64_t> close_programs(postgres_connection& connection, node_id node) {
  static const auto sql
    = select_programs()
      + "where p.status = 'initializing' and p.owner_node = $1 "
        "and not exists (select 1 from leases where leases.node = $1) "
        "order by p.id for no key update of p skip locked";
  return postgres_in_transaction(connection, [&]() -> result<uint64_t> {
    auto rows = connection.run(sql, node);
    for (size_t i = 0; i < rows.size(); ++i) {
      auto x = read_row<program_record>(rows[i]);
      auto change = interrupted_initialization(x.generation);
      if (auto ok = apply_transition(x, change, now()); !ok)
        return fail(std::move(ok.error()));
      if (auto ok = replace_program(connection, std::move(x)); !ok)
        return fail(std::move(ok.error()));
    }
    return rows.size();
  });
}

} // namespace

result<sweep_result> close_node(postgres_connection& connection, node_id node) {
  auto out = sweep_result{};
  for (auto more = true; more;) {
    connection.begin_call();
    auto closed = close_some_executions(connection, node);
    if (!closed)
      return fail(std::move(closed.error()));
    out.executions += *closed;
    more = *closed > 0;
  }
  connection.begin_call();
  auto closed = close_programs(connection, node);
  if (!closed)
    return fail(std::move(closed.error()));
  out.programs = *closed;
  return out;
}

// -- postgres_lease -----------------------------------------------------------

result<int64_t> postgres_lease::insert(postgres_connection& connection,
                                       node_id node,
                                       std::chrono::milliseconds period) {
  connection.run("delete from leases where node = $1 and expires_at < now()",
                 node);
  auto rows = connection.run(
    "insert into leases (node, acquired_at, expires_at) values ($1, now(), "
    "clock_timestamp() + $2 * interval '1 millisecond') "
    "on conflict (node) do nothing returning epoch",
    node, int64_t{period.count()});
  if (rows.empty())
    return fail(errc::conflict, connection.target().label + ": the node "
                                  + to_string(node)
                                  + " has the store open already");
  return rows[0].integer(0);
}

postgres_lease::postgres_lease(const postgres_target& target,
                               std::shared_ptr<postgres_watchdog> watchdog,
                               std::unique_ptr<postgres_connection> connection,
                               node_id node, int64_t epoch,
                               std::chrono::milliseconds period)
  : target_(target),
    watchdog_(std::move(watchdog)),
    node_(node),
    period_(period),
    epoch_(epoch),
    connection_(std::move(connection)),
    thread_([this] { run(); }) {
}

postgres_lease::~postgres_lease() {
  {
    auto guard = std::lock_guard{stop_mutex_};
    stopping_ = true;
  }
  stop_changed_.notify_one();
  thread_.join();
  if (!connection_ || connection_->is_broken())
    return;
  try {
    connection_->begin_call();
    connection_->run("delete from leases where node = $1 and epoch = $2", node_,
                     epoch_);
  } catch (const postgres_failure&) {
    // The lease expires by itself.
  }
}

postgres_fence postgres_lease::fence() const {
  auto guard = std::lock_guard{state_mutex_};
  return {node_, epoch_};
}

result<void> postgres_lease::check(const execution_batch& batch) const {
  auto guard = std::lock_guard{state_mutex_};
  if (!interrupted_until_)
    return {};
  auto is_closed = [this](const execution_record& x) {
    return x.node == node_ && x.executed_at < *interrupted_until_;
  };
  if (std::ranges::none_of(batch.finished, is_closed)
      && std::ranges::none_of(batch.live, is_closed))
    return {};
  return fail(errc::interrupted,
              "The node gave no sign of life for "
                + std::to_string(period_.count())
                + " ms, and its executions were closed as interrupted");
}

result<void> postgres_lease::renew() {
  auto guard = std::lock_guard{mutex_};
  try {
    if (connection_ && connection_->is_broken())
      connection_.reset();
    if (!connection_)
      connection_ = std::make_unique<postgres_connection>(
        target_, access::read_write, watchdog_);
    connection_->begin_call();
    return renew_over(*connection_);
  } catch (const postgres_failure& x) {
    return fail(x.reason());
  }
}

result<void> postgres_lease::renew_over(postgres_connection& connection) {
  auto renewed
    = connection.run("update leases set expires_at = "
                     "clock_timestamp() + $3 * interval '1 millisecond' "
                     "where node = $1 and epoch = $2",
                     node_, fence().epoch, int64_t{period_.count()});
  if (renewed.changes() > 0)
    return {};
  return take_new(connection);
}

result<void> postgres_lease::take_new(postgres_connection& connection) {
  // The node has no lease here, so its batches are refused and no new work can
  // be added to what this closes.
  if (auto closed = close_node(connection, node_); !closed)
    return fail(std::move(closed.error()));
  connection.begin_call();
  auto epoch = postgres_in_transaction(
    connection, [&] { return insert(connection, node_, period_); });
  if (!epoch)
    return fail(std::move(epoch.error()));
  auto guard = std::lock_guard{state_mutex_};
  epoch_ = *epoch;
  interrupted_until_ = now();
  return {};
}

void postgres_lease::run() {
  // After a failure the thread tries again soon, because the lease might expire
  // before the next regular renewal.
  auto regular = period_ / 3;
  auto soon = std::min(regular, std::max(period_ / 15, decltype(period_){1}));
  auto wait = regular;
  auto guard = std::unique_lock{stop_mutex_};
  while (!stop_changed_.wait_for(guard, wait, [this] { return stopping_; })) {
    guard.unlock();
    wait = renew() ? regular : soon;
    guard.lock();
  }
}

} // namespace dspex
