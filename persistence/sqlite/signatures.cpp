#include "persistence/row_check.hpp"
#include "persistence/row_logic.hpp"
#include "persistence/sqlite/list.hpp"
#include "persistence/sqlite/store.hpp"

namespace dspex {

namespace {

std::optional<signature_record> find_signature(sqlite_connection& connection,
                                               signature_id id) {
  static const auto sql = select_from<signature_record>("signatures")
                          + "where id = ?";
  return find_row<signature_record>(connection, sql, id);
}

result<signature_record> replace_signature(sqlite_connection& connection,
                                           signature_record x) {
  static const auto update = update_row<signature_record>("signatures",
                                                          sqlite_mark);
  if (auto ok = check_row(x); !ok)
    return fail(std::move(ok.error()));
  auto query = connection.query(update);
  bind_row(query, x);
  query.run();
  return x;
}

} // namespace

result<signature_record>
sqlite_store::insert_signature(const signature_record& x) {
  static const auto insert = insert_into<signature_record>("signatures",
                                                           sqlite_mark)
                             + "on conflict (module, version) do nothing";
  static const auto select = select_from<signature_record>("signatures")
                             + "where module = ? and version = ?";
  if (auto ok = check_row(x); !ok)
    return fail(std::move(ok.error()));
  return in_transaction([&]() -> result<signature_record> {
    auto query = connection_.query(insert);
    bind_row(query, x);
    query.run();
    auto found = connection_.query(select);
    found.bind(x.module).bind(x.version);
    if (!found.next())
      return fail(errc::internal, "the signature just inserted is not there");
    return read_row<signature_record>(found);
  });
}

result<signature_record> sqlite_store::get_signature(signature_id id) {
  return sqlite_guarded(connection_.file(), [&]() -> result<signature_record> {
    if (auto x = find_signature(connection_, id))
      return std::move(*x);
    return fail(no_signature(id));
  });
}

result<page<signature_record>>
sqlite_store::list_signatures(const signature_filter& filter,
                              const page_request& where) {
  auto bounds = read_page_request(where);
  if (!bounds)
    return fail(std::move(bounds.error()));
  auto list = sqlite_list{select_from<signature_record>("signatures")};
  if (filter.module)
    list.require("module = ?", *filter.module);
  if (filter.name)
    list.require("name = ?", *filter.name);
  if (filter.status)
    list.require("status = ?", std::string{to_string(*filter.status)});
  return sqlite_guarded(
    connection_.file(), [&]() -> result<page<signature_record>> {
      return list.run<signature_record>(connection_, "id", *bounds);
    });
}

result<signature_record>
sqlite_store::transition_signature(signature_id id, signature_action action) {
  return in_transaction([&]() -> result<signature_record> {
    auto x = find_signature(connection_, id);
    if (!x)
      return fail(no_signature(id));
    auto next = next_status(action, x->status);
    if (!next)
      return fail(std::move(next.error()));
    x->status = *next;
    x->updated_at = now();
    return replace_signature(connection_, std::move(*x));
  });
}

result<signature_record>
sqlite_store::update_signature(signature_id id, const signature_update& x) {
  return in_transaction([&]() -> result<signature_record> {
    auto changed = find_signature(connection_, id);
    if (!changed)
      return fail(no_signature(id));
    apply_update(*changed, x, now());
    return replace_signature(connection_, std::move(*changed));
  });
}

result<void> sqlite_store::destroy_signature(signature_id id) {
  return in_transaction([&]() -> result<void> {
    {
      auto user = connection_.query(
        "select id from programs where signature_id = ? limit 1");
      user.bind(id);
      if (user.next())
        return fail(signature_in_use(program_id{user.id(0)}));
    }
    auto remove = connection_.query("delete from signatures where id = ?");
    if (remove.bind(id).run() == 0)
      return fail(no_signature(id));
    return {};
  });
}

} // namespace dspex
