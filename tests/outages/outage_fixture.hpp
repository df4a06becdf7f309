#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dspex/dspex.hpp"
#include "tests/outages/postgres_server.hpp"
#include "tests/runtime/caller_load.hpp"

namespace dspex::test {

/// A node on a real PostgreSQL, kept busy while something happens to that.
///
/// Each test ends with `expect_nothing_lost`, which counts in the database.
class outage_test : public testing::Test {
protected:
  /// How long the store may take for a statement.
  static constexpr auto store_timeout = std::chrono::milliseconds{1000};
  static constexpr auto run_timeout = std::chrono::milliseconds{1500};

  void SetUp() override;

  /// The URL of a database by way of these ports.
  static std::string url_of(const std::string& database,
                            const std::vector<uint16_t>& ports);

  /// Makes the schema and starts a node with busy programs.
  /// @param ports where the node finds the server.
  void start_node(const std::string& database,
                  const std::vector<uint16_t>& ports);

  /// Lets something happen under load, several times; nobody needs to hear of
  /// it.
  void expect_recovery_after(const std::function<void()>& fault);

  /// Lets the store be away under load: callers hear so, and are served again
  /// within 5 s of its return.
  void expect_to_ride_out(const std::function<void()>& begin,
                          const std::function<void()>& end);

  postgres_server& server() {
    return *server_;
  }

private:
  void expect_nothing_lost();

  std::optional<postgres_server> server_;
  std::string database_;
  std::unique_ptr<runtime> node_;
  std::unique_ptr<caller_load> load_;
};

} // namespace dspex::test
