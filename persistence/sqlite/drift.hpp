#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "persistence/sqlite/connection.hpp"

namespace dspex {

/// The statements that make a schema, by kind (`table`, `index`, `view`,
/// `trigger`) and name, without the objects that SQLite makes for itself.
using schema_objects
  = std::map<std::pair<std::string, std::string>, std::string>;

[[nodiscard]] schema_objects read_objects(sqlite_connection& connection);

/// Lists the differences, those of a table by column and constraint. White
/// space, comments and the case of key words make no difference.
[[nodiscard]] std::vector<schema_drift>
compare_schemas(const schema_objects& live, const schema_objects& made);

} // namespace dspex
