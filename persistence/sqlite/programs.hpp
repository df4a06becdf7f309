#pragma once

#include "persistence/sqlite/rows.hpp"

namespace dspex {

/// Reads a program.
[[nodiscard]] std::optional<program_record>
find_program(sqlite_connection& connection, program_id id);

/// Applies a transition to a program and writes the program, inside a
/// transaction of the caller.
[[nodiscard]] result<program_record>
apply_to_program(sqlite_connection& connection, program_id id,
                 const program_transition& x);

} // namespace dspex
