#pragma once

#include <string>
#include <vector>

#include "dspex/json.hpp"
#include "simulator/prompt.hpp"
#include "simulator/text.hpp"

namespace dspex {

/// Answers a chat as a model would that reads the prompt well and knows
/// nothing: it computes, quotes, classifies by words, and fills in the rest by
/// hash, always in the right type and form.
///
/// A pure function of its arguments. `decide` settles what the inputs leave
/// open, so different hashes give different answers to the same prompt.
[[nodiscard]] std::string answer_sim_chat(const std::vector<sim_message>& chat,
                                          sim_hash decide);

/// The JSON text of a value that a schema describes, made of what the chat
/// says.
[[nodiscard]] std::string
answer_sim_schema(const std::vector<sim_message>& chat, const json& schema,
                  sim_hash decide);

} // namespace dspex
