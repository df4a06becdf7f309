#pragma once

#include <string>
#include <vector>

#include "dspex/signature.hpp"

namespace dspex::detail {

/// Renders the canonical text of a signature.
[[nodiscard]] std::string print_signature(const std::vector<field>& inputs,
                                          const std::vector<field>& outputs);

} // namespace dspex::detail
