#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>

#include "dspex/records.hpp"
#include "persistence/store.hpp"

namespace dspex {

/// A value for a parameter that is known only at run time.
using sqlite_value = std::variant<int64_t, std::string, uuid>;

/// A prepared statement for one use; its parameters count from 1 in the order
/// of the `bind` calls, its columns from 0. Throws `SQLite::Exception`.
class sqlite_query {
public:
  explicit sqlite_query(SQLite::Statement& stmt) : stmt_(stmt) {
  }

  sqlite_query(const sqlite_query&) = delete;
  sqlite_query& operator=(const sqlite_query&) = delete;

  /// Frees the statement and its parameters.
  ~sqlite_query();

  // -- parameters -------------------------------------------------------------

  sqlite_query& bind(int64_t x);
  sqlite_query& bind(uint64_t x);
  sqlite_query& bind(const std::string& x);
  sqlite_query& bind(std::string_view x);
  sqlite_query& bind(const uuid& x);
  sqlite_query& bind(timestamp x);
  sqlite_query& bind(const document& x);
  sqlite_query& bind(errc x);
  sqlite_query& bind(const sqlite_value& x);
  sqlite_query& bind_null();

  template <class Tag>
  sqlite_query& bind(const strong_id<Tag>& x) {
    return bind(x.value);
  }

  template <class T>
  sqlite_query& bind(const std::optional<T>& x) {
    return x ? bind(*x) : bind_null();
  }

  // -- execution --------------------------------------------------------------

  /// Runs a statement without results; the statement can then be bound again.
  /// @returns how many rows changed.
  int run();

  /// Moves to the first or next row; false after the last.
  [[nodiscard]] bool next();

  /// Ends the reading of rows, so that the statement can be bound again.
  void rewind();

  // -- columns of the present row ---------------------------------------------

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] int64_t integer(int column) const;
  [[nodiscard]] uint64_t count(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] uuid id(int column) const;
  [[nodiscard]] timestamp time(int column) const;
  [[nodiscard]] std::optional<timestamp> optional_time(int column) const;
  [[nodiscard]] document json_document(int column) const;
  [[nodiscard]] errc code(int column) const;

private:
  SQLite::Statement& stmt_;
  int next_parameter_ = 1;
};

/// How a SQLite file is opened.
struct sqlite_file {
  /// Absolute.
  std::string path;
  std::chrono::milliseconds timeout{5000};
};

/// Finds the file behind `sqlite:TEXT`, by the name that every process gives
/// it. Errors as `open_database` says.
[[nodiscard]] result<sqlite_file>
locate_sqlite(const std::string& text, const database_options& options);

/// One connection with its prepared statements. Used by one thread at a time.
/// Throws `SQLite::Exception`, which `sqlite_error` translates.
class sqlite_connection {
public:
  /// @param create makes the file if it does not exist.
  sqlite_connection(sqlite_file file, access mode, bool create);

  /// Opens an existing file for writing and shuts everybody else out, readers
  /// too, until the connection closes; null if somebody has it open.
  [[nodiscard]] static std::unique_ptr<sqlite_connection>
  open_alone(const sqlite_file& file);

  /// Returns a statement for this text, prepared once per connection. At most
  /// one query per text can be in use.
  [[nodiscard]] sqlite_query query(std::string_view sql);

  /// Runs one or several statements that take no parameters and are not kept.
  void run_script(const char* sql);

  /// Turns on write-ahead logging; waits for others that do so, too.
  void use_wal();

  [[nodiscard]] const sqlite_file& file() const noexcept {
    return file_;
  }

  [[nodiscard]] bool in_transaction() const noexcept;

private:
  sqlite_connection(sqlite_file file, int flags, const char* locking_mode);

  sqlite_file file_;
  SQLite::Database db_;
  std::unordered_map<std::string, SQLite::Statement> statements_;
};

/// A transaction that is rolled back unless it is committed.
class sqlite_transaction {
public:
  enum class kind {
    /// One snapshot for several queries.
    read,
    /// Takes the write lock at once.
    write,
  };

  sqlite_transaction(sqlite_connection& connection, kind what);
  ~sqlite_transaction();

  sqlite_transaction(const sqlite_transaction&) = delete;
  sqlite_transaction& operator=(const sqlite_transaction&) = delete;

  /// When it returns, what was written is on the disk.
  void commit();

private:
  sqlite_connection& connection_;
};

/// The one translation of SQLite's errors.
[[nodiscard]] error sqlite_error(const SQLite::Exception& ex,
                                 const sqlite_file& file);

/// Calls `f` and translates what it throws.
template <class F>
auto guarded(const sqlite_file& file, F f) -> decltype(f()) {
  try {
    return f();
  } catch (const SQLite::Exception& ex) {
    return fail(sqlite_error(ex, file));
  }
}

} // namespace dspex
