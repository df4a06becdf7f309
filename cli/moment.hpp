#pragma once

#include <string>
#include <string_view>

#include "dspex/error.hpp"
#include "dspex/id.hpp"

namespace dspex::cli {

/// Reads a moment in UTC, `2026-01-31T12:00:00Z` or `2026-01-31`, or how long
/// ago it was: `45s`, `90m`, `12h`, `30d`, `2w`.
/// @param option names the option in the error, e.g. `--since`.
/// @returns `invalid_option`.
[[nodiscard]] result<timestamp>
read_moment(std::string_view option, std::string_view text, timestamp now);

} // namespace dspex::cli
