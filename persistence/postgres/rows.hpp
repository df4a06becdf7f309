#pragma once

#include "persistence/columns.hpp"
#include "persistence/postgres/connection.hpp"

namespace dspex {

/// How records become rows of PostgreSQL and back, column by column.

/// Returns one parameter a column.
template <class Record>
[[nodiscard]] std::vector<postgres_text> bind_row(const Record& x);

/// Reads a row with the columns of the record; a program from a row of
/// `select_programs`. More columns may follow.
template <class Record>
[[nodiscard]] Record read_row(const postgres_row& row);

/// How `insert_into` and `update_row` mark a parameter.
inline constexpr auto postgres_mark = '$';

} // namespace dspex
