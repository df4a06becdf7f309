#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "persistence/postgres/connection.hpp"

namespace dspex {

/// What a schema consists of: object (`table x`, `index y`) and part of it
/// (`column z`, or empty for the object as a whole) -> definition.
using postgres_objects
  = std::map<std::pair<std::string, std::string>, std::string>;

/// Reads the current schema, without what extensions have put there.
[[nodiscard]] postgres_objects read_objects(postgres_connection& connection);

/// Lists what differs; of an object that is missing only that.
[[nodiscard]] std::vector<schema_drift>
find_drifts(const postgres_objects& live, const postgres_objects& made);

} // namespace dspex
