#include <array>

#include "persistence/row_check.hpp"
#include "persistence/row_logic.hpp"
#include "persistence/sqlite/list.hpp"
#include "persistence/sqlite/store.hpp"

namespace dspex {

std::optional<program_record> sqlite_store::find_program(program_id id) {
  static const auto sql = std::string{select_program} + "where p.id = ?";
  auto query = connection_.query(sql);
  query.bind(id);
  if (!query.next())
    return std::nullopt;
  return read_program(query);
}

std::optional<program_record>
sqlite_store::find_ephemeral(const program_record& like) {
  // The first two conditions are those of the index.
  static const auto sql = std::string{select_program}
                          + "where p.ephemeral = 1 and p.status <> 'archived' "
                            "and p.signature_id = ? and p.adapter_type = ? "
                            "and p.configuration = ?";
  auto query = connection_.query(sql);
  query.bind(like.signature.id)
    .bind(like.adapter_type)
    .bind(like.configuration);
  if (!query.next())
    return std::nullopt;
  return read_program(query);
}

std::optional<program_record>
sqlite_store::find_same(const program_record& like) {
  static const auto sql = std::string{select_program}
                          + "where p.name = ? and p.signature_id = ? and "
                            "p.adapter_type = ? and p.configuration = ? and "
                            "p.ephemeral = 0 and p.status not in ('archived', "
                            "'error') order by p.id limit 1";
  auto query = connection_.query(sql);
  query.bind(like.name)
    .bind(like.signature.id)
    .bind(like.adapter_type)
    .bind(like.configuration);
  if (!query.next())
    return std::nullopt;
  return read_program(query);
}

result<program_record> sqlite_store::insert_program(const program_record& x) {
  if (auto ok = check_row(x); !ok)
    return fail(std::move(ok.error()));
  return in_transaction([&]() -> result<program_record> {
    if (auto existing = find_program(x.id))
      return std::move(*existing);
    if (x.ephemeral)
      if (auto same = find_ephemeral(x))
        return std::move(*same);
    return add_program(x);
  });
}

result<program_record>
sqlite_store::find_or_insert_program(const program_record& x) {
  if (auto ok = check_row(x); !ok)
    return fail(std::move(ok.error()));
  return in_transaction([&]() -> result<program_record> {
    if (auto same = find_same(x))
      return std::move(*same);
    return add_program(x);
  });
}

result<program_record> sqlite_store::add_program(const program_record& x) {
  static const auto insert = insert_into("programs", program_columns,
                                         program_column_count);
  auto sig = find_signature(x.signature.id);
  if (!sig)
    return fail(no_signature(x.signature.id));
  if (auto ok = check_new_program(sig->status); !ok)
    return fail(std::move(ok.error()));
  auto query = connection_.query(insert);
  bind_row(query, x);
  query.run();
  auto out = x;
  out.signature = {sig->id, sig->module, sig->version, sig->status};
  return out;
}

result<program_record> sqlite_store::get_program(program_id id) {
  return guarded(connection_.file(), [&]() -> result<program_record> {
    if (auto x = find_program(id))
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
  auto list = list_query{std::string{select_program}};
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
  return guarded(connection_.file(), [&]() -> result<page<program_record>> {
    return list.run<program_record>(connection_, "p.id", *bounds, read_program);
  });
}

result<program_record>
sqlite_store::transition_program(program_id id, const program_transition& x) {
  return in_transaction([&] { return apply_to_program(id, x); });
}

result<program_record>
sqlite_store::apply_to_program(program_id id, const program_transition& x) {
  auto program = find_program(id);
  if (!program)
    return fail(no_program(id));
  if (auto ok = apply_transition(*program, x, now()); !ok)
    return fail(std::move(ok.error()));
  return replace_program(std::move(*program));
}

result<program_record> sqlite_store::update_program(program_id id,
                                                    const program_update& x) {
  return in_transaction([&]() -> result<program_record> {
    auto program = find_program(id);
    if (!program)
      return fail(no_program(id));
    if (auto ok = apply_update(*program, x, now()); !ok)
      return fail(std::move(ok.error()));
    return replace_program(std::move(*program));
  });
}

// Everything but what the insert has settled, and the counters.
result<program_record> sqlite_store::replace_program(program_record x) {
  if (auto ok = check_row(x); !ok)
    return fail(std::move(ok.error()));
  if (x.ephemeral && x.status != program_status::archived)
    if (auto same = find_ephemeral(x); same && same->id != x.id)
      return fail(same_ephemeral(same->id));
  connection_
    .query("update programs set name = ?, status = ?, generation = ?, "
           "owner_node = ?, updated_at = ?, backend_program_id = ?, "
           "error_code = ?, error_message = ?, configuration = ? where id = ?")
    .bind(x.name)
    .bind(to_string(x.status))
    .bind(x.generation)
    .bind(x.owner_node)
    .bind(x.updated_at)
    .bind(x.backend_program_id)
    .bind(x.error_code)
    .bind(x.error_message)
    .bind(x.configuration)
    .bind(x.id)
    .run();
  return x;
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
    auto program = find_program(id);
    if (!program)
      return fail(no_program(id));
    if (auto ok = check_destroy(program->status); !ok)
      return ok;
    if (finds("select 1 from live_executions where program_id = ? "
              "and node <> ? limit 1",
              id, node_id{}))
      return fail(program_drains());
    if (!cascade
        && finds("select 1 from all_executions where program_id = ? limit 1",
                 id))
      return fail(program_has_executions());
    for (auto sql : removals)
      connection_.query(sql).bind(id).run();
    return {};
  });
}

} // namespace dspex
