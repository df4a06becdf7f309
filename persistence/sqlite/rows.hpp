#pragma once

#include "persistence/sqlite/connection.hpp"

namespace dspex {

/// How records become rows of SQLite and back: for each kind of record its
/// columns, a binder that fills one parameter per column, and a reader that
/// takes a row with exactly those columns.

inline constexpr auto signature_columns = std::string_view{
  "id, name, module, version, status, content_hash, inserted_at, updated_at, "
  "description, instructions, inputs, outputs"};
inline constexpr int signature_column_count = 12;

void bind_row(sqlite_query& query, const signature_record& x);
[[nodiscard]] signature_record read_signature(const sqlite_query& row);

/// Of the table `programs`.
inline constexpr auto program_columns = std::string_view{
  "id, signature_id, name, adapter_type, status, ephemeral, generation, "
  "owner_node, completed_count, failed_count, pruned_completed, "
  "pruned_failed, duration_us_sum, last_executed_at, inserted_at, updated_at, "
  "backend_program_id, error_code, error_message, configuration"};
inline constexpr int program_column_count = 20;

void bind_row(sqlite_query& query, const program_record& x);

/// Selects what `read_program` takes; conditions may follow. The table
/// `programs` is called `p`.
inline constexpr auto select_program = std::string_view{
  "select p.id, p.signature_id, p.name, p.adapter_type, p.status, "
  "p.ephemeral, p.generation, p.owner_node, p.completed_count, "
  "p.failed_count, p.pruned_completed, p.pruned_failed, p.duration_us_sum, "
  "p.last_executed_at, p.inserted_at, p.updated_at, p.backend_program_id, "
  "p.error_code, p.error_message, p.configuration, "
  "s.module, s.version, s.status "
  "from programs p join signatures s on s.id = p.signature_id "};

[[nodiscard]] program_record read_program(const sqlite_query& row);

/// The tables `executions` and `live_executions` and the view
/// `all_executions` have the same columns.
inline constexpr auto execution_columns = std::string_view{
  "id, program_id, node, status, error_code, attempt, duration_us, "
  "executed_at, started_at, finished_at, inserted_at, updated_at, "
  "error_message, inputs, outputs, metadata"};
inline constexpr int execution_column_count = 16;

void bind_row(sqlite_query& query, const execution_record& x);
[[nodiscard]] execution_record read_execution(const sqlite_query& row);

/// Renders `select COLUMNS from TABLE `.
[[nodiscard]] std::string select_from(std::string_view columns,
                                      std::string_view table);

/// Renders `insert into TABLE (COLUMNS) values (?, ?, ?) `.
[[nodiscard]] std::string insert_into(std::string_view table,
                                      std::string_view columns, int count,
                                      std::string_view verb = "insert");

} // namespace dspex
