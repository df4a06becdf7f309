#pragma once

#include <optional>

#include "adapters/native/python/type.hpp"

namespace dspex {

/// `TypeAdapter(annotation).validate_python(value)` of pydantic, in its lax
/// mode: `"42"` is an int and `"yes"` a bool, members of a model that are
/// missing get their defaults, and a union takes the alternative that needs the
/// least.
/// @returns the value as pydantic would dump it as JSON, or nothing if it does
///          not fit; also for what JSON cannot carry (`nan`, integers beyond 64
///          bits).
[[nodiscard]] std::optional<json> coerce(const json& value,
                                         const python_annotation& annotation);

} // namespace dspex
