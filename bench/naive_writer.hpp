#pragma once

#include <string>

#include "bench/postgres_bench.hpp"

namespace dspex::bench {

/// Records executions as one would without thinking of load: insert, update,
/// update, and the program's counter, each a transaction of its own.
class naive_writer {
public:
  /// Makes the table: that of finished executions, with the same indexes and
  /// the same reference to programs, whose rows may be unfinished.
  static void create_table(const std::string& url);

  naive_writer(const std::string& url, execution_record like);

  /// Records one execution.
  void write();

private:
  bare_connection connection_;
  execution_record like_;
  std::string inputs_;
  std::string outputs_;
  std::string metadata_;
};

} // namespace dspex::bench
