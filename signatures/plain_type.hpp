#pragma once

#include "dspex/any_signature.hpp"

namespace dspex::detail {

/// Returns a type of fewer kinds that accepts the same values, for code that
/// renders types or makes values. An `embedding` becomes a list of floats, a
/// `probability` or `confidence_score` a float between 0 and 1, a
/// `reasoning_chain` a list of texts and a `history` a list of dicts, each with
/// its constraints. The types inside are replaced in the same way; other kinds
/// stay as they are.
[[nodiscard]] field_type plain_type(const field_type& type);

} // namespace dspex::detail
