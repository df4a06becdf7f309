#include "persistence/postgres/list.hpp"
#include "persistence/postgres/store.hpp"
#include "persistence/row_check.hpp"
#include "persistence/row_logic.hpp"

namespace dspex {

namespace {

std::optional<signature_record> find_signature(postgres_connection& connection,
                                               signature_id id,
                                               const char* lock = "") {
  auto rows = connection.run(
    select_from<signature_record>("signatures") + "where id = $1" + lock, id);
  if (rows.empty())
    return std::nullopt;
  return read_row<signature_record>(rows[0]);
}

constexpr auto for_change = " for no key update";

result<signature_record> replace_signature(postgres_connection& connection,
                                           signature_record x) {
  static const auto update = update_row<signature_record>("signatures",
                                                          postgres_mark);
  if (auto ok = check_row(x); !ok)
    return fail(std::move(ok.error()));
  connection.run_with(update, bind_row(x));
  return x;
}

} // namespace

result<signature_record>
postgres_store::insert_signature(const signature_record& x) {
  static const auto insert = insert_into<signature_record>("signatures",
                                                           postgres_mark)
                             + "on conflict (module, version) do nothing";
  static const auto select = select_from<signature_record>("signatures")
                             + "where module = $1 and version = $2";
  if (auto ok = check_row(x); !ok)
    return fail(std::move(ok.error()));
  return in_transaction(
    [&](postgres_connection& connection) -> result<signature_record> {
      connection.run_with(insert, bind_row(x));
      auto found = connection.run(select, x.module, x.version);
      if (found.empty())
        return fail(errc::store_unavailable,
                    "the signature was destroyed while it was inserted");
      return read_row<signature_record>(found[0]);
    });
}

result<signature_record> postgres_store::get_signature(signature_id id) {
  return with_connection(
    [&](postgres_connection& connection) -> result<signature_record> {
      if (auto x = find_signature(connection, id))
        return std::move(*x);
      return fail(no_signature(id));
    });
}

result<page<signature_record>>
postgres_store::list_signatures(const signature_filter& filter,
                                const page_request& where) {
  auto bounds = read_page_request(where);
  if (!bounds)
    return fail(std::move(bounds.error()));
  auto list = postgres_list{select_from<signature_record>("signatures")};
  if (filter.module)
    list.require("module =", *filter.module);
  if (filter.name)
    list.require("name =", *filter.name);
  if (filter.status)
    list.require("status =", to_string(*filter.status));
  return with_connection([&](postgres_connection& connection) {
    return result<page<signature_record>>{
      list.run<signature_record>(connection, "id", *bounds)};
  });
}

result<signature_record>
postgres_store::transition_signature(signature_id id, signature_action action) {
  return in_transaction(
    [&](postgres_connection& connection) -> result<signature_record> {
      auto x = find_signature(connection, id, for_change);
      if (!x)
        return fail(no_signature(id));
      auto next = next_status(action, x->status);
      if (!next)
        return fail(std::move(next.error()));
      x->status = *next;
      x->updated_at = now();
      return replace_signature(connection, std::move(*x));
    });
}

result<signature_record>
postgres_store::update_signature(signature_id id, const signature_update& x) {
  return in_transaction(
    [&](postgres_connection& connection) -> result<signature_record> {
      auto changed = find_signature(connection, id, for_change);
      if (!changed)
        return fail(no_signature(id));
      apply_update(*changed, x, now());
      return replace_signature(connection, std::move(*changed));
    });
}

result<void> postgres_store::destroy_signature(signature_id id) {
  return in_transaction([&](postgres_connection& connection) -> result<void> {
    auto user = connection.run(
      "select id from programs where signature_id = $1 limit 1", id);
    if (!user.empty())
      return fail(signature_in_use(program_id{user[0].id(0)}));
    if (connection.run("delete from signatures where id = $1", id).changes()
        == 0)
      return fail(no_signature(id));
    return {};
  });
}

} // namespace dspex
