#include "persistence/sqlite/rows.hpp"

#include <sqlite3.h>

namespace dspex {

namespace {

template <class T>
T known(std::optional<T> word, const char* column) {
  if (!word)
    throw SQLite::Exception(std::string{"column "} + column
                              + " holds an unknown word",
                            SQLITE_CORRUPT);
  return *word;
}

} // namespace

// -- signatures ---------------------------------------------------------------

void bind_row(sqlite_query& query, const signature_record& x) {
  query.bind(x.id)
    .bind(x.name)
    .bind(x.module)
    .bind(x.version)
    .bind(to_string(x.status))
    .bind(x.content_hash)
    .bind(x.inserted_at)
    .bind(x.updated_at)
    .bind(x.description)
    .bind(x.instructions)
    .bind(x.inputs)
    .bind(x.outputs);
}

signature_record read_signature(const sqlite_query& row) {
  auto out = signature_record{};
  out.id = {row.id(0)};
  out.name = row.text(1);
  out.module = row.text(2);
  out.version = row.text(3);
  out.status = known(signature_status_from_string(row.text(4)), "status");
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

void bind_row(sqlite_query& query, const program_record& x) {
  query.bind(x.id)
    .bind(x.signature.id)
    .bind(x.name)
    .bind(x.adapter_type)
    .bind(to_string(x.status))
    .bind(int64_t{x.ephemeral})
    .bind(x.generation)
    .bind(x.owner_node)
    .bind(x.completed_count)
    .bind(x.failed_count)
    .bind(x.pruned_completed)
    .bind(x.pruned_failed)
    .bind(x.duration_us_sum)
    .bind(x.last_executed_at)
    .bind(x.inserted_at)
    .bind(x.updated_at)
    .bind(x.backend_program_id)
    .bind(x.error_code)
    .bind(x.error_message)
    .bind(x.configuration);
}

program_record read_program(const sqlite_query& row) {
  auto out = program_record{};
  out.id = {row.id(0)};
  out.signature.id = {row.id(1)};
  out.name = row.text(2);
  out.adapter_type = row.text(3);
  out.status = known(program_status_from_string(row.text(4)), "status");
  out.ephemeral = row.integer(5) != 0;
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
  out.signature.status = known(signature_status_from_string(row.text(22)),
                               "status");
  return out;
}

// -- executions ---------------------------------------------------------------

void bind_row(sqlite_query& query, const execution_record& x) {
  query.bind(x.id)
    .bind(x.program_id)
    .bind(x.node)
    .bind(to_string(x.status))
    .bind(x.error_code)
    .bind(int64_t{x.attempt})
    .bind(x.duration_us)
    .bind(x.executed_at)
    .bind(x.started_at)
    .bind(x.finished_at)
    .bind(x.inserted_at)
    .bind(x.updated_at)
    .bind(x.error_message)
    .bind(x.inputs)
    .bind(x.outputs)
    .bind(x.metadata);
}

execution_record read_execution(const sqlite_query& row) {
  auto out = execution_record{};
  out.id = {row.id(0)};
  out.program_id = {row.id(1)};
  out.node = {row.id(2)};
  out.status = known(execution_status_from_string(row.text(3)), "status");
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

std::string select_from(std::string_view columns, std::string_view table) {
  auto out = std::string{"select "};
  out += columns;
  out += " from ";
  out += table;
  out += ' ';
  return out;
}

std::string insert_into(std::string_view table, std::string_view columns,
                        int count, std::string_view verb) {
  auto out = std::string{verb};
  out += " into ";
  out += table;
  out += " (";
  out += columns;
  out += ") values (";
  for (int i = 0; i < count; ++i)
    out += i == 0 ? "?" : ", ?";
  out += ") ";
  return out;
}

} // namespace dspex
