#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "persistence/store.hpp"
#include "tests/support/must.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

/// Records as a well-behaved caller makes them, with every attribute set.
[[nodiscard]] json parse(std::string_view text);
[[nodiscard]] timestamp at_second(int64_t seconds);
[[nodiscard]] signature_record
make_signature(const std::string& module, const std::string& version = "1.0.0");
[[nodiscard]] program_record
make_program(signature_id signature, const std::string& name = "a program");
[[nodiscard]] execution_record make_running(program_id program);
[[nodiscard]] execution_record make_completed(program_id program,
                                              int64_t duration_us = 1500);
[[nodiscard]] execution_record make_failed(program_id program, errc code,
                                           int64_t duration_us = 1500);
/// Pending, and run by its caller.
[[nodiscard]] execution_record make_by_hand(program_id program);

/// An implementation of `store` under test.
struct store_engine {
  std::string name;
  /// The URL of a new store in a directory.
  std::function<std::string(const std::filesystem::path&)> url;
};

inline void PrintTo(const store_engine& x, std::ostream* out) {
  *out << x.name;
}

/// The tests that each implementation of `store` has to pass. Instantiated once
/// per engine; every test has a new store.
class StoreConformance : public testing::TestWithParam<store_engine> {
protected:
  StoreConformance();

  /// Another connection to the same store.
  [[nodiscard]] std::unique_ptr<store>
  connect(access mode = access::read_write);

  /// A new program, brought to a state by its lifecycle.
  [[nodiscard]] program_record program_in(program_status status);

  [[nodiscard]] signature_record signature_in(signature_status status);

  /// Brings a draft to another state.
  [[nodiscard]] signature_record moved(signature_record draft,
                                       signature_status status);

  /// A new execution of `program_`, run by its caller or by a node.
  [[nodiscard]] execution_record execution_in(execution_status status,
                                              bool by_hand);

  /// Expects of every program that its counters equal its rows and what was
  /// pruned.
  void expect_counters_to_equal_rows();

  /// Every finished or live execution of a program, read by pages of `limit`.
  [[nodiscard]] std::vector<execution_record>
  all_executions(const execution_filter& filter, uint32_t limit = 1000);

  temp_folder directory_;
  std::unique_ptr<database> database_;
  std::unique_ptr<store> store_;
  /// A draft program on an active signature.
  program_record program_;
};

} // namespace dspex::test
