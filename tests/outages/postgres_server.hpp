#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace dspex::test {

/// The cluster that `scripts/with-postgres` started for this process alone:
/// tests stop it and break it as they like.
class postgres_server {
public:
  /// Whether there is one.
  [[nodiscard]] static bool is_there();

  postgres_server();

  [[nodiscard]] uint16_t port() const {
    return port_;
  }

  /// The user as whom it runs.
  [[nodiscard]] static uid_t user();

  /// A port on which nobody listens.
  [[nodiscard]] static uint16_t free_port();

  /// Makes an empty database.
  /// @param tablespace a folder in which it keeps its data, or empty.
  /// @returns its name.
  std::string create_database(const std::string& tablespace = "");

  /// Runs a statement as the superuser, past everything that a test broke.
  /// @returns rows of columns; null is an empty text.
  std::vector<std::vector<std::string>> query(const std::string& database,
                                              const std::string& sql) const;

  void stop() const;
  /// @param port another one from now on, unless 0.
  void start(uint16_t port = 0);
  void restart() const;

private:
  void control(const std::string& arguments) const;

  /// The server stays on the port where the test before has started it.
  static uint16_t port_;
};

} // namespace dspex::test
