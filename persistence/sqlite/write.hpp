#pragma once

#include <vector>

#include "persistence/sqlite/connection.hpp"

namespace dspex {

/// The functions of this file run inside a transaction of the caller.

/// Writes a batch; `errc::store_rejected` for an unknown program.
[[nodiscard]] result<batch_result> write_rows(sqlite_connection& connection,
                                              const execution_batch& batch);

/// Inserts finished executions, adds them to the counters of their programs and
/// drops their live rows.
/// @returns the executions that were finished before, as duplicates.
batch_result insert_finished(sqlite_connection& connection,
                             const std::vector<execution_record>& rows);

/// Inserts or replaces live executions, but for those that are finished.
void put_live(sqlite_connection& connection,
              const std::vector<execution_record>& rows);

} // namespace dspex
