#pragma once

#include "persistence/postgres/connection.hpp"

namespace dspex {

/// How records become rows of PostgreSQL and back: for each kind of record its
/// columns, its parameters in that order, and a reader that takes a row with
/// exactly those columns.

inline constexpr auto postgres_signature_columns = std::string_view{
  "id, name, module, version, status, content_hash, inserted_at, updated_at, "
  "description, instructions, inputs, outputs"};

[[nodiscard]] std::vector<postgres_text> row_of(const signature_record& x);
[[nodiscard]] signature_record read_signature(const postgres_row& row);

/// Of the table `programs`.
inline constexpr auto postgres_program_columns = std::string_view{
  "id, signature_id, name, adapter_type, status, ephemeral, generation, "
  "owner_node, completed_count, failed_count, pruned_completed, "
  "pruned_failed, duration_us_sum, last_executed_at, inserted_at, updated_at, "
  "backend_program_id, error_code, error_message, configuration"};

[[nodiscard]] std::vector<postgres_text> row_of(const program_record& x);

/// Selects what `read_program` takes; more columns and conditions may follow.
/// The table `programs` is called `p`.
inline constexpr auto postgres_select_program = std::string_view{
  "select p.id, p.signature_id, p.name, p.adapter_type, p.status, "
  "p.ephemeral, p.generation, p.owner_node, p.completed_count, "
  "p.failed_count, p.pruned_completed, p.pruned_failed, p.duration_us_sum, "
  "p.last_executed_at, p.inserted_at, p.updated_at, p.backend_program_id, "
  "p.error_code, p.error_message, p.configuration, "
  "s.module, s.version, s.status "};
inline constexpr int postgres_program_width = 23;
inline constexpr auto postgres_from_programs = std::string_view{
  "from programs p join signatures s on s.id = "
  "p.signature_id "};

[[nodiscard]] program_record read_program(const postgres_row& row);

/// Of the tables `executions` and `live_executions` and the view
/// `all_executions`.
inline constexpr auto postgres_execution_columns = std::string_view{
  "id, program_id, node, status, error_code, attempt, duration_us, "
  "executed_at, started_at, finished_at, inserted_at, updated_at, "
  "error_message, inputs, outputs, metadata"};

[[nodiscard]] std::vector<postgres_text> row_of(const execution_record& x);
[[nodiscard]] execution_record read_execution(const postgres_row& row);

/// Renders `insert into TABLE (COLUMNS) values ($1, $2, $3) `.
[[nodiscard]] std::string postgres_insert(std::string_view table,
                                          std::string_view columns);

/// Renders `select COLUMNS from TABLE `.
[[nodiscard]] std::string postgres_select(std::string_view columns,
                                          std::string_view table);

} // namespace dspex
