#pragma once

#include <string>

#include "dspex/any_signature.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// The name that DSPy prints for a type, e.g. `Union[int, NoneType]` for
/// `int | none` and `Literal['bug', 'billing']`.
[[nodiscard]] std::string python_type_name(const field_type& type);

/// What pydantic says of the type as JSON Schema, with the members in the order
/// of DSPy's prompts: `type` first, the others sorted. Constraints of the types
/// inside are part of it; the type's own are not, they have a line of their
/// own in the prompt.
[[nodiscard]] json python_type_schema(const field_type& type);

/// The value with the members of each object in the order of DSPy's prompts:
/// `type` first, the others sorted.
[[nodiscard]] json type_first(const json& value);

} // namespace dspex
