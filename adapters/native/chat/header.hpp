#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace dspex {

// The lines `[[ ## name ## ]]` of the chat format. Pure functions.

struct line_header {
  std::string_view name;
  /// Characters of the stripped line.
  size_t length = 0;
};

/// Matches a header at the start of a stripped line.
[[nodiscard]] std::optional<line_header> read_header(std::string_view line);

/// The text that follows a header in its line, stripped. DSPy cuts as many
/// characters as the header has from the line as it was, with its indentation.
[[nodiscard]] std::string_view after_header(std::string_view line,
                                            size_t characters);

/// Whether a header may come of a line whose end is not there yet.
[[nodiscard]] bool may_become_header(std::string_view line);

} // namespace dspex
