#pragma once

#include "persistence/postgres/rows.hpp"
#include "persistence/row_logic.hpp"

namespace dspex {

/// A query for a page of a list, put together from a `select`, its conditions
/// and their parameters in order.
class postgres_list {
public:
  explicit postgres_list(std::string select) : sql_(std::move(select)) {
  }

  /// Adds a condition; conditions are joined by `and`.
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

  /// Selects the rows whose `column` is `x`, in the words of an index that
  /// begins with the column. With a plain `=`, the planner might walk along the
  /// index of all ids instead, and reach the first of these rows late.
  void within(std::string_view column, const uuid& x) {
    require(std::string{column} + " >=", x);
    column_ = column;
    column_number_ = values_.size();
  }

  /// Reads one page, newest first.
  template <class T>
  page<T> run(postgres_connection& connection, std::string_view id_column,
              const page_bounds& where) {
    auto key = std::string{id_column};
    auto order = key + " desc";
    if (!column_.empty()) {
      constexpr auto last = "ffffffff-ffff-ffff-ffff-ffffffffffff";
      auto bound = where.before ? to_string(*where.before) : last;
      values_.push_back(bound);
      require("(" + column_ + ", " + key + ") " + (where.before ? "<" : "<=")
              + " ($" + std::to_string(column_number_) + ", $"
              + std::to_string(values_.size()) + ")");
      order = column_ + " desc, " + order;
    } else if (where.before) {
      require(key + " <", *where.before);
    }
    values_.push_back(as_parameter(int64_t{where.limit} + 1));
    sql_ += "order by " + order + " limit $" + std::to_string(values_.size());
    auto rows = connection.run_with(sql_, values_);
    auto out = page<T>{};
    for (size_t i = 0; i < rows.size() && i < where.limit; ++i)
      out.items.push_back(read_row<T>(rows[i]));
    if (rows.size() > where.limit)
      out.next = make_cursor(out.items.back().id.value);
    return out;
  }

private:
  std::string sql_;
  std::vector<postgres_text> values_;
  bool first_ = true;
  std::string column_;
  size_t column_number_ = 0;
};

} // namespace dspex
