#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dspex {

/// The outcome of an arithmetic question.
struct sim_number {
  /// False if the expression has no finite value, e.g. `1 / 0`.
  bool defined = true;
  double value = 0;
};

/// Solves a text that is an arithmetic expression (`12 * (3 - 1)`) or asks for
/// one (`What is 7 plus 5?`, `Calculate 2^10.`).
///
/// A number, a date (`2024-01-15`) or an expression inside an ordinary sentence
/// (`open 24/7`) is no question. Knows `+ - * / ^ ** ( )`, unary signs, and
/// `plus minus times`, `multiplied by`, `divided by`.
/// @returns nothing if the text asks for no arithmetic.
[[nodiscard]] std::optional<sim_number>
solve_sim_arithmetic(std::string_view text);

/// Prints without exponent where that is short: `4`, `0.5`, `-1.25`.
[[nodiscard]] std::string print_sim_number(double value);

} // namespace dspex
