#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dspex/any_signature.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex::cli {

/// Reads `field=value` items for the inputs of a signature; the last of one
/// field wins. A value is text if its field is a `str` or if it is no JSON.
/// @returns `invalid_option` for an item without `=` or name.
[[nodiscard]] result<json> read_inputs(const std::vector<std::string>& items,
                                       const any_signature& sig);

/// Reads `key=value` items with dotted keys into nested objects, e.g.
/// `lm.temperature=0.2`. A value is JSON, or text if it is none.
/// @returns `invalid_option`, also for a key inside one that has a value.
[[nodiscard]] result<json> read_settings(const std::vector<std::string>& items);

/// Reads a JSON object from the text itself, or from a file as `@FILE`.
/// @returns `invalid_input` with the place, `not_found` for a file.
[[nodiscard]] result<json> read_object(const std::string& argument,
                                       size_t max_bytes);

} // namespace dspex::cli
