#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "persistence/store.hpp"

namespace dspex {

/// Where a PostgreSQL database is, as its URL says.
struct postgres_target {
  /// What libpq takes; may hold a password.
  std::string connection_text;
  /// For people: `postgresql://HOST:PORT/DATABASE`, without secrets.
  std::string label;
  /// Empty if the URL has none.
  std::string password;
  /// How long a statement may take, the waiting for locks included.
  std::chrono::milliseconds timeout{5000};
};

/// Whether a URL has one of the schemes `postgresql:` and `postgres:`.
[[nodiscard]] bool is_postgres(std::string_view url);

/// Reads the URL and adds what it leaves open: a time limit for connecting, TCP
/// keepalives, and, where it names several hosts, that only one that takes
/// writes will do. `errc::invalid_option` for a URL that libpq does not
/// understand; the URL is not shown, since it may hold a password.
[[nodiscard]] result<postgres_target>
locate_postgres(const database_options& options);

} // namespace dspex
