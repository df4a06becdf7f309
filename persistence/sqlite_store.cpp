#include "persistence/sqlite_store.hpp"

#include "persistence/row_check.hpp"
#include "persistence/row_logic.hpp"
#include "persistence/sqlite_rows.hpp"

namespace dspex {

namespace {

// The conditions of a list, and their parameters in order.
class list_query {
public:
  explicit list_query(std::string select) : sql_(std::move(select)) {
  }

  void require(std::string_view condition) {
    sql_ += first_ ? "where " : "and ";
    sql_ += condition;
    sql_ += ' ';
    first_ = false;
  }

  void require(std::string_view condition, sqlite_value x) {
    require(condition);
    values_.push_back(std::move(x));
  }

  // Reads one page, newest first.
  template <class T, class Read>
  page<T> run(sqlite_connection& connection, std::string_view id_column,
              const page_bounds& where, Read read) {
    if (where.before)
      require(std::string{id_column} + " < ?", *where.before);
    sql_ += "order by ";
    sql_ += id_column;
    sql_ += " desc limit ?";
    auto query = connection.query(sql_);
    for (auto& x : values_)
      query.bind(x);
    query.bind(int64_t{where.limit} + 1);
    auto out = page<T>{};
    while (query.next()) {
      if (out.items.size() == where.limit) {
        out.next = make_cursor(out.items.back().id.value);
        break;
      }
      out.items.push_back(read(query));
    }
    return out;
  }

private:
  std::string sql_;
  std::vector<sqlite_value> values_;
  bool first_ = true;
};

std::string select_from(std::string_view columns, std::string_view table) {
  auto out = std::string{"select "};
  out += columns;
  out += " from ";
  out += table;
  out += ' ';
  return out;
}

std::string insert_into(std::string_view table, std::string_view columns,
                        int count) {
  auto out = std::string{"insert into "};
  out += table;
  out += " (";
  out += columns;
  out += ") values (";
  out += placeholders(count);
  out += ") ";
  return out;
}

} // namespace

sqlite_store::sqlite_store(const sqlite_file& file, access mode, node_id node,
                           std::shared_ptr<const node_lock> life)
  : life_(std::move(life)),
    connection_(file, mode, false),
    mode_(mode),
    node_(node) {
}

error sqlite_store::opened_for_reading() {
  return opened_read_only();
}

// -- signatures ---------------------------------------------------------------

std::optional<signature_record> sqlite_store::find_signature(signature_id id) {
  static const auto sql = select_from(signature_columns, "signatures")
                          + "where id = ?";
  auto query = connection_.query(sql);
  query.bind(id);
  if (!query.next())
    return std::nullopt;
  return read_signature(query);
}

result<signature_record>
sqlite_store::insert_signature(const signature_record& x) {
  static const auto insert = insert_into("signatures", signature_columns,
                                         signature_column_count)
                             + "on conflict (module, version) do nothing";
  static const auto select = select_from(signature_columns, "signatures")
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
    return read_signature(found);
  });
}

result<signature_record> sqlite_store::get_signature(signature_id id) {
  return guarded(connection_.file(), [&]() -> result<signature_record> {
    if (auto x = find_signature(id))
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
  auto list = list_query{select_from(signature_columns, "signatures")};
  if (filter.module)
    list.require("module = ?", *filter.module);
  if (filter.name)
    list.require("name = ?", *filter.name);
  if (filter.status)
    list.require("status = ?", std::string{to_string(*filter.status)});
  return guarded(connection_.file(), [&]() -> result<page<signature_record>> {
    return list.run<signature_record>(connection_, "id", *bounds,
                                      read_signature);
  });
}

result<signature_record>
sqlite_store::transition_signature(signature_id id, signature_action action) {
  return in_transaction([&]() -> result<signature_record> {
    auto x = find_signature(id);
    if (!x)
      return fail(no_signature(id));
    auto next = next_status(action, x->status);
    if (!next)
      return fail(std::move(next.error()));
    x->status = *next;
    x->updated_at = now();
    connection_
      .query("update signatures set status = ?, updated_at = ? where id = ?")
      .bind(to_string(x->status))
      .bind(x->updated_at)
      .bind(id)
      .run();
    return std::move(*x);
  });
}

// -- programs -----------------------------------------------------------------

std::optional<program_record> sqlite_store::find_program(program_id id) {
  static const auto sql = std::string{select_program} + "where p.id = ?";
  auto query = connection_.query(sql);
  query.bind(id);
  if (!query.next())
    return std::nullopt;
  return read_program(query);
}

result<program_record> sqlite_store::insert_program(const program_record& x) {
  static const auto insert = insert_into("programs", program_columns,
                                         program_column_count);
  if (auto ok = check_row(x); !ok)
    return fail(std::move(ok.error()));
  return in_transaction([&]() -> result<program_record> {
    if (auto existing = find_program(x.id))
      return std::move(*existing);
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
  });
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
  return in_transaction([&] { return change_program(id, x); });
}

result<program_record>
sqlite_store::change_program(program_id id, const program_transition& x) {
  auto program = find_program(id);
  if (!program)
    return fail(no_program(id));
  if (auto ok = apply_transition(*program, x, now()); !ok)
    return fail(std::move(ok.error()));
  if (auto ok = check_row(*program); !ok)
    return fail(std::move(ok.error()));
  connection_
    .query("update programs set status = ?, generation = ?, owner_node = ?, "
           "updated_at = ?, backend_program_id = ?, error_code = ?, "
           "error_message = ? where id = ?")
    .bind(to_string(program->status))
    .bind(program->generation)
    .bind(program->owner_node)
    .bind(program->updated_at)
    .bind(program->backend_program_id)
    .bind(program->error_code)
    .bind(program->error_message)
    .bind(id)
    .run();
  return std::move(*program);
}

// -- executions ---------------------------------------------------------------

result<execution_record> sqlite_store::get_execution(execution_id id) {
  static const auto sql = select_from(execution_columns, "all_executions")
                          + "where id = ?";
  return guarded(connection_.file(), [&]() -> result<execution_record> {
    auto query = connection_.query(sql);
    query.bind(id);
    if (!query.next())
      return fail(no_execution(id));
    return read_execution(query);
  });
}

result<page<execution_record>>
sqlite_store::list_executions(const execution_filter& filter,
                              const page_request& where) {
  auto bounds = read_page_request(where);
  if (!bounds)
    return fail(std::move(bounds.error()));
  auto table = std::string_view{"all_executions"};
  if (filter.status)
    table = is_terminal(*filter.status) ? "executions" : "live_executions";
  auto list = list_query{select_from(execution_columns, table)};
  if (filter.program)
    list.require("program_id = ?", filter.program->value);
  if (filter.status)
    list.require("status = ?", std::string{to_string(*filter.status)});
  if (filter.error_code == errc::none)
    list.require("error_code is null");
  else if (filter.error_code)
    list.require("error_code = ?", std::string{to_string(*filter.error_code)});
  if (filter.since)
    list.require("executed_at >= ?",
                 int64_t{filter.since->time_since_epoch().count()});
  if (filter.until)
    list.require("executed_at < ?",
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
