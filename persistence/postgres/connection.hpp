#pragma once

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <pqxx/result>

#include "persistence/postgres/target.hpp"
#include "persistence/postgres/values.hpp"
#include "persistence/postgres/watchdog.hpp"
#include "persistence/store.hpp"

namespace pqxx {
class nontransaction;
}

namespace dspex {

/// A statement that failed, with the error that the caller of the store gets.
/// The exception never leaves `persistence/postgres/`.
class postgres_failure : public std::exception {
public:
  postgres_failure(error err, std::string sqlstate, bool broken)
    : err_(std::move(err)), sqlstate_(std::move(sqlstate)), broken_(broken) {
  }

  [[nodiscard]] const char* what() const noexcept override {
    return err_.message.c_str();
  }

  [[nodiscard]] const error& reason() const noexcept {
    return err_;
  }

  /// Returns the five characters of the server, or an empty text if the failure
  /// did not come from the server.
  [[nodiscard]] const std::string& sqlstate() const noexcept {
    return sqlstate_;
  }

  /// Returns whether the connection is of no more use.
  [[nodiscard]] bool is_broken() const noexcept {
    return broken_;
  }

private:
  error err_;
  std::string sqlstate_;
  bool broken_;
};

/// A row of a result; its columns count from 0. A value that the store cannot
/// have written throws `postgres_failure`.
class postgres_row {
public:
  postgres_row(const pqxx::result& rows, size_t index)
    : rows_(rows), index_(index) {
  }

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::string_view view(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool boolean(int column) const;
  [[nodiscard]] int64_t integer(int column) const;
  [[nodiscard]] uint64_t count(int column) const;
  [[nodiscard]] uuid id(int column) const;
  [[nodiscard]] timestamp time(int column) const;
  [[nodiscard]] std::optional<timestamp> optional_time(int column) const;
  [[nodiscard]] document json_document(int column) const;
  [[nodiscard]] errc code(int column) const;
  /// Throws because of the value in a column.
  [[noreturn]] void refuse(int column, const char* why) const;

private:
  const pqxx::result& rows_;
  size_t index_;
};

/// The result of a statement.
class postgres_rows {
public:
  explicit postgres_rows(pqxx::result rows) : rows_(std::move(rows)) {
  }

  [[nodiscard]] size_t size() const;

  [[nodiscard]] bool empty() const {
    return size() == 0;
  }

  [[nodiscard]] postgres_row operator[](size_t index) const {
    return {rows_, index};
  }

  /// Returns how many rows the statement changed.
  [[nodiscard]] size_t changes() const;

private:
  pqxx::result rows_;
};

/// One connection with its prepared statements. Used by one thread at a time.
/// Its functions throw `postgres_failure`. If `is_broken` is true after that,
/// only another connection helps. This class and its source are the only place
/// that knows libpqxx and the differences between its versions.
class postgres_connection {
public:
  /// Connects.
  /// @param patient lets statements take as long as they need; the time limit
  /// of
  ///        locks holds all the same.
  postgres_connection(const postgres_target& target, access mode,
                      std::shared_ptr<postgres_watchdog> watchdog,
                      bool patient = false);
  ~postgres_connection();

  postgres_connection(const postgres_connection&) = delete;
  postgres_connection& operator=(const postgres_connection&) = delete;

  /// Starts the time limit of a call; the statements that follow belong to it.
  void begin_call();

  /// Runs a statement, which is prepared once per connection and text.
  template <class... Ts>
  postgres_rows run(const std::string& sql, const Ts&... xs) {
    return run_with(sql, {as_parameter(xs)...});
  }

  postgres_rows run_with(const std::string& sql,
                         const std::vector<postgres_text>& parameters);

  /// Runs a prepared statement whose parameters are all binary, and not null.
  postgres_rows run_binary(const std::string& sql,
                           const std::vector<std::string>& parameters);

  /// Runs one or several statements that take no parameters and are not kept.
  postgres_rows run_script(const std::string& sql);

  [[nodiscard]] bool is_broken() const;

  [[nodiscard]] const postgres_target& target() const noexcept {
    return target_;
  }

private:
  struct library;

  const std::string& prepare(const std::string& sql);

  // Calls `f` with a transaction object, under the watchdog, and translates its
  // exceptions.
  template <class F>
  postgres_rows guarded_run(F f);

  postgres_target target_;
  std::shared_ptr<postgres_watchdog> watchdog_;
  bool patient_;
  postgres_watchdog::clock::time_point deadline_;
  bool broken_ = false;
  std::unordered_map<std::string, std::string> names_;
  std::unique_ptr<library> library_;
};

/// A transaction that is rolled back unless it is committed.
class postgres_transaction {
public:
  explicit postgres_transaction(postgres_connection& connection);
  ~postgres_transaction();

  postgres_transaction(const postgres_transaction&) = delete;
  postgres_transaction& operator=(const postgres_transaction&) = delete;

  /// Makes the changes durable before it returns.
  void commit();

private:
  postgres_connection& connection_;
  bool open_ = true;
};

/// Calls `f` and returns the failure that it throws as an error.
template <class F>
auto postgres_guarded(F f) -> decltype(f()) {
  try {
    return f();
  } catch (const postgres_failure& x) {
    return fail(x.reason());
  }
}

/// Runs `f` in a transaction that is committed if `f` succeeds. If another
/// transaction came between, `f` runs again.
template <class F>
auto postgres_in_transaction(postgres_connection& connection, F f)
  -> decltype(f()) {
  constexpr auto most_attempts = 5;
  for (auto attempt = 1;; ++attempt) {
    try {
      auto change = postgres_transaction{connection};
      auto out = f();
      if (out)
        change.commit();
      return out;
    } catch (const postgres_failure& x) {
      // Another transaction inserted the same row, removed a row that this one
      // refers to, or held locks in another order.
      auto& state = x.sqlstate();
      auto again = state == "23505" || state == "23503"
                   || state.starts_with("40");
      if (!again || attempt == most_attempts)
        throw;
    }
  }
}

} // namespace dspex
