#pragma once

#include <cstdint>

#include "dspex/any_signature.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// The start of the stream for one run: FNV-1a over the content hash of the
/// signature, the values of its input fields in order, and the seed.
[[nodiscard]] uint64_t mock_hash(const any_signature& sig, const json& inputs,
                                 int64_t seed);

/// Makes outputs that are valid for the signature, the same for the same start.
/// @returns `backend_failed` naming the field whose constraints it cannot meet:
///          contradictory ones, or a pattern that no candidate matches.
[[nodiscard]] result<json> mock_outputs(const any_signature& sig,
                                        uint64_t start);

} // namespace dspex
