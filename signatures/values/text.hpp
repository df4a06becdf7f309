#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "dspex/json.hpp"

namespace dspex::detail {

/// Counts the code points of valid UTF-8; in other text, the bytes that do not
/// continue a code point.
[[nodiscard]] size_t count_code_points(std::string_view text) noexcept;

/// Returns where `text` stops being UTF-8 without U+0000, in bytes.
[[nodiscard]] std::optional<size_t>
find_bad_text(std::string_view text) noexcept;

/// Appends a code point (not a surrogate) as UTF-8.
void append_utf8(std::string& out, char32_t code_point);

/// Returns the first `max` code points, with `...` if the text has more.
[[nodiscard]] std::string shorten(std::string_view text, size_t max);

/// Returns about a hundred code points around the byte `offset` on one line,
/// with `...` where something was cut.
[[nodiscard]] std::string excerpt(std::string_view text, size_t offset);

/// Prints a value for an error message in at most about 60 code points:
/// scalars as JSON, others by their size.
[[nodiscard]] std::string brief(const json& value);

/// Like `brief`, but shows what is in a short list of scalars.
[[nodiscard]] std::string brief_list(const json& values);

/// Prints a limit of a count, e.g. `at least 1 item`.
[[nodiscard]] std::string count_text(std::string_view limit, const json& number,
                                     std::string_view noun);

/// Escapes a member name for a JSON pointer.
[[nodiscard]] std::string escape_pointer(std::string_view name);

/// Prints a string as the language writes it between `quote` characters.
[[nodiscard]] std::string quote_string(std::string_view text, char quote);

/// Prints a number, in the fewest digits that read back as the same.
[[nodiscard]] std::string print_number(const json& number);

} // namespace dspex::detail
