#pragma once

#include <string>
#include <vector>

#include "dspex/adapter.hpp"

namespace dspex {

/// Describes a program so that a worker can make it: `{"inputs", "outputs",
/// "instructions", "configuration"}`. Types are `{"kind", "arguments",
/// "choices", "schema", "constraints"}` with kinds that Python has: a
/// `probability` is a `float`, an `embedding` a `list`.
[[nodiscard]] json python_definition(const any_signature& sig,
                                     const json& configuration);

/// Checks as much of a configuration as can be said without Python.
/// @param allowed the Python modules that programs may name.
/// @returns `invalid_option`, details `{"key"}`.
[[nodiscard]] result<void>
check_python_configuration(const any_signature& sig, const json& configuration,
                           const std::vector<std::string>& allowed);

} // namespace dspex
