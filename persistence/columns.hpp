#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/columns.hpp"

namespace dspex {

/// SQL that follows from the columns of a record, alike for both engines.
/// Parameters are numbered like the columns, behind the `mark` of the engine:
/// `?1, ?2` or `$1, $2`.

/// Renders `insert into TABLE (COLUMNS) values (PARAMETERS) `.
/// @param verb stands for `insert`.
[[nodiscard]] std::string insert_into(std::string_view table,
                                      const std::vector<std::string>& columns,
                                      char mark, std::string_view verb);

template <class Record>
[[nodiscard]] std::string insert_into(std::string_view table, char mark,
                                      std::string_view verb = "insert") {
  return insert_into(table, column_names<Record>(), mark, verb);
}

/// Renders `update TABLE set COLUMN = PARAMETER, ... where id = PARAMETER`.
/// @pre the first column is `id`
[[nodiscard]] std::string update_row(std::string_view table,
                                     const std::vector<std::string>& columns,
                                     char mark);

template <class Record>
[[nodiscard]] std::string update_row(std::string_view table, char mark) {
  return update_row(table, column_names<Record>(), mark);
}

/// Renders `select COLUMNS from TABLE `.
[[nodiscard]] std::string select_from(std::string_view table,
                                      const std::vector<std::string>& columns);

template <class Record>
[[nodiscard]] std::string select_from(std::string_view table) {
  return select_from(table, column_names<Record>());
}

/// Calls `f` with each value of a row that a record is read from: its columns,
/// and for a program, what it tells about its signature.
template <class Record, class F>
void for_each_selected(Record& x, F&& f) {
  for_each_column(x, f);
  if constexpr (std::same_as<Record, program_record>)
    for_each_attribute(x.signature,
                       [&f](part what, auto& value) { f(what.name, value); });
}

/// How many values such a row has.
template <class Record>
[[nodiscard]] int row_width() {
  auto out = 0;
  auto blank = Record{};
  for_each_selected(blank, [&out](const char*, auto&) { ++out; });
  return out;
}

/// Renders the `select` of such rows of programs; conditions may follow. The
/// tables `programs` and `signatures` are called `p` and `s`.
/// @param more columns, behind those of the record.
[[nodiscard]] std::string
select_programs(const std::vector<std::string>& more = {});

} // namespace dspex
