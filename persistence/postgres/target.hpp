#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "persistence/store.hpp"

namespace dspex {

/// The place of a PostgreSQL database, read from its URL.
struct postgres_target {
  /// The text that libpq connects with; it may hold a password.
  std::string connection_text;
  /// The name of the place for people: `postgresql://HOST:PORT/DATABASE`,
  /// without secrets.
  std::string label;
  /// The password of the URL; empty if there is none.
  std::string password;
  /// The time that a statement may take, with the waiting for locks.
  std::chrono::milliseconds timeout{5000};
};

/// Returns whether a URL has one of the schemes `postgresql:` and `postgres:`.
[[nodiscard]] bool is_postgres(std::string_view url);

/// Reads the URL and adds what the URL leaves open: a time limit for
/// connecting, TCP keepalives, and, if it names several hosts, the demand for a
/// host that takes writes. Returns `errc::invalid_option` for a URL that libpq
/// does not understand; the error does not show the URL, since that may hold a
/// password.
[[nodiscard]] result<postgres_target>
locate_postgres(const database_options& options);

} // namespace dspex
