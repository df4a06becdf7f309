#pragma once

#include <optional>
#include <string_view>

#include "dspex/json.hpp"

namespace dspex {

/// Reads a value as models write it: JSON, or a Python literal.
///
/// Beyond JSON it takes single quotes, `True False None`, `+7`, `0x10`,
/// `1_000`, `.5`, trailing commas, tuples and sets (as arrays), unquoted words
/// inside a container, and text around a fenced block. Safe on any bytes;
/// nesting is bounded.
/// @returns nothing if the text is not one whole value; a text that ends inside
///          a container is none.
[[nodiscard]] std::optional<json> read_loose_json(std::string_view text);

/// The same for an array that stands somewhere in the text: reads from the
/// first `[` and ignores what is around it.
[[nodiscard]] std::optional<json> find_loose_array(std::string_view text);

/// Reads a number as Python's `int` and `float` do, without white space around
/// it; nothing beyond 64 bits, and no `nan` or `inf`.
[[nodiscard]] std::optional<json> read_python_number(std::string_view text);

} // namespace dspex
