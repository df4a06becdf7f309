#pragma once

#include <string>

#include "adapters/native/chat/prompt_signature.hpp"

namespace dspex {

/// The signature that a manifest describes, in the types of the signature
/// language.
/// @returns `invalid_option`, `invalid_signature`
[[nodiscard]] result<any_signature> signature_of_manifest(const json& value);

/// The signature as `read_prompt_signature` reads it.
[[nodiscard]] json describe_signature(const prompt_signature& sig);

/// Puts the instructions and descriptions of a saved predictor into a described
/// signature, by their place.
/// @param pointer where the saved ones stand, for errors.
/// @returns `invalid_option` if their number differs.
[[nodiscard]] result<void> put_saved_signature(json& described,
                                               const json& saved,
                                               const std::string& pointer);

} // namespace dspex
