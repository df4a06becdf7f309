#pragma once

#include "dspex/json.hpp"

namespace dspex::cli {

/// Renders one case: `{"id", "signature", "adapter", "module", "tools",
/// "attempts", "predictor", "demos", "inputs"}`, all but the signature
/// optional.
///
/// `signature` is a text of the signature language or an object as
/// `read_prompt_signature` takes it; `adapter` is `ChatAdapter` or
/// `JSONAdapter`; `predictor` says which one of a module that has several.
/// @returns `{"id", "messages"}` or `{"id", "error": {"code", "message"}}`.
[[nodiscard]] json render_case(const json& the_case);

/// Parses the reply `lm_text` of a case; other members as for `render_case`.
/// A case `{"target": "parse_value", "annotation", "rows": [{"value"}]}` reads
/// single values.
/// @returns `{"id", "fields"}`, `{"id", "rows": [{"value"}]}`, or
///          `{"id", "error": {"code", "message"}}` with DSPy's message for
///          what its adapters refuse.
[[nodiscard]] json parse_case(const json& the_case);

} // namespace dspex::cli
