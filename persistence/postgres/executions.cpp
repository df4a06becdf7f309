#include <charconv>

#include "core/lifecycle.hpp"
#include "persistence/postgres/list.hpp"
#include "persistence/postgres/store.hpp"
#include "persistence/postgres/write.hpp"
#include "persistence/row_check.hpp"
#include "persistence/row_logic.hpp"

namespace dspex {

namespace {

std::optional<execution_record> find_in(postgres_connection& connection,
                                        std::string_view table, execution_id id,
                                        std::string_view lock = "") {
  auto rows = connection.run(select_from<execution_record>(table)
                               + "where id = $1" + std::string{lock},
                             id);
  if (rows.empty())
    return std::nullopt;
  return read_row<execution_record>(rows[0]);
}

// Reads an execution and locks it, if it is live, against others that change
// it.
std::optional<execution_record> lock_execution(postgres_connection& connection,
                                               execution_id id) {
  // The end of an execution moves it from the first table to the second, so
  // this order finds it in one of them.
  if (auto live = find_in(connection, "live_executions", id, " for update"))
    return live;
  return find_in(connection, "executions", id);
}

// Reads `BUCKET COUNT BUCKET COUNT ...`.
histogram read_durations(const postgres_row& row, int column) {
  auto out = histogram{};
  auto rest = row.view(column);
  auto next_number = [&] {
    uint64_t x = 0;
    auto [end, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), x);
    if (ec != std::errc{})
      row.refuse(column, "is no list of numbers");
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    rest.remove_prefix(rest.starts_with(' ') ? 1 : 0);
    return x;
  };
  while (!rest.empty()) {
    auto bucket = next_number();
    out.add_bucket(static_cast<uint32_t>(bucket), next_number());
  }
  return out;
}

std::optional<idempotency_owner> find_owner(postgres_connection& connection,
                                            const idempotency_claim& x) {
  auto found = connection.run(
    "select execution_id, inputs_hash, claimed_at from idempotency_keys "
    "where program_id = $1 and key = $2 for update",
    x.execution.program_id, x.key);
  if (found.empty())
    return std::nullopt;
  auto owner = idempotency_owner{{found[0].id(0)}, found[0].text(1)};
  if (owner.execution == x.execution.id)
    return owner;
  if (found[0].time(2) <= x.execution.executed_at - idempotency_period)
    return std::nullopt;
  auto end = connection.run(
    "select error_code from all_executions where id = $1", owner.execution);
  if (end.empty() || frees_key(end[0].code(0)))
    return std::nullopt;
  return owner;
}

} // namespace

// -- reading ------------------------------------------------------------------

result<execution_record> postgres_store::get_execution(execution_id id) {
  return with_connection(
    [&](postgres_connection& connection) -> result<execution_record> {
      if (auto x = find_in(connection, "all_executions", id))
        return std::move(*x);
      return fail(no_execution(id));
    });
}

result<page<execution_record>>
postgres_store::list_executions(const execution_filter& filter,
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
  auto list = postgres_list{select_from<execution_record>(table)};
  if (filter.program)
    list.within("program_id", filter.program->value);
  // The condition has the word itself and no parameter, so that the planner
  // sees that the indexes of failed executions fit.
  if (status)
    list.require("status = '" + std::string{to_string(*status)} + "'");
  if (has_code)
    list.require("error_code =", to_string(*filter.error_code));
  else if (filter.error_code)
    list.require("error_code is null");
  if (filter.since)
    list.require("executed_at >=", *filter.since);
  if (filter.until)
    list.require("executed_at <", *filter.until);
  return with_connection([&](postgres_connection& connection) {
    return result<page<execution_record>>{
      list.run<execution_record>(connection, "id", *bounds)};
  });
}

// One statement reads all of it, so that the numbers are of one moment.
result<program_statistics> postgres_store::get_statistics(program_id id) {
  static const auto sql
    = select_programs(
        {"(select count(*) from live_executions l where l.program_id = p.id)",
         "(select coalesce(string_agg(d.bucket || ' ' || d.count, ' '), '') "
         "from program_durations d where d.program_id = p.id)"})
      + "where p.id = $1";
  static const auto live = row_width<program_record>();
  return with_connection(
    [&](postgres_connection& connection) -> result<program_statistics> {
      auto rows = connection.run(sql, id);
      if (rows.empty())
        return fail(no_program(id));
      return make_statistics(read_row<program_record>(rows[0]),
                             read_durations(rows[0], live + 1),
                             rows[0].count(live));
    });
}

// -- executions that their callers run ----------------------------------------

result<execution_record>
postgres_store::insert_execution(const execution_record& x) {
  if (auto ok = check_made_by_hand(x); !ok)
    return fail(std::move(ok.error()));
  return in_transaction(
    [&](postgres_connection& connection) -> result<execution_record> {
      if (auto existing = find_in(connection, "all_executions", x.id)) {
        if (*existing == x)
          return x;
        return fail(used_execution_id(x.id));
      }
      // The lock keeps the state of the program until the execution is
      // inserted.
      auto program = connection.run(
        "select status from programs where id = $1 for share", x.program_id);
      if (program.empty())
        return fail(no_program(x.program_id));
      auto status = program_status_from_string(program[0].view(0));
      if (!status)
        program[0].refuse(0, "holds an unknown word");
      if (auto ok = check_new_execution(*status); !ok)
        return fail(std::move(ok.error()));
      insert_live(connection, {}, x);
      return x;
    });
}

result<execution_record>
postgres_store::step_execution(execution_id id, const execution_step& x) {
  return in_transaction(
    [&](postgres_connection& connection) -> result<execution_record> {
      auto changed = lock_execution(connection, id);
      if (!changed)
        return fail(no_execution(id));
      if (auto ok = apply_step(*changed, x, now()); !ok)
        return fail(std::move(ok.error()));
      auto ends = is_terminal(changed->status);
      auto ok = ends ? check_finished(*changed) : check_live(*changed);
      if (!ok)
        return fail(std::move(ok.error()));
      auto batch = execution_batch{};
      (ends ? batch.finished : batch.live).push_back(*changed);
      send_batch(connection, {changed->node}, batch);
      return std::move(*changed);
    });
}

// -- idempotency keys ---------------------------------------------------------

result<idempotency_owner>
postgres_store::claim_idempotency_key(const idempotency_claim& x) {
  if (auto ok = check_claim(x); !ok)
    return fail(std::move(ok.error()));
  if (mode_ == access::read_only)
    return fail(opened_read_only());
  auto& mine = x.execution;
  auto claim
    = [&](postgres_connection& connection) -> result<idempotency_owner> {
    auto program = connection.run("select 1 from programs where id = $1",
                                  mine.program_id);
    if (program.empty())
      return fail(no_program(mine.program_id));
    // If several claims come at once, one inserts the key and the others wait
    // for its transaction.
    auto inserted = connection.run(
      "insert into idempotency_keys (program_id, key, execution_id, "
      "inputs_hash, claimed_at) values ($1, $2, $3, $4, $5) "
      "on conflict (program_id, key) do nothing",
      mine.program_id, x.key, mine.id, x.inputs_hash, mine.executed_at);
    if (inserted.changes() == 0)
      if (auto owner = find_owner(connection, x))
        return std::move(*owner);
    if (find_in(connection, "all_executions", mine.id))
      return fail(used_execution_id(mine.id));
    connection.run(
      "update idempotency_keys set execution_id = $3, inputs_hash = $4, "
      "claimed_at = $5 where program_id = $1 and key = $2",
      mine.program_id, x.key, mine.id, x.inputs_hash, mine.executed_at);
    insert_live(connection, life_->fence(), mine);
    return idempotency_owner{mine.id, x.inputs_hash};
  };
  auto out = in_transaction(claim);
  if (out || out.error().code != errc::interrupted)
    return out;
  // The execution of the claim is new, so a new lease is enough for it.
  if (auto ok = life_->renew(); !ok)
    return fail(std::move(ok.error()));
  return in_transaction(claim);
}

} // namespace dspex
