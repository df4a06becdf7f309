#pragma once

#include <optional>
#include <string_view>

#include "adapters/native/python/type.hpp"

namespace dspex {

/// The value with what DSPy shows as blocks (images, audio, files) in the
/// markers that DSPy puts around them: values of type `image`, and objects
/// `{"$type": "dspy.Image", "url"}` and their like.
[[nodiscard]] json with_markers(const json& value, const python_type& type);

/// Splits a text at the markers into blocks of OpenAI's API.
/// @returns nothing if there are none.
[[nodiscard]] std::optional<json> split_blocks(std::string_view text);

} // namespace dspex
