#pragma once

#include <string>
#include <string_view>

#include "adapters/native/chat/prompt.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// Reads the fields of a reply as DSPy's adapters do, in the order of the
/// signature, those that a module adds included.
///
/// In chat format the first section of a name counts; in JSON the object may
/// stand in prose and be broken in the usual ways. An output with a default, or
/// that may be none, need not be there. Constraints are not checked. Safe on
/// any bytes.
/// @returns `invalid_output` for a reply that is no JSON object (details
///          `{"found": null}`), for one that lacks fields (details `{"missing":
///          [...], "found": [...]}`), and for a field whose text is no value of
///          its type (details `{"field", "text"}`, the text shortened).
[[nodiscard]] result<json> parse_reply(const prompt_signature& sig,
                                       prompt_adapter adapter,
                                       std::string_view reply);

} // namespace dspex
