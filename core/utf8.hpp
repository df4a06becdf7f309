#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dspex {

/// Returns the length of the UTF-8 sequence that starts at `pos`, or 0 if there
/// is no valid one (RFC 3629: no overlong forms, no surrogates, nothing above
/// U+10FFFF).
/// @pre `pos < text.size()`
[[nodiscard]] size_t utf8_length(std::string_view text, size_t pos) noexcept;

/// Returns the position of the first byte that is not valid UTF-8, or npos.
[[nodiscard]] size_t find_bad_utf8(std::string_view text) noexcept;

/// Whether a text is ASCII without U+0000, as nearly all texts are. This is the
/// quickest way to know that there is nothing to find.
[[nodiscard]] bool is_plain_ascii(std::string_view text) noexcept;

/// The character U+FFFD in UTF-8.
inline constexpr auto replacement_character = std::string_view{"\xEF\xBF\xBD"};

/// Returns the text with U+FFFD for each byte that is not valid UTF-8.
[[nodiscard]] std::string replace_bad_utf8(std::string_view text);

} // namespace dspex
