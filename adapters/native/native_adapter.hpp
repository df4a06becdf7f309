#pragma once

#include "adapters/native/lm_client.hpp"
#include "adapters/native/lm_settings.hpp"
#include "dspex/adapter.hpp"

namespace dspex {

/// Makes the backend that runs DSPy's `Predict` and `ChainOfThought` without
/// Python, against a server with OpenAI's API.
///
/// A program chooses by its configuration: `modules` is `"Predict"` (default)
/// or `"ChainOfThought"`, `lm` what `merge_lm_settings` reads. The reply's
/// metadata has `lm` (tokens, retries, time), `reasoning` of a chain of
/// thought, and `raw`, the start of a reply that could not be read.
[[nodiscard]] adapter_factory
native_adapter_factory(lm_options defaults, lm_client_options options = {});

} // namespace dspex
