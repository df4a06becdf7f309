#pragma once

#include "persistence/columns.hpp"
#include "persistence/sqlite/connection.hpp"

namespace dspex {

/// How records become rows of SQLite and back, column by column.

/// Fills one parameter a column.
template <class Record>
void bind_row(sqlite_query& query, const Record& x);

/// Reads a row with the columns of the record; a program from a row of
/// `select_programs`.
template <class Record>
[[nodiscard]] Record read_row(const sqlite_query& row);

/// Reads the first row of a query with these parameters, if there is one.
template <class Record, class... Ts>
[[nodiscard]] std::optional<Record>
find_row(sqlite_connection& connection, std::string_view sql, const Ts&... xs) {
  auto query = connection.query(sql);
  (query.bind(xs), ...);
  if (!query.next())
    return std::nullopt;
  return read_row<Record>(query);
}

/// How `insert_into` and `update_row` mark a parameter.
inline constexpr auto sqlite_mark = '?';

} // namespace dspex
