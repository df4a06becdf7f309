#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "dspex/error.hpp"
#include "simulator/protocol.hpp"

namespace dspex {

/// The name of a prompt in scripts and transcripts: 16 digits that depend on
/// the roles and contents of its messages, not on the seed.
[[nodiscard]] std::string sim_prompt_hash(const sim_request& request);

/// Replies by prompt hash.
using sim_script = std::unordered_map<std::string, std::string>;

/// Reads a script: a line `{"prompt_hash", "text"}` for each reply; members
/// with other names are left alone, so that lines of a transcript will do.
/// @returns `invalid_option` naming the line that is wrong.
[[nodiscard]] result<sim_script> read_sim_script(std::string_view text);

/// Reads a script from a file; an empty name is an empty script.
[[nodiscard]] result<sim_script> load_sim_script(const std::string& file);

/// One line of a transcript: `{"prompt_hash", "request", "status", "text",
/// "tool_call"}`, the last two only of an answer that has them.
[[nodiscard]] std::string
print_sim_transcript(const sim_request& request, std::string_view body,
                     uint16_t status, const sim_answer* answer);

} // namespace dspex
