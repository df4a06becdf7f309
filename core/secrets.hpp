#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "dspex/json.hpp"

namespace dspex {

/// The text with every occurrence of the secret replaced by `***`. A secret of
/// less than eight bytes is taken for the placeholder of a server that wants no
/// key (`EMPTY`, `none`), which answers may well contain, and is left alone.
[[nodiscard]] std::string mask_secret(std::string text,
                                      std::string_view secret);

/// The same for every text and every member's name inside a value.
void mask_secret(json& value, std::string_view secret);

/// How much of a text that is not at its end yet can be masked: the rest may
/// be the start of the secret.
[[nodiscard]] size_t maskable_length(std::string_view text,
                                     std::string_view secret);

} // namespace dspex
