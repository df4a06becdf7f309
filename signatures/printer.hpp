#pragma once

#include <string>
#include <vector>

#include "dspex/any_signature.hpp"

namespace dspex::detail {

/// Renders a choice of a literal or the value of a constraint.
[[nodiscard]] std::string print_value(const json& value);

/// Renders a type with its constraints.
[[nodiscard]] std::string print_type(const field_type& type);

/// Renders the canonical text of a signature.
[[nodiscard]] std::string print_signature(const std::vector<field>& inputs,
                                          const std::vector<field>& outputs);

} // namespace dspex::detail
