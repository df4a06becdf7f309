#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace dspex {

/// A place in a text, 1-based, in bytes.
struct text_position {
  size_t line = 1;
  size_t column = 1;
};

/// The most levels of brackets, and of dots in one key, of a TOML text.
inline constexpr size_t max_toml_nesting = 32;

/// Finds where brackets or dotted keys nest deeper than `max_toml_nesting`.
///
/// The library that reads TOML limits brackets but not dotted keys, and a table
/// 100 000 levels deep overflows the stack when it is destroyed. This
/// function looks at the text first, in linear time and without recursion. It
/// knows strings and comments and nothing else, so that it never refuses what
/// is shallow.
[[nodiscard]] std::optional<text_position>
find_deep_nesting(std::string_view text);

} // namespace dspex
