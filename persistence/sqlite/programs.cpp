#include "persistence/sqlite/programs.hpp"

#include <array>

#include "persistence/row_check.hpp"
#include "persistence/row_logic.hpp"
#include "persistence/sqlite/list.hpp"
#include "persistence/sqlite/store.hpp"

namespace dspex {

namespace {

std::optional<program_record> find_ephemeral(sqlite_connection& connection,
                                             const program_record& like) {
  // The first two conditions are those of the index.
  static const auto sql = select_programs()
                          + "where p.ephemeral = 1 and p.status <> 'archived' "
                            "and p.signature_id = ? and p.adapter_type = ? "
                            "and p.configuration = ?";
  return find_row<program_record>(connection, sql, like.signature.id,
                                  like.adapter_type, like.configuration);
}

std::optional<program_record> find_same(sqlite_connection& connection,
                                        const program_record& like) {
  static const auto sql = select_programs()
                          + "where p.name = ? and p.signature_id = ? and "
                            "p.adapter_type = ? and p.configuration = ? and "
                            "p.ephemeral = 0 and p.status not in ('archived', "
                            "'error') order by p.id limit 1";
  return find_row<program_record>(connection, sql, like.name, like.signature.id,
                                  like.adapter_type, like.configuration);
}

result<program_record> add_program(sqlite_connection& connection,
                                   const program_record& x) {
  static const auto find = select_from<signature_record>("signatures")
                           + "where id = ?";
  static const auto insert = insert_into<program_record>("programs",
                                                         sqlite_mark);
  auto sig = find_row<signature_record>(connection, find, x.signature.id);
  if (!sig)
    return fail(no_signature(x.signature.id));
  if (auto ok = check_new_program(sig->status); !ok)
    return fail(std::move(ok.error()));
  auto query = connection.query(insert);
  bind_row(query, x);
  query.run();
  auto out = x;
  out.signature = {sig->id, sig->module, sig->version, sig->status};
  return out;
}

result<program_record> replace_program(sqlite_connection& connection,
                                       program_record x) {
  static const auto update = update_row<program_record>("programs",
                                                        sqlite_mark);
  if (auto ok = check_row(x); !ok)
    return fail(std::move(ok.error()));
  if (x.ephemeral && x.status != program_status::archived)
    if (auto same = find_ephemeral(connection, x); same && same->id != x.id)
      return fail(same_ephemeral(same->id));
  auto query = connection.query(update);
  bind_row(query, x);
  query.run();
  return x;
}

} // namespace

std::optional<program_record> find_program(sqlite_connection& connection,
                                           program_id id) {
  static const auto sql = select_programs() + "where p.id = ?";
  return find_row<program_record>(connection, sql, id);
}

result<program_record> apply_to_program(sqlite_connection& connection,
                                        program_id id,
                                        const program_transition& x) {
  auto program = find_program(connection, id);
  if (!program)
    return fail(no_program(id));
  if (auto ok = apply_transition(*program, x, now()); !ok)
    return fail(std::move(ok.error()));
  return replace_program(connection, std::move(*program));
}

result<program_record> sqlite_store::insert_program(const program_record& x) {
  if (auto ok = check_row(x); !ok)
    return fail(std::move(ok.error()));
  return in_transaction([&]() -> result<program_record> {
    if (auto existing = find_program(connection_, x.id))
      return std::move(*existing);
    if (x.ephemeral)
      if (auto same = find_ephemeral(connection_, x))
        return std::move(*same);
    return add_program(connection_, x);
  });
}

result<program_record>
sqlite_store::find_or_insert_program(const program_record& x) {
  if (auto ok = check_row(x); !ok)
    return fail(std::move(ok.error()));
  return in_transaction([&]() -> result<program_record> {
    if (auto same = find_same(connection_, x))
      return std::move(*same);
    return add_program(connection_, x);
  });
}

result<program_record> sqlite_store::get_program(program_id id) {
  return sqlite_guarded(connection_.file(), [&]() -> result<program_record> {
    if (auto x = find_program(connection_, id))
      return std::move(*x);
    return fail(no_program(id));
  });
}

result<page<program_record>>
sqlite_store::list_programs(const program_filter& filter,
                            const page_request& where) {
  auto bounds = read_page_request(where);
  if (!bounds)
    return fail(std::move(bounds.error()));
  auto list = sqlite_list{select_programs()};
  if (filter.name)
    list.require("p.name = ?", *filter.name);
  if (filter.signature)
    list.require("p.signature_id = ?", filter.signature->value);
  if (filter.adapter_type)
    list.require("p.adapter_type = ?", *filter.adapter_type);
  if (filter.status)
    list.require("p.status = ?", std::string{to_string(*filter.status)});
  if (!filter.include_ephemeral)
    list.require("p.ephemeral = 0");
  return sqlite_guarded(
    connection_.file(), [&]() -> result<page<program_record>> {
      return list.run<program_record>(connection_, "p.id", *bounds);
    });
}

result<program_record>
sqlite_store::transition_program(program_id id, const program_transition& x) {
  return in_transaction([&] { return apply_to_program(connection_, id, x); });
}

result<program_record> sqlite_store::update_program(program_id id,
                                                    const program_update& x) {
  return in_transaction([&]() -> result<program_record> {
    auto program = find_program(connection_, id);
    if (!program)
      return fail(no_program(id));
    if (auto ok = apply_update(*program, x, now()); !ok)
      return fail(std::move(ok.error()));
    return replace_program(connection_, std::move(*program));
  });
}

result<void> sqlite_store::destroy_program(program_id id, bool cascade) {
  static constexpr auto removals = std::array{
    "delete from idempotency_keys where program_id = ?",
    "delete from live_executions where program_id = ?",
    "delete from executions where program_id = ?",
    "delete from program_durations where program_id = ?",
    "delete from programs where id = ?",
  };
  return in_transaction([&]() -> result<void> {
    auto program = find_program(connection_, id);
    if (!program)
      return fail(no_program(id));
    if (auto ok = check_destroy(program->status); !ok)
      return ok;
    if (finds(connection_,
              "select 1 from live_executions where program_id = ? "
              "and node <> ? limit 1",
              id, node_id{}))
      return fail(program_drains());
    if (!cascade
        && finds(connection_,
                 "select 1 from all_executions where program_id = ? limit 1",
                 id))
      return fail(program_has_executions());
    for (auto sql : removals)
      connection_.query(sql).bind(id).run();
    return {};
  });
}

} // namespace dspex
