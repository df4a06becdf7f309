#pragma once

#include <vector>

#include "dspex/any_signature.hpp"
#include "signatures/reader.hpp"
#include "signatures/values/patterns.hpp"

namespace dspex::detail {

/// Prints fields as the array that `read_fields` reads.
[[nodiscard]] json print_fields(const std::vector<field>& fields);

/// Reads the two arrays of a signature in canonical form. Trusts nothing:
/// unknown, missing and misplaced members are errors, only `dspy` (how DSPy
/// renders the field) is skipped.
/// @param patterns receives every pattern.
[[nodiscard]] result<field_lists>
read_fields(const json& inputs, const json& outputs, pattern_pool& patterns);

/// Returns what is wrong with the two arrays, at most `max_faults` things:
/// after each it reads on with the next member.
[[nodiscard]] std::vector<error>
find_faults(const json& inputs, const json& outputs, pattern_pool& patterns);

} // namespace dspex::detail
