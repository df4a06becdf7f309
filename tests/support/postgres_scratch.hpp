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

/// A place for one store on the server of the tests; it goes with the object,
/// and all that is in it.
class scratch_schema {
public:
  enum class scope {
    /// Takes a few milliseconds.
    schema,
    /// For what is the same for all schemas of a database.
    database,
  };

  explicit scratch_schema(scope where = scope::schema);
  ~scratch_schema();

  scratch_schema(const scratch_schema&) = delete;
  scratch_schema& operator=(const scratch_schema&) = delete;

  /// Opens the place, and nothing else of the server.
  [[nodiscard]] std::string url() const;

  /// How errors call it.
  [[nodiscard]] std::string label() const;

  /// Runs statements there, as the superuser.
  /// @returns the rows of the last one, their columns joined by `|`.
  std::vector<std::string> run(const std::string& sql) const;

private:
  scope where_;
  std::string name_;
};

} // namespace dspex::test
