#include "persistence/row_logic.hpp"
#include "persistence/sqlite/list.hpp"
#include "persistence/sqlite/store.hpp"

namespace dspex {

std::optional<execution_record> sqlite_store::find_execution(execution_id id) {
  static const auto sql = select_from(execution_columns, "all_executions")
                          + "where id = ?";
  auto query = connection_.query(sql);
  query.bind(id);
  if (!query.next())
    return std::nullopt;
  return read_execution(query);
}

result<execution_record> sqlite_store::get_execution(execution_id id) {
  return guarded(connection_.file(), [&]() -> result<execution_record> {
    if (auto x = find_execution(id))
      return std::move(*x);
    return fail(no_execution(id));
  });
}

result<page<execution_record>>
sqlite_store::list_executions(const execution_filter& filter,
                              const page_request& where) {
  auto bounds = read_page_request(where);
  if (!bounds)
    return fail(std::move(bounds.error()));
  auto has_code = filter.error_code.value_or(errc::none) != errc::none;
  auto status = filter.status;
  if (has_code && !status)
    status = execution_status::failed;
  auto table = std::string_view{"all_executions"};
  if (status)
    table = is_terminal(*status) ? "executions" : "live_executions";
  auto list = list_query{select_from(execution_columns, table)};
  if (filter.program)
    list.require("program_id = ?", filter.program->value);
  // The word itself, so that the indexes of failed executions are seen to fit.
  if (status)
    list.require("status = '" + std::string{to_string(*status)} + "'");
  if (has_code)
    list.require("error_code = ?", std::string{to_string(*filter.error_code)});
  else if (filter.error_code)
    list.require("error_code is null");
  if (filter.since)
    list.require("executed_at >= ?",
                 int64_t{filter.since->time_since_epoch().count()});
  // Without its index, which would read everything older and sort it.
  if (filter.until)
    list.require("+executed_at < ?",
                 int64_t{filter.until->time_since_epoch().count()});
  return guarded(connection_.file(), [&]() -> result<page<execution_record>> {
    return list.run<execution_record>(connection_, "id", *bounds,
                                      read_execution);
  });
}

result<program_statistics> sqlite_store::get_statistics(program_id id) {
  return guarded(connection_.file(), [&]() -> result<program_statistics> {
    auto snapshot = sqlite_transaction{connection_,
                                       sqlite_transaction::kind::read};
    auto program = find_program(id);
    if (!program)
      return fail(no_program(id));
    auto durations = histogram{};
    auto buckets = connection_.query(
      "select bucket, count from program_durations where program_id = ?");
    buckets.bind(id);
    while (buckets.next())
      durations.add_bucket(static_cast<uint32_t>(buckets.integer(0)),
                           buckets.count(1));
    auto live = connection_.query(
      "select count(*) from live_executions where program_id = ?");
    live.bind(id);
    auto in_progress = live.next() ? live.count(0) : 0;
    return make_statistics(*program, durations, in_progress);
  });
}

} // namespace dspex
