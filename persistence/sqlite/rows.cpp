#include "persistence/sqlite/rows.hpp"

#include <sqlite3.h>

namespace dspex {

namespace {

template <class T>
void bind_member(sqlite_query& query, const T& x) {
  if constexpr (lifecycle_status<T>)
    query.bind(to_string(x));
  else if constexpr (std::same_as<T, bool> || std::same_as<T, int32_t>)
    query.bind(int64_t{x});
  else
    query.bind(x);
}

void read(const sqlite_query& row, int column, std::string& out) {
  out = row.text(column);
}

void read(const sqlite_query& row, int column, bool& out) {
  out = row.integer(column) != 0;
}

void read(const sqlite_query& row, int column, int32_t& out) {
  out = static_cast<int32_t>(row.integer(column));
}

void read(const sqlite_query& row, int column, int64_t& out) {
  out = row.integer(column);
}

void read(const sqlite_query& row, int column, uint64_t& out) {
  out = row.count(column);
}

void read(const sqlite_query& row, int column, timestamp& out) {
  out = row.time(column);
}

void read(const sqlite_query& row, int column, document& out) {
  out = row.json_document(column);
}

void read(const sqlite_query& row, int column, errc& out) {
  out = row.code(column);
}

template <class Tag>
void read(const sqlite_query& row, int column, strong_id<Tag>& out) {
  out = {row.id(column)};
}

template <lifecycle_status T>
void read(const sqlite_query& row, int column, T& out) {
  auto word = status_from_string<T>(row.text(column));
  if (!word)
    throw SQLite::Exception("column status holds an unknown word",
                            SQLITE_CORRUPT);
  out = *word;
}

template <class T>
void read(const sqlite_query& row, int column, std::optional<T>& out) {
  if (!row.is_null(column))
    read(row, column, out.emplace());
}

} // namespace

template <class Record>
void bind_row(sqlite_query& query, const Record& x) {
  for_each_column(x, [&query](const char*, const auto& member) {
    bind_member(query, member);
  });
}

template <class Record>
Record read_row(const sqlite_query& row) {
  auto out = Record{};
  auto column = 0;
  for_each_selected(
    out, [&](const char*, auto& member) { read(row, column++, member); });
  return out;
}

template void bind_row(sqlite_query& query, const signature_record& x);
template void bind_row(sqlite_query& query, const program_record& x);
template void bind_row(sqlite_query& query, const execution_record& x);

template signature_record read_row(const sqlite_query& row);
template program_record read_row(const sqlite_query& row);
template execution_record read_row(const sqlite_query& row);

} // namespace dspex
