#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "cli/render.hpp"
#include "dspex/client.hpp"

namespace dspex::cli {

/// Finds the executions that end from a moment on, by reading lists.
///
/// An execution gets into the store when it ends or has lasted a second, in any
/// order. So each reading goes back some seconds and remembers what it has
/// told; those it has seen open are looked up one by one.
class finished_feed {
public:
  /// @param which program, `completed` or `failed`, and error code; times are
  ///        ignored.
  finished_feed(client where, execution_filter which);

  /// Notes which executions have ended already: they are not told.
  result<void> start();

  /// Returns the executions that have ended since the last call, oldest first.
  result<std::vector<execution_record>> next();

private:
  result<void> read(execution_filter which,
                    std::vector<execution_record>& ended);
  result<void> look_up_open(std::vector<execution_record>& ended);
  [[nodiscard]] bool wanted(const execution_record& x) const;

  client client_;
  execution_filter which_;
  // The moment where a reading begins.
  timestamp since_{};
  // Executions accepted after `since_` that were told, or had ended before.
  std::map<execution_id, timestamp> known_;
  std::set<execution_id> open_;
};

/// Prints executions as they end, until a signal comes (`exit_interrupted`) or
/// `limit` of them were printed.
int follow_executions(const invocation& call, const client& where,
                      const execution_filter& which,
                      const std::vector<list_column>& columns,
                      std::optional<uint64_t> limit);

} // namespace dspex::cli
