#pragma once

#include <string>

#include "dspex/json.hpp"

namespace dspex {

// How CPython 3.11 prints values, byte for byte. Pure functions, thread safe.

/// `repr(float)`: the shortest digits that read back, e.g. `1e+16`, `0.1`.
[[nodiscard]] std::string python_float(double x);

/// `json.dumps(value, ensure_ascii=False)`.
[[nodiscard]] std::string python_json(const json& value);

/// `json.dumps(value, indent=2, ensure_ascii=False)`.
[[nodiscard]] std::string python_json_indented(const json& value);

/// `repr(value)` of what the JSON value is in Python: `{'a': None, 'b': 'x'}`.
[[nodiscard]] std::string python_repr(const json& value);

/// `str(value)` of a JSON scalar (`True`, `None`, text as it is), `python_json`
/// of an array or object: how DSPy prints the value of a field.
[[nodiscard]] std::string python_field_value(const json& value);

/// `str(value)`: `python_repr`, but text as it is.
[[nodiscard]] std::string python_str(const json& value);

} // namespace dspex
