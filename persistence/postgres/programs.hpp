#pragma once

#include "persistence/postgres/rows.hpp"

namespace dspex {

/// Reads a program and locks it against others that change it, until the
/// transaction ends. Others can still insert executions of the program.
[[nodiscard]] std::optional<program_record>
lock_program(postgres_connection& connection, program_id id);

/// Writes a program that the transaction has locked. Refused as
/// `errc::conflict` if another ephemeral program has the configuration.
[[nodiscard]] result<program_record>
replace_program(postgres_connection& connection, program_record x);

} // namespace dspex
