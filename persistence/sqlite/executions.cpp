#include "core/lifecycle.hpp"
#include "persistence/row_check.hpp"
#include "persistence/row_logic.hpp"
#include "persistence/sqlite/list.hpp"
#include "persistence/sqlite/programs.hpp"
#include "persistence/sqlite/store.hpp"
#include "persistence/sqlite/write.hpp"

namespace dspex {

namespace {

std::optional<execution_record> find_execution(sqlite_connection& connection,
                                               execution_id id) {
  static const auto sql = select_from<execution_record>("all_executions")
                          + "where id = ?";
  return find_row<execution_record>(connection, sql, id);
}

std::optional<idempotency_owner> find_owner(sqlite_connection& connection,
                                            const idempotency_claim& x) {
  auto found = connection.query(
    "select execution_id, inputs_hash, claimed_at from idempotency_keys "
    "where program_id = ? and key = ?");
  if (!found.bind(x.execution.program_id).bind(x.key).next())
    return std::nullopt;
  auto owner = idempotency_owner{{found.id(0)}, found.text(1)};
  if (owner.execution == x.execution.id)
    return owner;
  if (found.time(2) <= x.execution.executed_at - idempotency_period)
    return std::nullopt;
  auto end
    = connection.query("select error_code from all_executions where id = ?");
  if (!end.bind(owner.execution).next() || frees_key(end.code(0)))
    return std::nullopt;
  return owner;
}

} // namespace

// -- reading ------------------------------------------------------------------

result<execution_record> sqlite_store::get_execution(execution_id id) {
  return sqlite_guarded(connection_.file(), [&]() -> result<execution_record> {
    if (auto x = find_execution(connection_, id))
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
  auto list = sqlite_list{select_from<execution_record>(table)};
  if (filter.program)
    list.require("program_id = ?", filter.program->value);
  // The condition has the word itself and no parameter, so that the planner
  // sees that the indexes of failed executions fit.
  if (status)
    list.require("status = '" + std::string{to_string(*status)} + "'");
  if (has_code)
    list.require("error_code = ?", std::string{to_string(*filter.error_code)});
  else if (filter.error_code)
    list.require("error_code is null");
  if (filter.since)
    list.require("executed_at >= ?",
                 int64_t{filter.since->time_since_epoch().count()});
  // The `+` keeps SQLite from the index of times, with which it would read
  // every older row and sort the rows.
  if (filter.until)
    list.require("+executed_at < ?",
                 int64_t{filter.until->time_since_epoch().count()});
  return sqlite_guarded(
    connection_.file(), [&]() -> result<page<execution_record>> {
      return list.run<execution_record>(connection_, "id", *bounds);
    });
}

result<program_statistics> sqlite_store::get_statistics(program_id id) {
  return sqlite_guarded(
    connection_.file(), [&]() -> result<program_statistics> {
      auto snapshot = sqlite_transaction{connection_,
                                         sqlite_transaction::kind::read};
      auto program = find_program(connection_, id);
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

// -- executions that their callers run ----------------------------------------

result<execution_record>
sqlite_store::insert_execution(const execution_record& x) {
  if (auto ok = check_made_by_hand(x); !ok)
    return fail(std::move(ok.error()));
  return in_transaction([&]() -> result<execution_record> {
    if (auto existing = find_execution(connection_, x.id)) {
      if (*existing == x)
        return x;
      return fail(used_execution_id(x.id));
    }
    auto program = find_program(connection_, x.program_id);
    if (!program)
      return fail(no_program(x.program_id));
    if (auto ok = check_new_execution(program->status); !ok)
      return fail(std::move(ok.error()));
    put_live(connection_, {x});
    return x;
  });
}

result<execution_record> sqlite_store::step_execution(execution_id id,
                                                      const execution_step& x) {
  return in_transaction([&]() -> result<execution_record> {
    auto changed = find_execution(connection_, id);
    if (!changed)
      return fail(no_execution(id));
    if (auto ok = apply_step(*changed, x, now()); !ok)
      return fail(std::move(ok.error()));
    auto ends = is_terminal(changed->status);
    if (auto ok = ends ? check_finished(*changed) : check_live(*changed); !ok)
      return fail(std::move(ok.error()));
    if (ends)
      insert_finished(connection_, {*changed});
    else
      put_live(connection_, {*changed});
    return std::move(*changed);
  });
}

// -- idempotency keys ---------------------------------------------------------

result<idempotency_owner>
sqlite_store::claim_idempotency_key(const idempotency_claim& x) {
  if (auto ok = check_claim(x); !ok)
    return fail(std::move(ok.error()));
  return in_transaction([&]() -> result<idempotency_owner> {
    auto& mine = x.execution;
    if (!finds(connection_, "select 1 from programs where id = ?",
               mine.program_id))
      return fail(no_program(mine.program_id));
    if (auto owner = find_owner(connection_, x))
      return std::move(*owner);
    if (finds(connection_, "select 1 from all_executions where id = ?",
              mine.id))
      return fail(used_execution_id(mine.id));
    connection_
      .query("insert or replace into idempotency_keys (program_id, key, "
             "execution_id, inputs_hash, claimed_at) values (?, ?, ?, ?, ?)")
      .bind(mine.program_id)
      .bind(x.key)
      .bind(mine.id)
      .bind(x.inputs_hash)
      .bind(mine.executed_at)
      .run();
    put_live(connection_, {mine});
    return idempotency_owner{mine.id, x.inputs_hash};
  });
}

} // namespace dspex
