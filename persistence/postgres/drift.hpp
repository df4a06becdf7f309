#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "persistence/postgres/connection.hpp"

namespace dspex {

/// The definitions of all parts of a schema. The key is an object (`table x`,
/// `index y`) and a part of it (`column z`, or empty for the object as a
/// whole).
using postgres_objects
  = std::map<std::pair<std::string, std::string>, std::string>;

/// Reads the current schema, without the objects of extensions.
[[nodiscard]] postgres_objects read_objects(postgres_connection& connection);

/// Lists the differences. For an object that is missing, the list says only
/// that.
[[nodiscard]] std::vector<schema_drift>
find_drifts(const postgres_objects& live, const postgres_objects& made);

} // namespace dspex
