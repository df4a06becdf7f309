#include <map>
#include <set>

#include "persistence/row_check.hpp"
#include "persistence/row_logic.hpp"
#include "persistence/sqlite/rows.hpp"
#include "persistence/sqlite/store.hpp"

namespace dspex {

result<batch_result> sqlite_store::write(const execution_batch& batch) {
  if (auto ok = check_batch(batch); !ok)
    return fail(std::move(ok.error()));
  return in_transaction([&] { return write_rows(batch); });
}

result<batch_result> sqlite_store::write_rows(const execution_batch& batch) {
  if (auto ok = require_programs(batch); !ok)
    return fail(std::move(ok.error()));
  auto out = insert_finished(batch.finished);
  put_live(batch.live);
  return out;
}

result<void> sqlite_store::require_programs(const execution_batch& batch) {
  auto seen = std::set<program_id>{};
  for (auto* rows : {&batch.finished, &batch.live}) {
    for (auto& x : *rows) {
      if (!seen.insert(x.program_id).second)
        continue;
      if (!finds("select 1 from programs where id = ?", x.program_id))
        return fail(unknown_program(x));
    }
  }
  return {};
}

batch_result
sqlite_store::insert_finished(const std::vector<execution_record>& rows) {
  static const auto sql = insert_into("executions", execution_columns,
                                      execution_column_count)
                          + "on conflict (id) do nothing";
  auto out = batch_result{};
  auto deltas = std::map<program_id, program_delta>{};
  {
    auto insert = connection_.query(sql);
    auto remove = connection_.query("delete from live_executions where id = ?");
    for (auto& x : rows) {
      bind_row(insert, x);
      if (insert.run() == 0) {
        out.duplicates.push_back(x.id);
        continue;
      }
      remove.bind(x.id).run();
      deltas[x.program_id].add(x);
    }
  }
  auto count_row = connection_.query(
    "update programs set completed_count = completed_count + ?, "
    "failed_count = failed_count + ?, duration_us_sum = ?, "
    "last_executed_at = max(coalesce(last_executed_at, ?), ?) where id = ?");
  auto count_duration = connection_.query(
    "insert into program_durations (program_id, bucket, count) "
    "values (?, ?, ?) on conflict (program_id, bucket) "
    "do update set count = count + excluded.count");
  for (auto& [id, delta] : deltas) {
    auto sum
      = connection_.query("select duration_us_sum from programs where id = ?");
    sum.bind(id);
    auto before = sum.next() ? sum.count(0) : 0;
    count_row.bind(delta.completed)
      .bind(delta.failed)
      .bind(add_durations(before, delta.duration_us))
      .bind(delta.last_executed_at)
      .bind(delta.last_executed_at)
      .bind(id)
      .run();
    for (auto& [bucket, count] : delta.durations.buckets())
      count_duration.bind(id).bind(int64_t{bucket}).bind(count).run();
  }
  return out;
}

void sqlite_store::put_live(const std::vector<execution_record>& rows) {
  static const auto sql = insert_into("live_executions", execution_columns,
                                      execution_column_count,
                                      "insert or replace");
  if (rows.empty())
    return;
  auto put = connection_.query(sql);
  for (auto& x : rows) {
    if (finds("select 1 from executions where id = ?", x.id))
      continue;
    bind_row(put, x);
    put.run();
  }
}

} // namespace dspex
