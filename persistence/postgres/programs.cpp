#include "persistence/postgres/programs.hpp"

#include <array>

#include "persistence/postgres/list.hpp"
#include "persistence/postgres/store.hpp"
#include "persistence/row_check.hpp"
#include "persistence/row_logic.hpp"

namespace dspex {

namespace {

std::optional<program_record> first_program(const postgres_rows& rows) {
  if (rows.empty())
    return std::nullopt;
  return read_row<program_record>(rows[0]);
}

std::optional<program_record> find_program(postgres_connection& connection,
                                           program_id id) {
  static const auto sql = select_programs() + "where p.id = $1";
  return first_program(connection.run(sql, id));
}

std::optional<program_record> find_ephemeral(postgres_connection& connection,
                                             const program_record& like) {
  // The index has the hash of the text; the last condition compares the text
  // itself.
  static const auto sql = select_programs()
                          + "where p.ephemeral and p.status <> 'archived' "
                            "and p.signature_id = $1 and p.adapter_type = $2 "
                            "and md5(p.configuration::text) = md5($3) "
                            "and p.configuration::text = $3";
  return first_program(connection.run(sql, like.signature.id, like.adapter_type,
                                      like.configuration));
}

std::optional<program_record> find_same(postgres_connection& connection,
                                        const program_record& like) {
  static const auto sql = select_programs()
                          + "where p.name = $1 and p.signature_id = $2 "
                            "and p.adapter_type = $3 "
                            "and p.configuration::text = $4 "
                            "and not p.ephemeral "
                            "and p.status not in ('archived', 'error') "
                            "order by p.id limit 1";
  return first_program(connection.run(sql, like.name, like.signature.id,
                                      like.adapter_type, like.configuration));
}

// Reads a signature and locks its row.
// @param lock makes others that want the same lock wait, and keeps the
// signature
//        from being deprecated or destroyed.
result<signature_summary> lock_signature(postgres_connection& connection,
                                         signature_id id, const char* lock) {
  static const auto sql = select_from<signature_record>("signatures")
                          + "where id = $1 for ";
  auto rows = connection.run(sql + lock, id);
  if (rows.empty())
    return fail(no_signature(id));
  auto x = read_row<signature_record>(rows[0]);
  return signature_summary{x.id, x.module, x.version, x.status};
}

result<program_record> add_program(postgres_connection& connection,
                                   const program_record& x,
                                   const signature_summary& signature) {
  static const auto insert = insert_into<program_record>("programs",
                                                         postgres_mark);
  if (auto ok = check_new_program(signature.status); !ok)
    return fail(std::move(ok.error()));
  connection.run_with(insert, bind_row(x));
  auto out = x;
  out.signature = signature;
  return out;
}

} // namespace

std::optional<program_record> lock_program(postgres_connection& connection,
                                           program_id id) {
  static const auto sql = select_programs()
                          + "where p.id = $1 for no key update of p";
  return first_program(connection.run(sql, id));
}

result<program_record> replace_program(postgres_connection& connection,
                                       program_record x) {
  static const auto update = update_row<program_record>("programs",
                                                        postgres_mark);
  if (auto ok = check_row(x); !ok)
    return fail(std::move(ok.error()));
  if (x.ephemeral && x.status != program_status::archived)
    if (auto same = find_ephemeral(connection, x); same && same->id != x.id)
      return fail(same_ephemeral(same->id));
  connection.run_with(update, bind_row(x));
  return x;
}

result<program_record> postgres_store::insert_program(const program_record& x) {
  if (auto ok = check_row(x); !ok)
    return fail(std::move(ok.error()));
  return in_transaction(
    [&](postgres_connection& connection) -> result<program_record> {
      if (auto existing = find_program(connection, x.id))
        return std::move(*existing);
      if (x.ephemeral)
        if (auto same = find_ephemeral(connection, x))
          return std::move(*same);
      auto signature = lock_signature(connection, x.signature.id, "share");
      if (!signature)
        return fail(std::move(signature.error()));
      return add_program(connection, x, *signature);
    });
}

result<program_record>
postgres_store::find_or_insert_program(const program_record& x) {
  if (auto ok = check_row(x); !ok)
    return fail(std::move(ok.error()));
  return in_transaction(
    [&](postgres_connection& connection) -> result<program_record> {
      // Without the lock, two transactions at once could both find nothing and
      // insert.
      auto signature = lock_signature(connection, x.signature.id,
                                      "no key update");
      if (auto same = find_same(connection, x))
        return std::move(*same);
      if (!signature)
        return fail(std::move(signature.error()));
      return add_program(connection, x, *signature);
    });
}

result<program_record> postgres_store::get_program(program_id id) {
  return with_connection(
    [&](postgres_connection& connection) -> result<program_record> {
      if (auto x = find_program(connection, id))
        return std::move(*x);
      return fail(no_program(id));
    });
}

result<page<program_record>>
postgres_store::list_programs(const program_filter& filter,
                              const page_request& where) {
  auto bounds = read_page_request(where);
  if (!bounds)
    return fail(std::move(bounds.error()));
  auto list = postgres_list{select_programs()};
  if (filter.name)
    list.require("p.name =", *filter.name);
  if (filter.signature)
    list.require("p.signature_id =", *filter.signature);
  if (filter.adapter_type)
    list.require("p.adapter_type =", *filter.adapter_type);
  if (filter.status)
    list.require("p.status =", to_string(*filter.status));
  if (!filter.include_ephemeral)
    list.require("not p.ephemeral");
  return with_connection([&](postgres_connection& connection) {
    return result<page<program_record>>{
      list.run<program_record>(connection, "p.id", *bounds)};
  });
}

result<program_record>
postgres_store::transition_program(program_id id, const program_transition& x) {
  return in_transaction(
    [&](postgres_connection& connection) -> result<program_record> {
      auto program = lock_program(connection, id);
      if (!program)
        return fail(no_program(id));
      if (auto ok = apply_transition(*program, x, now()); !ok)
        return fail(std::move(ok.error()));
      return replace_program(connection, std::move(*program));
    });
}

result<program_record> postgres_store::update_program(program_id id,
                                                      const program_update& x) {
  return in_transaction(
    [&](postgres_connection& connection) -> result<program_record> {
      auto program = lock_program(connection, id);
      if (!program)
        return fail(no_program(id));
      if (auto ok = apply_update(*program, x, now()); !ok)
        return fail(std::move(ok.error()));
      return replace_program(connection, std::move(*program));
    });
}

result<void> postgres_store::destroy_program(program_id id, bool cascade) {
  static constexpr auto removals = std::array{
    "delete from idempotency_keys where program_id = $1",
    "delete from live_executions where program_id = $1",
    "delete from executions where program_id = $1",
    "delete from program_durations where program_id = $1",
    "delete from programs where id = $1",
  };
  return in_transaction([&](postgres_connection& connection) -> result<void> {
    // This lock keeps others from inserting an execution of the program.
    connection.run("select 1 from programs where id = $1 for update", id);
    auto program = find_program(connection, id);
    if (!program)
      return fail(no_program(id));
    if (auto ok = check_destroy(program->status); !ok)
      return ok;
    auto finds = [&](const char* sql) {
      return !connection.run(sql, id).empty();
    };
    if (finds("select 1 from live_executions where program_id = $1 and "
              "node <> '00000000-0000-0000-0000-000000000000' limit 1"))
      return fail(program_drains());
    if (!cascade
        && finds("select 1 from all_executions where program_id = $1 limit 1"))
      return fail(program_has_executions());
    for (auto sql : removals)
      connection.run(sql, id);
    return {};
  });
}

} // namespace dspex
