#pragma once

#include <string>
#include <vector>

#include "adapters/native/chat/prompt.hpp"

namespace dspex {

// The parts that prompts are put together from. Pure functions.

/// The system message: fields, structure, task.
[[nodiscard]] std::string format_system(const prompt_signature& sig,
                                        prompt_adapter adapter);

/// The sentence that says which outputs are expected, in which order.
[[nodiscard]] std::string
format_requirements(const std::vector<prompt_field>& outputs,
                    prompt_adapter adapter);

/// The message of the model that has these outputs, real or wanted.
/// @param missing stands for outputs that are not there.
/// @returns `invalid_input` for a value that cannot be printed.
[[nodiscard]] result<std::string>
format_outputs(const std::vector<prompt_field>& outputs, const json& values,
               const json& missing, prompt_adapter adapter);

/// The parts that are not empty, with blank lines between them, stripped.
[[nodiscard]] std::string join_parts(const std::vector<std::string>& parts);

} // namespace dspex
