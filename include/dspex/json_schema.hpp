#pragma once

#include <optional>
#include <string_view>

#include "dspex/any_signature.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// The provider whose rules a JSON Schema keeps.
enum class schema_provider {
  /// Structured outputs of OpenAI.
  openai,
  /// Structured outputs of Anthropic.
  anthropic,
  /// `responseJsonSchema` of Google's Gemini.
  google,
  /// JSON Schema draft 2020-12 with nothing left out.
  plain,
};

/// Returns the word for a provider, e.g. `openai`.
[[nodiscard]] std::string_view to_string(schema_provider x) noexcept;

/// Reads what `to_string` writes; empty for any other word.
[[nodiscard]] std::optional<schema_provider>
schema_provider_from_string(std::string_view word) noexcept;

/// How to describe a signature.
struct json_schema_options {
  /// Whether `openai` and `anthropic` are to enforce the schema while they
  /// generate. In this strict mode they take fewer keywords, and no object
  /// whose members are not known. Otherwise they take the plain schema as a
  /// hint.
  bool strict = true;
};

/// Describes the values of one side of a signature as a JSON Schema.
///
/// A constraint for which a provider has no keyword is left out, where the
/// schema then only accepts more: values are to be validated by the signature
/// in any case. In strict mode of `openai` every field is required; a field
/// that may be absent is `anyOf` of its type and null.
/// @returns `invalid_option` naming each field whose type the provider cannot
///          be told at all, e.g. a `dict` in strict mode; details
///          `{"fields": [...]}`.
[[nodiscard]] result<json> json_schema(const any_signature& sig, side s,
                                       schema_provider provider,
                                       json_schema_options options = {});

} // namespace dspex
