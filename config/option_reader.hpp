#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// Reads an object of options strictly: its owner asks for each known member
/// once, every other member is unknown, and every problem is kept.
class option_reader {
public:
  /// @param options must outlive the reader; anything but an object is a
  /// problem.
  /// @param path where `options` stand, e.g. `retry`; empty at the root.
  option_reader(const json& options, std::string path,
                std::vector<option_problem>& problems);

  /// Reads an integer of this range into `target`; leaves it alone if absent.
  void read(std::string_view key, int64_t min, int64_t max, size_t& target);

  /// Reads milliseconds.
  void read(std::string_view key, int64_t min, int64_t max,
            std::chrono::milliseconds& target);

  /// Returns the member, or null; the caller checks it.
  [[nodiscard]] const json* member(std::string_view key);

  void complain(std::string_view key, std::string message);

  /// Complains about every member that was not asked for. Call it last.
  void finish();

private:
  std::optional<int64_t> integer(std::string_view key, int64_t min,
                                 int64_t max);

  const json& options_;
  std::string path_;
  std::vector<option_problem>& problems_;
  std::vector<std::string_view> known_;
};

} // namespace dspex
