#include "core/lifecycle.hpp"
#include "persistence/row_check.hpp"
#include "persistence/row_logic.hpp"
#include "persistence/sqlite/rows.hpp"
#include "persistence/sqlite/store.hpp"

namespace dspex {

// -- executions that their callers run ----------------------------------------

result<execution_record>
sqlite_store::insert_execution(const execution_record& x) {
  if (auto ok = check_made_by_hand(x); !ok)
    return fail(std::move(ok.error()));
  return in_transaction([&]() -> result<execution_record> {
    if (auto existing = find_execution(x.id)) {
      if (*existing == x)
        return x;
      return fail(used_execution_id(x.id));
    }
    auto program = find_program(x.program_id);
    if (!program)
      return fail(no_program(x.program_id));
    if (auto ok = check_new_execution(program->status); !ok)
      return fail(std::move(ok.error()));
    put_live({x});
    return x;
  });
}

result<execution_record> sqlite_store::step_execution(execution_id id,
                                                      const execution_step& x) {
  return in_transaction([&]() -> result<execution_record> {
    auto changed = find_execution(id);
    if (!changed)
      return fail(no_execution(id));
    if (auto ok = apply_step(*changed, x, now()); !ok)
      return fail(std::move(ok.error()));
    auto ends = is_terminal(changed->status);
    if (auto ok = ends ? check_finished(*changed) : check_live(*changed); !ok)
      return fail(std::move(ok.error()));
    if (ends)
      insert_finished({*changed});
    else
      put_live({*changed});
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
    if (!finds("select 1 from programs where id = ?", mine.program_id))
      return fail(no_program(mine.program_id));
    if (auto owner = find_owner(x))
      return std::move(*owner);
    if (finds("select 1 from all_executions where id = ?", mine.id))
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
    put_live({mine});
    return idempotency_owner{mine.id, x.inputs_hash};
  });
}

std::optional<idempotency_owner>
sqlite_store::find_owner(const idempotency_claim& x) {
  auto found = connection_.query(
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
    = connection_.query("select error_code from all_executions where id = ?");
  if (!end.bind(owner.execution).next() || frees_key(end.code(0)))
    return std::nullopt;
  return owner;
}

} // namespace dspex
