#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

#include "config/problem.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// When a run is acknowledged: once its record is committed, or as soon as it
/// has ended.
enum class durability { sync, async };

[[nodiscard]] std::string_view to_string(durability x) noexcept;

/// The `configuration` of a program record, checked.
struct program_configuration {
  /// The keys `modules`, `lm` and `tools`, as far as given. The backend has to
  /// know them, and only `reinitialize` changes them.
  json backend = json::object();
  dspex::durability durability = durability::sync;
  /// The deadline of a whole run, waiting included.
  std::chrono::milliseconds timeout{60'000};
  /// Runs at the same time, per node.
  size_t max_concurrency = 16;
  /// Runs that wait beyond these.
  size_t max_queue = 1000;
  /// Attempts of a run; 1 is no retry.
  size_t retry_max_attempts = 1;
  std::chrono::milliseconds init_timeout{60'000};
  std::chrono::milliseconds drain_timeout{30'000};

  friend bool
  operator==(const program_configuration&, const program_configuration&)
    = default;
};

/// Reads the configuration of a program.
///
/// @returns `invalid_option` with every problem, naming the key, and for an
///          unknown key the known ones. An `api_key` is refused: records hold
///          no secrets.
[[nodiscard]] result<program_configuration>
parse_program_configuration(const json& value);

/// Reads as far as possible and appends what is wrong to `problems`; their keys
/// are relative to `value`.
[[nodiscard]] program_configuration
read_program_configuration(const json& value,
                           std::vector<option_problem>& problems);

} // namespace dspex
