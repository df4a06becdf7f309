#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "adapters/mock/random.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// The strings tried in turn for a value with a pattern: the first is for
/// `candidate` 0.
[[nodiscard]] std::string_view mock_candidate(size_t candidate);

/// How many such strings there are.
[[nodiscard]] size_t mock_candidate_count();

/// Makes a value that a JSON Schema asks for, as far as its keywords can be
/// taken one by one; the caller checks the value.
/// @param candidate which string stands for one with a pattern.
/// @returns nothing if the schema asks for too much, or for nothing there is.
/// @pre the schema is one that a signature has read.
[[nodiscard]] std::optional<json>
make_mock_object(const json& schema, mock_random& random, size_t candidate);

} // namespace dspex
