#include "persistence/postgres/rows.hpp"

namespace dspex {

namespace {

void read(const postgres_row& row, int column, std::string& out) {
  out = row.text(column);
}

void read(const postgres_row& row, int column, bool& out) {
  out = row.boolean(column);
}

void read(const postgres_row& row, int column, int32_t& out) {
  out = static_cast<int32_t>(row.integer(column));
}

void read(const postgres_row& row, int column, int64_t& out) {
  out = row.integer(column);
}

void read(const postgres_row& row, int column, uint64_t& out) {
  out = row.count(column);
}

void read(const postgres_row& row, int column, timestamp& out) {
  out = row.time(column);
}

void read(const postgres_row& row, int column, document& out) {
  out = row.json_document(column);
}

void read(const postgres_row& row, int column, errc& out) {
  out = row.code(column);
}

template <class Tag>
void read(const postgres_row& row, int column, strong_id<Tag>& out) {
  out = {row.id(column)};
}

template <lifecycle_status T>
void read(const postgres_row& row, int column, T& out) {
  auto word = status_from_string<T>(row.view(column));
  if (!word)
    row.refuse(column, "holds an unknown word");
  out = *word;
}

template <class T>
void read(const postgres_row& row, int column, std::optional<T>& out) {
  if (!row.is_null(column))
    read(row, column, out.emplace());
}

} // namespace

template <class Record>
std::vector<postgres_text> bind_row(const Record& x) {
  auto out = std::vector<postgres_text>{};
  for_each_column(x, [&out](const char*, const auto& member) {
    out.push_back(as_parameter(member));
  });
  return out;
}

template <class Record>
Record read_row(const postgres_row& row) {
  auto out = Record{};
  auto column = 0;
  for_each_selected(
    out, [&](const char*, auto& member) { read(row, column++, member); });
  return out;
}

template std::vector<postgres_text> bind_row(const signature_record& x);
template std::vector<postgres_text> bind_row(const program_record& x);
template std::vector<postgres_text> bind_row(const execution_record& x);

template signature_record read_row(const postgres_row& row);
template program_record read_row(const postgres_row& row);
template execution_record read_row(const postgres_row& row);

} // namespace dspex
