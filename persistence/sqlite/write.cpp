#include "persistence/sqlite/write.hpp"

#include <map>
#include <set>

#include "persistence/row_check.hpp"
#include "persistence/row_logic.hpp"
#include "persistence/sqlite/rows.hpp"
#include "persistence/sqlite/store.hpp"

namespace dspex {

namespace {

result<void> require_programs(sqlite_connection& connection,
                              const execution_batch& batch) {
  auto seen = std::set<program_id>{};
  for (auto* rows : {&batch.finished, &batch.live}) {
    for (auto& x : *rows) {
      if (!seen.insert(x.program_id).second)
        continue;
      if (!finds(connection, "select 1 from programs where id = ?",
                 x.program_id))
        return fail(unknown_program(x));
    }
  }
  return {};
}

} // namespace

batch_result insert_finished(sqlite_connection& connection,
                             const std::vector<execution_record>& rows) {
  static const auto sql = insert_into<execution_record>("executions",
                                                        sqlite_mark)
                          + "on conflict (id) do nothing";
  auto out = batch_result{};
  auto deltas = std::map<program_id, program_delta>{};
  {
    auto insert = connection.query(sql);
    auto remove = connection.query("delete from live_executions where id = ?");
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
  auto count_row = connection.query(
    "update programs set completed_count = completed_count + ?, "
    "failed_count = failed_count + ?, duration_us_sum = ?, "
    "last_executed_at = max(coalesce(last_executed_at, ?), ?) where id = ?");
  auto count_duration = connection.query(
    "insert into program_durations (program_id, bucket, count) "
    "values (?, ?, ?) on conflict (program_id, bucket) "
    "do update set count = count + excluded.count");
  for (auto& [id, delta] : deltas) {
    auto sum
      = connection.query("select duration_us_sum from programs where id = ?");
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

void put_live(sqlite_connection& connection,
              const std::vector<execution_record>& rows) {
  static const auto sql = insert_into<execution_record>(
    "live_executions", sqlite_mark, "insert or replace");
  if (rows.empty())
    return;
  auto put = connection.query(sql);
  for (auto& x : rows) {
    if (finds(connection, "select 1 from executions where id = ?", x.id))
      continue;
    bind_row(put, x);
    put.run();
  }
}

result<batch_result> write_rows(sqlite_connection& connection,
                                const execution_batch& batch) {
  if (auto ok = require_programs(connection, batch); !ok)
    return fail(std::move(ok.error()));
  auto out = insert_finished(connection, batch.finished);
  put_live(connection, batch.live);
  return out;
}

result<batch_result> sqlite_store::write(const execution_batch& batch) {
  if (auto ok = check_batch(batch); !ok)
    return fail(std::move(ok.error()));
  return in_transaction([&] { return write_rows(connection_, batch); });
}

} // namespace dspex
