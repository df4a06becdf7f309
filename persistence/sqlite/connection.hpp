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
#include "persistence/sqlite/target.hpp"

namespace dspex {

/// The value of a parameter whose type is known only at run time.
using sqlite_value = std::variant<int64_t, std::string, uuid>;

/// A prepared statement for one use. Each `bind` fills the next parameter;
/// columns count from 0. Its functions throw `SQLite::Exception`.
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
  /// @returns the number of rows that changed.
  int run();

  /// Moves to the first or next row; returns false after the last.
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

/// One connection with its prepared statements. Used by one thread at a time.
/// Its functions throw `SQLite::Exception`, which `sqlite_error` translates.
class sqlite_connection {
public:
  /// @param create makes the file if it does not exist.
  sqlite_connection(sqlite_file file, access mode, bool create);

  /// Opens an existing file for writing and shuts all other connections out,
  /// readers too, until this one closes. Returns null if the file is open
  /// elsewhere.
  [[nodiscard]] static std::unique_ptr<sqlite_connection>
  open_alone(const sqlite_file& file);

  /// Returns a statement for the text, which is prepared once per connection.
  /// At most one query per text can be in use.
  [[nodiscard]] sqlite_query query(std::string_view sql);

  /// Runs one or several statements that take no parameters and are not kept.
  void run_script(const char* sql);

  /// Turns on write-ahead logging; waits for other processes that do so, too.
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
    /// Gives several queries one snapshot.
    read,
    /// Takes the write lock at once.
    write,
  };

  sqlite_transaction(sqlite_connection& connection, kind what);
  ~sqlite_transaction();

  sqlite_transaction(const sqlite_transaction&) = delete;
  sqlite_transaction& operator=(const sqlite_transaction&) = delete;

  /// Makes sure that the changes are on the disk before it returns.
  void commit();

private:
  sqlite_connection& connection_;
};

/// Translates an exception of SQLite.
[[nodiscard]] error sqlite_error(const SQLite::Exception& ex,
                                 const sqlite_file& file);

/// Calls `f` and translates the exception that it throws.
template <class F>
auto sqlite_guarded(const sqlite_file& file, F f) -> decltype(f()) {
  try {
    return f();
  } catch (const SQLite::Exception& ex) {
    return fail(sqlite_error(ex, file));
  }
}

/// Runs `f` in a transaction that is committed if `f` succeeds, and translates
/// the exception that it throws.
template <class F>
auto sqlite_in_transaction(sqlite_connection& connection, F f)
  -> decltype(f()) {
  return sqlite_guarded(connection.file(), [&]() -> decltype(f()) {
    auto change = sqlite_transaction{connection,
                                     sqlite_transaction::kind::write};
    auto out = f();
    if (out)
      change.commit();
    return out;
  });
}

/// Returns whether a query with these parameters has a row.
template <class... Ts>
bool finds(sqlite_connection& connection, std::string_view sql,
           const Ts&... xs) {
  auto query = connection.query(sql);
  (query.bind(xs), ...);
  return query.next();
}

} // namespace dspex
