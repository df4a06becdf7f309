#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/protocol.hpp"
#include "simulator/text.hpp"

namespace dspex {

/// Answers a request as a model would: calls a tool if it should and has not
/// yet, writes JSON where a schema is asked for, and else answers the prompt;
/// stops at `max_tokens`.
///
/// A pure function; one answer for each of `n`.
/// @param text takes the place of what the model would say.
[[nodiscard]] std::vector<sim_answer>
complete_sim_request(const sim_request& request, sim_hash decide,
                     const std::optional<std::string>& text = std::nullopt);

} // namespace dspex
