#pragma once

#include "dspex/any_signature.hpp"

namespace dspex::detail {

/// Says a type in terms of fewer kinds, for whoever renders or makes values:
/// an `embedding` is a list of floats, a `probability` or `confidence_score` a
/// float between 0 and 1, a `reasoning_chain` a list of texts and a `history` a
/// list of dicts, each with its constraints. The types inside too; other kinds
/// stay as they are. Accepts the same values.
[[nodiscard]] field_type plain_type(const field_type& type);

} // namespace dspex::detail
