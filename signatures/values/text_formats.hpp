#pragma once

#include <string_view>

namespace dspex::detail {

/// Returns whether a text is a date of the Gregorian calendar in the extended
/// format of ISO 8601, alone or with a time of day: `2026-01-31`,
/// `2026-01-31T12:34`, `2026-01-31T12:34:56.789+01:00`.
[[nodiscard]] bool is_datetime(std::string_view text) noexcept;

/// Returns whether a text can stand for an image: a URL of the scheme `http`,
/// `https` or `gs`, or a data URI. Other schemes are refused, so that a value
/// from outside cannot name a file of this machine.
[[nodiscard]] bool is_image(std::string_view text) noexcept;

} // namespace dspex::detail
