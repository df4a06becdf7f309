#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "dspex/error.hpp"

namespace dspex::detail {

/// What is wrong at one place of a text that is being read.
struct issue {
  /// 0-based, in bytes.
  size_t offset = 0;
  /// What the language wants there, e.g. `a type`.
  std::string expected;
  /// What stands there instead, e.g. `"]"`.
  std::string found;
};

/// Makes `Invalid signature at column C: expected E, found F in "TEXT"` with
/// the details `{"column", "expected", "text"}`. Columns are 1-based and count
/// code points; text before the offset is valid UTF-8.
[[nodiscard]] error to_error(const issue& what, std::string_view text);

/// The same for the text of a type at a place in a JSON document:
/// `Invalid signature at /inputs/0/type, column C: ...`; the details have the
/// `"pointer"` too.
[[nodiscard]] error to_error(const issue& what, std::string_view text,
                             const std::string& pointer);

/// Makes `Invalid signature at POINTER: expected E, found F` with the details
/// `{"pointer", "expected"}`.
[[nodiscard]] error make_json_error(const std::string& pointer,
                                    std::string expected,
                                    const std::string& found);

} // namespace dspex::detail
