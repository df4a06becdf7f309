#include "persistence/columns.hpp"

namespace dspex {

namespace {

// Renders `MARK1`, `MARK2`, ...
std::string parameter(char mark, size_t index) {
  return mark + std::to_string(index + 1);
}

std::string joined(const std::vector<std::string>& xs) {
  auto out = std::string{};
  for (auto& x : xs)
    out.append(out.empty() ? "" : ", ").append(x);
  return out;
}

} // namespace

std::string insert_into(std::string_view table,
                        const std::vector<std::string>& columns, char mark,
                        std::string_view verb) {
  auto values = std::vector<std::string>{};
  for (size_t i = 0; i < columns.size(); ++i)
    values.push_back(parameter(mark, i));
  return std::string{verb}.append(" into ").append(table) + " ("
         + joined(columns) + ") values (" + joined(values) + ") ";
}

std::string update_row(std::string_view table,
                       const std::vector<std::string>& columns, char mark) {
  auto changes = std::vector<std::string>{};
  for (size_t i = 1; i < columns.size(); ++i)
    changes.push_back(columns[i] + " = " + parameter(mark, i));
  return std::string{"update "}.append(table) + " set " + joined(changes)
         + " where id = " + parameter(mark, 0);
}

std::string select_from(std::string_view table,
                        const std::vector<std::string>& columns) {
  return "select " + joined(columns) + " from " + std::string{table} + " ";
}

std::string select_programs(const std::vector<std::string>& more) {
  auto columns = std::vector<std::string>{};
  for (auto& x : column_names<program_record>())
    columns.push_back("p." + x);
  for (auto& x : attribute_names<signature_summary>())
    columns.push_back("s." + x);
  columns.insert(columns.end(), more.begin(), more.end());
  return select_from("programs p join signatures s on s.id = p.signature_id",
                     columns);
}

} // namespace dspex
