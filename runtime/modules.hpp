#pragma once

#include <vector>

#include "actors/node/module_table.hpp"
#include "dspex/error.hpp"
#include "dspex/module_definition.hpp"

namespace dspex {

/// Makes the embedder's modules known.
/// @returns `invalid_signature` or `invalid_option` with the module's name.
[[nodiscard]] result<void>
add_modules(const std::vector<module_definition>& definitions,
            module_table& out);

} // namespace dspex
