#pragma once

#include <string>
#include <vector>

namespace dspex::test {

/// Whether the tests have a PostgreSQL server; see `scripts/with-postgres`.
/// Throws if there is none though `DSPEX_REQUIRE_POSTGRES` is set.
[[nodiscard]] bool has_postgres();

/// Skips the test if there is no server.
#define DSPEX_NEEDS_POSTGRES() \
  if (!has_postgres()) \
  GTEST_SKIP() << "run it under scripts/with-postgres"

/// An empty schema of its own on the server of the tests, where everything in
/// it goes with the object.
class scratch_schema {
public:
  scratch_schema();
  ~scratch_schema();

  scratch_schema(const scratch_schema&) = delete;
  scratch_schema& operator=(const scratch_schema&) = delete;

  /// Opens the schema, and nothing else of the server.
  [[nodiscard]] std::string url() const;

  [[nodiscard]] const std::string& name() const noexcept {
    return name_;
  }

  /// Runs statements in the schema, as the superuser.
  /// @returns the rows of the last one, their columns joined by `|`.
  std::vector<std::string> run(const std::string& sql) const;

private:
  std::string name_;
};

} // namespace dspex::test
