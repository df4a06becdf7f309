#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dspex/json.hpp"
#include "signatures/values/patterns.hpp"

namespace dspex::detail {

/// Checks and normalises the value of a constraint (3.0 becomes 3). Returns
/// what was expected if the value is not good.
using constraint_check = std::optional<std::string> (*)(json& value,
                                                        pattern_pool& patterns);

/// One constraint that a type takes.
struct constraint_row {
  std::string_view name;
  constraint_check check;
  /// The constraint whose value this one's must not exceed, if any.
  std::string_view not_above = {};
  /// The constraint whose value this one's must reach, if any.
  std::string_view not_below = {};
};

/// An integer of 0 or more.
[[nodiscard]] std::optional<std::string> check_count(json&, pattern_pool&);

/// An integer of 64 bits.
[[nodiscard]] std::optional<std::string> check_integer(json&, pattern_pool&);

/// An integer above 0.
[[nodiscard]] std::optional<std::string> check_positive(json&, pattern_pool&);

/// A finite number.
[[nodiscard]] std::optional<std::string> check_number(json&, pattern_pool&);

/// A number between 0 and 1.
[[nodiscard]] std::optional<std::string> check_share(json&, pattern_pool&);

[[nodiscard]] std::optional<std::string> check_flag(json&, pattern_pool&);

/// An RE2 pattern, which is added to the pool.
[[nodiscard]] std::optional<std::string> check_pattern(json&, pattern_pool&);

/// A list of different strings, not empty.
[[nodiscard]] std::optional<std::string> check_strings(json&, pattern_pool&);

/// A list of different integers, not empty.
[[nodiscard]] std::optional<std::string> check_integers(json&, pattern_pool&);

/// Makes equal numbers look the same: an integer if it has no fraction and fits
/// 64 bits with a sign, else a double.
void normalise_number(json& value);

/// Adds `value` to the constraints of a type, which stay in alphabetical order.
/// @returns what was expected if the value is not good: another value, or one
///          that agrees with the constraints already there.
[[nodiscard]] std::optional<std::string>
add_constraint(json& constraints, const constraint_row& row, json value,
               pattern_pool& patterns);

} // namespace dspex::detail
