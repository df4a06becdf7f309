#pragma once

#include <string>

#include "adapters/native/python/type.hpp"

namespace dspex {

/// The type that a JSON Schema, as pydantic makes them, stands for. What it
/// does not understand may be anything.
/// @param classes gets what `$defs` has; references lead there.
/// @param extras for models that do not say what becomes of members that they
///        do not have.
[[nodiscard]] python_type type_of_schema(const json& schema,
                                         python_classes& classes,
                                         python_type::extras extras);

/// The class of this name: what the schema describes itself or in its `$defs`.
[[nodiscard]] python_type class_in_schema(const json& schema,
                                          const std::string& name,
                                          python_classes& classes);

} // namespace dspex
