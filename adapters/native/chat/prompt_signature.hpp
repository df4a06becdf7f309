#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/native/python/type.hpp"
#include "dspex/any_signature.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// A field as a prompt speaks of it.
struct prompt_field {
  std::string name;
  /// The type as DSPy prints it.
  std::string type_name = "str";
  /// The description is empty if the author gave none.
  std::string description;
  /// The constraints in words, e.g. `greater than or equal to: 0`; may be
  /// empty.
  std::string constraints;
  /// The demand on the value, e.g. `must be True or False`; empty for text.
  std::string note;
  python_annotation annotation;
  /// The schema that pydantic has for the type; null if it was not needed.
  json schema;
  /// Stands in for an output that a reply lacks.
  std::optional<json> fallback;

  [[nodiscard]] bool is_text() const noexcept {
    return annotation.kind() == python_kind::str;
  }
};

/// A signature as DSPy knows it: it says what a model is told and asked for.
struct prompt_signature {
  std::vector<prompt_field> inputs;
  std::vector<prompt_field> outputs;
  /// The instructions as DSPy reads them from a signature: without common
  /// indentation.
  std::string instructions;
};

/// A field of type `str`.
[[nodiscard]] prompt_field text_field(std::string name,
                                      std::string description = {});

/// An output of a signature, with the type that Python has for it.
[[nodiscard]] prompt_field make_output_field(const field& from);

/// A signature with the types that Python has for it.
///
/// Constraints that DSPy does not know (`pattern`, `one_of`, `unique`) follow
/// those it knows on the same line.
[[nodiscard]] prompt_signature make_prompt_signature(const any_signature& sig);

/// Reads a signature as a manifest has it: `{"instructions", "fields":
/// [{"name", "role", "type", "desc", "constraints", "enum", "default",
/// "json_schema_declared_order", "json_schema_dspy"}]}`, where `type` is the
/// rendered name and `role` is `input` or `output`. All but name and role may
/// be missing.
/// @returns `invalid_option` with the place of what is wrong.
[[nodiscard]] result<prompt_signature> read_prompt_signature(const json& value);

/// DSPy's instructions for a signature without any.
[[nodiscard]] std::string default_instructions(const prompt_signature& sig);

/// The names of fields as DSPy lists them in a sentence: `` `a`, `b` ``.
[[nodiscard]] std::string listed(const std::vector<prompt_field>& fields);

} // namespace dspex
