#pragma once

#include <string>
#include <vector>

#include "adapters/native/chat/prompt_signature.hpp"
#include "dspex/tool.hpp"

namespace dspex {

// The signatures that DSPy's modules make of the one they are given.

/// The output that `chain_of_thought` puts before the others.
inline constexpr auto reasoning_field = "reasoning";

/// `ChainOfThought(sig).predict`.
[[nodiscard]] prompt_signature chain_of_thought(prompt_signature sig);

/// `MultiChainComparison(sig, M=attempts).predict`.
[[nodiscard]] prompt_signature compare_chains(prompt_signature sig,
                                              size_t attempts);

/// `ReAct(sig, tools).react`: asks which tool to call next.
[[nodiscard]] prompt_signature react_step(prompt_signature sig,
                                          const std::vector<tool>& tools);

/// `ReAct(sig, tools).extract.predict`: asks for the outputs in the end.
[[nodiscard]] prompt_signature react_extract(prompt_signature sig);

} // namespace dspex
