#pragma once

#include <string_view>

#include "adapters/lm_options.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// Whether a model is one of those that reason before they answer, by DSPy's
/// rule: it takes `max_completion_tokens` in place of `max_tokens`.
[[nodiscard]] bool is_reasoning_model(std::string_view model);

/// Puts the settings of a program's configuration (`{"lm": {...}, ...}`) over
/// those of the node.
///
/// A program that names another `base_url` is not given the node's key: it
/// would send the secret wherever the program says. As in DSPy, several
/// completions with a temperature of 0.15 or less, or none, are asked for with
/// 0.7: they would all be the same.
/// @returns `invalid_option` for an unknown key, a value of the wrong type or
///          out of range, an `api_key`, a URL that cannot be used, when there
///          is no model, and for what a reasoning model does not take;
///          details `{"key": "lm.x"}`.
[[nodiscard]] result<lm_options> merge_lm_settings(const lm_options& defaults,
                                                   const json& configuration);

} // namespace dspex
