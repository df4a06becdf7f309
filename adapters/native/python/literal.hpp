#pragma once

#include <optional>
#include <string_view>

#include "dspex/json.hpp"

namespace dspex {

/// What became of reading a number.
enum class number_outcome {
  value,
  no_number,
  /// The number is one that JSON cannot carry: an integer beyond 64 bits, or
  /// infinite.
  too_large,
};

struct read_number {
  number_outcome outcome = number_outcome::no_number;
  json value;
};

/// Reads a decimal number as Python's `int` (no point, no exponent) or `float`
/// does, without white space around it; `_` may stand between digits.
[[nodiscard]] read_number read_decimal(std::string_view text);

/// `ast.literal_eval(text)` for what needs no brackets: numbers in any base,
/// strings, `True False None`, and tuples of these.
/// @returns nothing if the text is no such literal, or JSON cannot carry it.
[[nodiscard]] std::optional<json> read_python_literal(std::string_view text);

} // namespace dspex
