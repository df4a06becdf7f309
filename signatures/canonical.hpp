#pragma once

#include <vector>

#include "dspex/any_signature.hpp"
#include "signatures/reader.hpp"
#include "signatures/values/patterns.hpp"

namespace dspex::detail {

/// Prints fields as the array that `read_fields` reads.
[[nodiscard]] json print_fields(const std::vector<field>& fields);

/// Reads the two arrays of a signature in canonical form. The reader trusts
/// nothing: unknown, missing and misplaced members are errors. It skips only
/// `dspy`, which is how DSPy renders the field.
/// @param patterns receives every pattern.
[[nodiscard]] result<field_lists>
read_fields(const json& inputs, const json& outputs, pattern_pool& patterns);

/// Returns what is wrong with the two arrays, at most `max_faults` things:
/// after each fault reading goes on with the next member.
[[nodiscard]] std::vector<error>
find_faults(const json& inputs, const json& outputs, pattern_pool& patterns);

} // namespace dspex::detail
