#include "persistence/postgres/rows.hpp"

#include <algorithm>

namespace dspex {

namespace {

template <class T>
T known_word(const postgres_row& row, int column,
             std::optional<T> (*read)(std::string_view) noexcept) {
  auto word = read(row.view(column));
  if (!word)
    row.refuse(column, "holds an unknown word");
  return *word;
}

} // namespace

// -- signatures ---------------------------------------------------------------

std::vector<postgres_text> row_of(const signature_record& x) {
  return {as_parameter(x.id),
          as_parameter(x.name),
          as_parameter(x.module),
          as_parameter(x.version),
          as_parameter(to_string(x.status)),
          as_parameter(x.content_hash),
          as_parameter(x.inserted_at),
          as_parameter(x.updated_at),
          as_parameter(x.description),
          as_parameter(x.instructions),
          as_parameter(x.inputs),
          as_parameter(x.outputs)};
}

signature_record read_signature(const postgres_row& row) {
  auto out = signature_record{};
  out.id = {row.id(0)};
  out.name = row.text(1);
  out.module = row.text(2);
  out.version = row.text(3);
  out.status = known_word(row, 4, signature_status_from_string);
  out.content_hash = row.text(5);
  out.inserted_at = row.time(6);
  out.updated_at = row.time(7);
  out.description = row.text(8);
  out.instructions = row.text(9);
  out.inputs = row.json_document(10);
  out.outputs = row.json_document(11);
  return out;
}

// -- programs -----------------------------------------------------------------

std::vector<postgres_text> row_of(const program_record& x) {
  return {as_parameter(x.id),
          as_parameter(x.signature.id),
          as_parameter(x.name),
          as_parameter(x.adapter_type),
          as_parameter(to_string(x.status)),
          as_parameter(x.ephemeral),
          as_parameter(x.generation),
          as_parameter(x.owner_node),
          as_parameter(x.completed_count),
          as_parameter(x.failed_count),
          as_parameter(x.pruned_completed),
          as_parameter(x.pruned_failed),
          as_parameter(x.duration_us_sum),
          as_parameter(x.last_executed_at),
          as_parameter(x.inserted_at),
          as_parameter(x.updated_at),
          as_parameter(x.backend_program_id),
          as_parameter(x.error_code),
          as_parameter(x.error_message),
          as_parameter(x.configuration)};
}

program_record read_program(const postgres_row& row) {
  auto out = program_record{};
  out.id = {row.id(0)};
  out.signature.id = {row.id(1)};
  out.name = row.text(2);
  out.adapter_type = row.text(3);
  out.status = known_word(row, 4, program_status_from_string);
  out.ephemeral = row.boolean(5);
  out.generation = row.integer(6);
  if (!row.is_null(7))
    out.owner_node = node_id{row.id(7)};
  out.completed_count = row.count(8);
  out.failed_count = row.count(9);
  out.pruned_completed = row.count(10);
  out.pruned_failed = row.count(11);
  out.duration_us_sum = row.count(12);
  out.last_executed_at = row.optional_time(13);
  out.inserted_at = row.time(14);
  out.updated_at = row.time(15);
  out.backend_program_id = row.text(16);
  out.error_code = row.code(17);
  out.error_message = row.text(18);
  out.configuration = row.json_document(19);
  out.signature.module = row.text(20);
  out.signature.version = row.text(21);
  out.signature.status = known_word(row, 22, signature_status_from_string);
  return out;
}

// -- executions ---------------------------------------------------------------

std::vector<postgres_text> row_of(const execution_record& x) {
  return {as_parameter(x.id),
          as_parameter(x.program_id),
          as_parameter(x.node),
          as_parameter(to_string(x.status)),
          as_parameter(x.error_code),
          as_parameter(int64_t{x.attempt}),
          as_parameter(x.duration_us),
          as_parameter(x.executed_at),
          as_parameter(x.started_at),
          as_parameter(x.finished_at),
          as_parameter(x.inserted_at),
          as_parameter(x.updated_at),
          as_parameter(x.error_message),
          as_parameter(x.inputs),
          as_parameter(x.outputs),
          as_parameter(x.metadata)};
}

execution_record read_execution(const postgres_row& row) {
  auto out = execution_record{};
  out.id = {row.id(0)};
  out.program_id = {row.id(1)};
  out.node = {row.id(2)};
  out.status = known_word(row, 3, execution_status_from_string);
  out.error_code = row.code(4);
  out.attempt = static_cast<int32_t>(row.integer(5));
  if (!row.is_null(6))
    out.duration_us = row.integer(6);
  out.executed_at = row.time(7);
  out.started_at = row.optional_time(8);
  out.finished_at = row.optional_time(9);
  out.inserted_at = row.time(10);
  out.updated_at = row.time(11);
  out.error_message = row.text(12);
  out.inputs = row.json_document(13);
  out.outputs = row.json_document(14);
  out.metadata = row.json_document(15);
  return out;
}

// -- statements ---------------------------------------------------------------

std::string postgres_insert(std::string_view table, std::string_view columns) {
  auto count = 1 + std::ranges::count(columns, ',');
  auto out = "insert into " + std::string{table} + " (" + std::string{columns}
             + ") values (";
  for (auto i = 1; i <= count; ++i)
    out += (i == 1 ? "$" : ", $") + std::to_string(i);
  return out + ") ";
}

std::string postgres_select(std::string_view columns, std::string_view table) {
  return "select " + std::string{columns} + " from " + std::string{table} + " ";
}

} // namespace dspex
