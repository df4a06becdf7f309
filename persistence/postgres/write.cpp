#include "persistence/postgres/write.hpp"

#include <map>
#include <set>

#include "persistence/postgres/rows.hpp"
#include "persistence/postgres/store.hpp"
#include "persistence/row_check.hpp"

namespace dspex {

namespace {

// Collects the parameters of a call of `write_executions`, each by its name.
class function_call {
public:
  void add(std::string_view parameter, std::string value) {
    sql_ += values_.empty() ? "select write_executions(p_" : ", p_";
    values_.push_back(std::move(value));
    sql_.append(parameter) += " => $" + std::to_string(values_.size());
  }

  void add(std::string_view parameter, postgres_array& values) {
    add(parameter, values.finish());
  }

  void run(postgres_connection& connection) {
    connection.run_binary(sql_ + ")", values_);
  }

private:
  std::string sql_;
  std::vector<std::string> values_;
};

// Collects executions, one array a column.
class execution_arrays {
public:
  execution_arrays() {
    auto blank = execution_record{};
    for_each_column(blank, [this]<class T>(const char*, const T&) {
      arrays_.emplace_back(column_type<T>);
    });
  }

  void add(const execution_record& x) {
    auto array = arrays_.begin();
    for_each_column(
      x, [&array](const char*, const auto& member) { (array++)->add(member); });
  }

  void finish(function_call& out) {
    auto array = arrays_.begin();
    for (auto& name : column_names<execution_record>())
      out.add(name, *array++);
  }

private:
  std::vector<postgres_array> arrays_;
};

// Adds what finished rows add to their programs.
void add_deltas(const std::vector<execution_record>& finished,
                function_call& out) {
  using type = postgres_type;
  auto deltas = std::map<program_id, program_delta>{};
  for (auto& x : finished)
    deltas[x.program_id].add(x);
  auto id = postgres_array{type::uuid};
  auto completed = postgres_array{type::bigint};
  auto failed = postgres_array{type::bigint};
  auto duration_us = postgres_array{type::bigint};
  auto last_executed_at = postgres_array{type::timestamptz};
  auto bucket_of = postgres_array{type::uuid};
  auto bucket = postgres_array{type::integer};
  auto count = postgres_array{type::bigint};
  for (auto& [program, x] : deltas) {
    id.add(program);
    completed.add(x.completed);
    failed.add(x.failed);
    duration_us.add(x.duration_us);
    last_executed_at.add(x.last_executed_at);
    for (auto& [number, n] : x.durations.buckets()) {
      bucket_of.add(program);
      bucket.add(static_cast<int32_t>(number));
      count.add(n);
    }
  }
  out.add("counted_id", id);
  out.add("completed", completed);
  out.add("failed", failed);
  out.add("duration_us_sum", duration_us);
  out.add("last_executed_at", last_executed_at);
  out.add("bucket_program_id", bucket_of);
  out.add("bucket", bucket);
  out.add("bucket_count", count);
}

// Returns the key of the advisory lock that a node takes for a lane. The last
// eight bytes of an id are random, so that two nodes hardly ever share a key.
int64_t lock_key(node_id node, uint32_t lane) {
  return static_cast<int64_t>(node.value.half(1) + lane);
}

// Returns the last state of each live execution.
std::map<execution_id, const execution_record*>
last_states(const std::vector<execution_record>& live) {
  auto out = std::map<execution_id, const execution_record*>{};
  for (auto& x : live)
    out[x.id] = &x;
  return out;
}

template <class Ids>
postgres_rows find_ids(postgres_connection& connection, const std::string& sql,
                       const Ids& ids) {
  auto list = postgres_array{postgres_type::uuid};
  for (auto& x : ids)
    list.add(x);
  return connection.run_binary(sql, {list.finish()});
}

// Moves the rows out of a batch that are finished already, and those that the
// batch has twice.
void drop_duplicates(postgres_connection& connection, execution_batch& batch,
                     batch_result& out) {
  auto ids = std::set<execution_id>{};
  for (auto& x : batch.finished)
    ids.insert(x.id);
  auto rows = find_ids(connection,
                       "select id from executions where id = any ($1)", ids);
  auto seen = std::set<execution_id>{};
  for (size_t i = 0; i < rows.size(); ++i)
    seen.insert(execution_id{rows[i].id(0)});
  std::erase_if(batch.finished, [&](const execution_record& x) {
    if (seen.insert(x.id).second)
      return false;
    out.duplicates.push_back(x.id);
    return true;
  });
}

// Returns the first row whose program does not exist, or null.
const execution_record* find_orphan(postgres_connection& connection,
                                    const execution_batch& batch) {
  auto programs = std::set<program_id>{};
  for (auto* list : {&batch.finished, &batch.live})
    for (auto& x : *list)
      programs.insert(x.program_id);
  auto rows = find_ids(connection,
                       "select id from programs where id = any ($1)", programs);
  for (size_t i = 0; i < rows.size(); ++i)
    programs.erase(program_id{rows[i].id(0)});
  for (auto* list : {&batch.finished, &batch.live})
    for (auto& x : *list)
      if (programs.contains(x.program_id))
        return &x;
  return nullptr;
}

} // namespace

void send_batch(postgres_connection& connection, const postgres_fence& fence,
                const execution_batch& batch) {
  auto rows = execution_arrays{};
  for (auto& x : batch.finished)
    rows.add(x);
  for (auto& [id, x] : last_states(batch.live))
    rows.add(*x);
  auto call = function_call{};
  call.add("writer", as_binary(lock_key(fence.node, batch.lane)));
  call.add("lease_node", as_binary(fence.node.value));
  call.add("lease_epoch", as_binary(fence.epoch));
  rows.finish(call);
  call.add("has_live", as_binary(!batch.live.empty()));
  add_deltas(batch.finished, call);
  call.run(connection);
}

result<batch_result> write_batch(postgres_connection& connection,
                                 const postgres_fence& fence,
                                 const execution_batch& batch) {
  constexpr auto most_attempts = 5;
  auto out = batch_result{};
  auto rest = std::optional<execution_batch>{};
  for (auto attempt = 1;; ++attempt) {
    try {
      send_batch(connection, fence, rest ? *rest : batch);
      return out;
    } catch (const postgres_failure& x) {
      auto again = x.sqlstate() == "23505" && attempt < most_attempts;
      if (!again && x.sqlstate() != "23503")
        throw;
      if (x.sqlstate() == "23503") {
        if (auto orphan = find_orphan(connection, batch))
          return fail(unknown_program(*orphan));
        throw;
      }
      if (!rest)
        rest = batch;
      drop_duplicates(connection, *rest, out);
    }
  }
}

void insert_live(postgres_connection& connection, const postgres_fence& fence,
                 const execution_record& x) {
  static const auto insert = insert_into<execution_record>("live_executions",
                                                           postgres_mark);
  if (fence.epoch > 0) {
    auto lease = connection.run(
      "select 1 from leases where node = $1 and epoch = $2 for key share",
      fence.node, fence.epoch);
    if (lease.empty())
      throw postgres_failure{
        error{errc::interrupted, "the lease of the node has ended"}, "DX001",
        false};
  }
  connection.run_with(insert, bind_row(x));
}

result<batch_result> postgres_store::write(const execution_batch& batch) {
  if (auto ok = check_batch(batch); !ok)
    return fail(std::move(ok.error()));
  if (mode_ == access::read_only)
    return fail(opened_read_only());
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
  // Under a new lease, only executions that are older than it are refused.
  if (auto ok = life_->renew(); !ok)
    return fail(std::move(ok.error()));
  return send();
}

} // namespace dspex
