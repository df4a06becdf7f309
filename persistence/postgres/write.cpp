#include "persistence/postgres/write.hpp"

#include <map>
#include <set>

#include "persistence/postgres/rows.hpp"
#include "persistence/row_logic.hpp"

namespace dspex {

namespace {

// The columns of executions as arrays, in the order of the function.
class execution_arrays {
public:
  void add(const execution_record& x) {
    id_.add(x.id);
    program_id_.add(x.program_id);
    node_.add(x.node);
    executed_at_.add(x.executed_at);
    started_at_.add(x.started_at);
    finished_at_.add(x.finished_at);
    inserted_at_.add(x.inserted_at);
    updated_at_.add(x.updated_at);
    duration_us_.add(x.duration_us);
    attempt_.add(x.attempt);
    status_.add(to_string(x.status));
    error_code_.add(x.error_code);
    error_message_.add(x.error_message);
    inputs_.add(x.inputs);
    outputs_.add(x.outputs);
    metadata_.add(x.metadata);
  }

  void finish(std::vector<std::string>& out) {
    for (auto* x : {&id_, &program_id_, &node_, &executed_at_, &started_at_,
                    &finished_at_, &inserted_at_, &updated_at_, &duration_us_,
                    &attempt_, &status_, &error_code_, &error_message_,
                    &inputs_, &outputs_, &metadata_})
      out.push_back(x->finish());
  }

private:
  using type = postgres_type;

  postgres_array id_{type::uuid};
  postgres_array program_id_{type::uuid};
  postgres_array node_{type::uuid};
  postgres_array executed_at_{type::timestamptz};
  postgres_array started_at_{type::timestamptz};
  postgres_array finished_at_{type::timestamptz};
  postgres_array inserted_at_{type::timestamptz};
  postgres_array updated_at_{type::timestamptz};
  postgres_array duration_us_{type::bigint};
  postgres_array attempt_{type::integer};
  postgres_array status_{type::text};
  postgres_array error_code_{type::text};
  postgres_array error_message_{type::text};
  postgres_array inputs_{type::json_text};
  postgres_array outputs_{type::json_text};
  postgres_array metadata_{type::json_text};
};

// What finished rows add to their programs, as arrays in the order of the
// function.
void add_deltas(const std::vector<execution_record>& finished,
                std::vector<std::string>& out) {
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
  for (auto* x : {&id, &completed, &failed, &duration_us, &last_executed_at,
                  &bucket_of, &bucket, &count})
    out.push_back(x->finish());
}

std::string call_of(const char* function, int parameters) {
  auto out = std::string{"select "} + function + "(";
  for (auto i = 1; i <= parameters; ++i)
    out += (i == 1 ? "$" : ", $") + std::to_string(i);
  return out + ")";
}

// The last state of each live execution.
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

// Moves those rows out of a batch that are finished already, or that it has
// twice.
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

// The first row whose program does not exist.
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
  static const auto sql = call_of("write_executions", 28);
  auto rows = execution_arrays{};
  for (auto& x : batch.finished)
    rows.add(x);
  for (auto& [id, x] : last_states(batch.live))
    rows.add(*x);
  auto writer
    = static_cast<int64_t>(std::hash<node_id>{}(fence.node) + batch.lane);
  auto parameters = std::vector<std::string>{
    as_binary(writer), as_binary(fence.node.value), as_binary(fence.epoch)};
  rows.finish(parameters);
  parameters.push_back(as_binary(!batch.live.empty()));
  add_deltas(batch.finished, parameters);
  connection.run_binary(sql, parameters);
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
  static const auto insert = postgres_insert("live_executions",
                                             postgres_execution_columns);
  if (fence.epoch > 0) {
    auto lease = connection.run(
      "select 1 from leases where node = $1 and epoch = $2 for key share",
      fence.node, fence.epoch);
    if (lease.empty())
      throw postgres_failure{
        error{errc::interrupted, "the lease of the node has ended"}, "DX001",
        false};
  }
  connection.run_with(insert, row_of(x));
}

} // namespace dspex
