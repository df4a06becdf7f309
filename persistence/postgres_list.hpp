#pragma once

#include "persistence/postgres_rows.hpp"
#include "persistence/row_logic.hpp"

namespace dspex {

/// A list being put together: a `select`, its conditions, and their parameters
/// in order.
class postgres_list {
public:
  explicit postgres_list(std::string select) : sql_(std::move(select)) {
  }

  /// The conditions are joined by `and`.
  void require(std::string_view condition) {
    sql_ += first_ ? "where " : "and ";
    sql_ += condition;
    sql_ += ' ';
    first_ = false;
  }

  /// Adds `condition` with the number of a new parameter behind it.
  template <class T>
  void require(std::string_view condition, const T& x) {
    values_.push_back(as_parameter(x));
    require(std::string{condition} + " $" + std::to_string(values_.size()));
  }

  /// Reads one page, newest first.
  template <class T>
  page<T> run(postgres_connection& connection, std::string_view id_column,
              const page_bounds& where, T (*read)(const postgres_row&)) {
    if (where.before)
      require(std::string{id_column} + " <", *where.before);
    values_.push_back(as_parameter(int64_t{where.limit} + 1));
    sql_ += "order by " + std::string{id_column} + " desc limit $"
            + std::to_string(values_.size());
    auto rows = connection.run_with(sql_, values_);
    auto out = page<T>{};
    for (size_t i = 0; i < rows.size() && i < where.limit; ++i)
      out.items.push_back(read(rows[i]));
    if (rows.size() > where.limit)
      out.next = make_cursor(out.items.back().id.value);
    return out;
  }

private:
  std::string sql_;
  std::vector<postgres_text> values_;
  bool first_ = true;
};

} // namespace dspex
