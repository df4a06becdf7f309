#pragma once

#include "adapters/native/python/type.hpp"
#include "dspex/any_signature.hpp"

namespace dspex {

/// The type of the signature language that takes the values of a Python type;
/// `any` where there is none.
/// @param schema what pydantic says of the type: the schema of its classes.
[[nodiscard]] field_type to_field_type(const python_annotation& annotation,
                                       const json& schema);

} // namespace dspex
