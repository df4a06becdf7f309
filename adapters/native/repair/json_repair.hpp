#pragma once

#include <optional>
#include <string_view>

#include "dspex/json.hpp"

namespace dspex {

/// Reads JSON as models write it, with the outcome of Python's `json_repair`,
/// which DSPy reads replies with.
///
/// Takes what stands around the JSON (prose, fences), comments, single and
/// typographic quotes, quotes that are missing or doubled, names without
/// quotes, `True` and `None`, commas too few or too many, and texts that end
/// early; several values in one text become an array. Safe on any bytes: depth
/// and work are bounded.
/// @returns nothing if there is no container in the text, and for what JSON
///          cannot carry (numbers beyond 64 bits, `nan`).
[[nodiscard]] std::optional<json> repair_json(std::string_view text);

} // namespace dspex
