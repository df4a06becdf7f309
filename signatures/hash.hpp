#pragma once

#include <string>
#include <string_view>

namespace dspex::detail {

/// The SHA-256 of some bytes as 64 lower-case hexadecimal digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

} // namespace dspex::detail
