#pragma once

#include "persistence/row_logic.hpp"
#include "persistence/sqlite/rows.hpp"

namespace dspex {

/// A query for a page of a list, put together from a `select`, its conditions
/// and their parameters in order. Its functions throw `SQLite::Exception`.
class sqlite_list {
public:
  explicit sqlite_list(std::string select) : sql_(std::move(select)) {
  }

  /// Adds a condition; conditions are joined by `and`.
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

  /// Reads one page, newest first.
  template <class T>
  page<T> run(sqlite_connection& connection, std::string_view id_column,
              const page_bounds& where) {
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
      out.items.push_back(read_row<T>(query));
    }
    return out;
  }

private:
  std::string sql_;
  std::vector<sqlite_value> values_;
  bool first_ = true;
};

} // namespace dspex
