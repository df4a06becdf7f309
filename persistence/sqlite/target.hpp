#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "persistence/store.hpp"

namespace dspex {

/// How a SQLite file is opened.
struct sqlite_file {
  /// Absolute.
  std::string path;
  std::chrono::milliseconds timeout{5000};
};

/// Whether a URL has the scheme `sqlite:`.
[[nodiscard]] bool is_sqlite(std::string_view url);

/// Finds the file behind `sqlite:FILE`, by the name that every process gives
/// it. Returns the errors that `open_database` lists.
/// @pre `is_sqlite(options.url)`
[[nodiscard]] result<sqlite_file>
locate_sqlite(const database_options& options);

} // namespace dspex
