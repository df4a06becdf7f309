#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/config.hpp"
#include "dspex/json.hpp"

namespace dspex {

// These functions decide what is a secret, and keep it out of messages, logs
// and records. `mask_url` of dspex/config.hpp belongs to them.

// -- names --------------------------------------------------------------------

/// Whether what has this name may be a secret: the name contains `key`, `pass`,
/// `token` or the like. This is the rule for what is shown, where masking
/// without need does no harm.
[[nodiscard]] bool may_name_secret(std::string_view name);

/// Whether what has this name is a secret beyond doubt: the name ends in
/// `api_key`, `password` or the like, so that `max_tokens` is none. This is the
/// rule for what is refused. `may_name_secret` is true for each such name.
[[nodiscard]] bool names_secret(std::string_view name);

// -- masks --------------------------------------------------------------------

/// Replaces every occurrence of the secret, unless it is empty, by `***`.
[[nodiscard]] std::string mask_password(std::string text,
                                        std::string_view secret);

/// Does the same for the key of a model server. A key of less than eight
/// bytes is taken for the placeholder of a server that wants no key (`EMPTY`,
/// `none`), which answers may well contain, and is left alone.
[[nodiscard]] std::string mask_secret(std::string text,
                                      std::string_view secret);

/// Masks a key in every text and every member's name inside a value.
void mask_secret(json& value, std::string_view secret);

/// Returns how much of a text that is not at its end yet can be masked: the
/// rest may be the start of the secret.
[[nodiscard]] size_t maskable_length(std::string_view text,
                                     std::string_view secret);

/// Masks the secrets of a command line in a message about it: a parser quotes
/// what it did not expect, and that may be a key in the wrong place. Secrets
/// are the values of options whose names may name a secret, those in
/// `NAME=VALUE`, and what `mask_url` finds.
[[nodiscard]] std::string
mask_arguments(std::string text, const std::vector<std::string>& arguments);

} // namespace dspex
