#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <libpq-fe.h>

#include "dspex/records.hpp"

namespace dspex::bench {

struct pg_deleter {
  void operator()(PGconn* x) const noexcept {
    PQfinish(x);
  }
  void operator()(PGresult* x) const noexcept {
    PQclear(x);
  }
};

/// A bare connection, without anything of dspex around it.
class bare_connection {
public:
  using result_ptr = std::unique_ptr<PGresult, pg_deleter>;

  /// @throws std::runtime_error, as do the others.
  explicit bare_connection(const std::string& url);

  /// Runs one or more statements in a transaction.
  result_ptr run(const std::string& sql);

  /// The only value of the only row.
  std::string value(const std::string& sql);

  /// Fails unless the result is what a statement returns that went well.
  result_ptr checked(PGresult* x);

  [[nodiscard]] PGconn* get() const {
    return connection_.get();
  }

private:
  std::unique_ptr<PGconn, pg_deleter> connection_;
};

/// A database of its own, with the schema of this build, on the server of
/// `scripts/with-postgres`; dropped with the object.
class bench_database {
public:
  bench_database();
  bench_database(const bench_database&) = delete;
  bench_database& operator=(const bench_database&) = delete;
  ~bench_database();

  [[nodiscard]] const std::string& url() const {
    return url_;
  }

private:
  std::string server_;
  std::string name_;
  std::string url_;
};

/// Writes copies of one execution with COPY BINARY: what the server does at
/// best with such rows.
class copy_writer {
public:
  /// @param like what every row says but for its id; `rows` go in one
  ///        transaction, which also moves the counters of the program.
  copy_writer(const std::string& url, execution_record like, size_t rows);

  /// Writes one transaction of rows with new ids.
  void write();

  /// The same as if they had been accepted at that time.
  void write_at(timestamp t);

private:
  void send();
  void append_row();
  [[nodiscard]] char* row(size_t n);

  bare_connection connection_;
  execution_record like_;
  size_t rows_;
  std::string command_;
  std::string data_;
  size_t row_size_ = 0;
};

/// Seconds of CPU so far: of the server's processes, and of this one.
[[nodiscard]] double server_cpu();
[[nodiscard]] double client_cpu();

/// The folder in which the server keeps its data.
[[nodiscard]] std::string server_folder();

} // namespace dspex::bench
