#pragma once

#include <string_view>

#include "adapters/native/chat_format.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// Reads the fields of a reply in DSPy's chat format, in the order of the task,
/// `reasoning` included.
///
/// The first section of a name counts; a field that may be none and is missing
/// is null. Constraints are not checked. Safe on any bytes.
/// @returns `invalid_output` for an empty reply, for one that lacks fields
///          (details `{"missing": [...]}`), and for a field whose text is no
///          value of its type (details `{"field", "text"}`, the text
///          shortened).
[[nodiscard]] result<json> parse_chat_reply(const chat_task& task,
                                            std::string_view reply);

/// The start of a text, at most `max_bytes` of it and cut between characters;
/// what is cut off is marked by an ellipsis.
[[nodiscard]] std::string shorten(std::string_view text, size_t max_bytes);

} // namespace dspex
