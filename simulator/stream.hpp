#pragma once

#include <string>
#include <vector>

#include "simulator/protocol.hpp"

namespace dspex {

/// One event of a stream and the tokens of the answer in it.
struct sim_event {
  std::string text;
  size_t tokens = 0;
};

/// Renders answers as OpenAI streams them: `chat.completion.chunk` objects as
/// server-sent events, four tokens each, the reasons why they end, the usage if
/// it is asked for, and `[DONE]`.
[[nodiscard]] std::vector<sim_event>
print_sim_stream(const sim_request& request,
                 const std::vector<sim_answer>& answers, sim_hash hash);

} // namespace dspex
