#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// One thing that is wrong with an option, and where it stands.
struct option_problem {
  /// A file, `environment NAME` or `command line`; empty if the options came
  /// as a JSON document.
  std::string source;
  /// The line, 1-based; 0 if the source has no lines.
  size_t line = 0;
  size_t column = 0;
  /// The dotted path of the option; empty if the source as a whole is wrong.
  std::string key;
  /// What is wrong, without the key, e.g. `unknown key`.
  std::string message;
};

/// Renders `SOURCE:LINE:COLUMN: KEY: MESSAGE` without the parts that are
/// absent.
[[nodiscard]] std::string to_string(const option_problem& x);

/// Makes one `invalid_option` of all problems, with
/// `{"problems": [{"file", "line", "column", "key", "message"}]}`; absent parts
/// are null.
/// @param intro opens the message, e.g. `Invalid options: `; may be empty.
/// @param separator stands between the problems in the message.
[[nodiscard]] error to_error(const std::vector<option_problem>& problems,
                             std::string_view intro,
                             std::string_view separator);

/// Returns the candidate that a mistyped name most likely means, or an empty
/// text if none is close.
[[nodiscard]] std::string
nearest_name(std::string_view name, const std::vector<std::string>& candidates);

/// Renders a value for a message: JSON, cut off after 40 bytes.
[[nodiscard]] std::string excerpt(const json& value);

/// Joins names with commas.
[[nodiscard]] std::string
comma_separated(const std::vector<std::string_view>& names);

} // namespace dspex
