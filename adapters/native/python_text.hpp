#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dspex/json.hpp"

namespace dspex {

// What CPython 3.11 does with text and numbers. Prompts of DSPy are made of
// these, so each must give the same bytes. Text is UTF-8; a byte that is not
// part of a sequence counts as one character. Pure functions, thread safe.

/// The length in bytes of the character at `pos`, at least 1.
/// @pre pos < text.size()
[[nodiscard]] size_t character_length(std::string_view text, size_t pos);

/// Whether `str.isspace` holds for the character that starts the text.
[[nodiscard]] bool starts_with_space(std::string_view text);

/// `str.lstrip()`.
[[nodiscard]] std::string_view python_lstrip(std::string_view text);

/// `str.strip()`.
[[nodiscard]] std::string_view python_strip(std::string_view text);

/// `str.splitlines()`: also at form feeds, NEL, U+2028 and their like.
[[nodiscard]] std::vector<std::string_view>
python_splitlines(std::string_view text);

/// `inspect.cleandoc(text)`.
[[nodiscard]] std::string python_cleandoc(std::string_view text);

/// `repr(float)`: the shortest digits that read back, e.g. `1e+16`, `0.1`.
[[nodiscard]] std::string python_float(double x);

/// `json.dumps(value, ensure_ascii=False)`.
[[nodiscard]] std::string python_json(const json& value);

/// `str(value)` of a JSON scalar (`True`, `None`, text as it is), `python_json`
/// of an array or object: how DSPy prints the value of a field.
[[nodiscard]] std::string python_field_value(const json& value);

} // namespace dspex
