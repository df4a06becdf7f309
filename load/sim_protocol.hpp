#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/error.hpp"
#include "load/sim_fault.hpp"
#include "load/sim_prompt.hpp"
#include "load/sim_text.hpp"

namespace dspex {

/// The name in every reply: nobody shall take an answer for a real model's.
inline constexpr std::string_view sim_model_name
  = "dspex-lm-sim-1 (simulation)";

/// The largest request body, in bytes.
inline constexpr size_t max_sim_body = 20'000'000;

/// A request to `/v1/chat/completions`, as far as the simulation reads it.
struct sim_request {
  std::vector<sim_message> messages;
  /// How many answers, 1 to 128.
  size_t n = 1;

  /// The hash of all messages under a seed.
  [[nodiscard]] sim_hash hash(uint64_t seed) const noexcept;

  /// The content of the last user message; empty without one.
  [[nodiscard]] std::string_view last_user_message() const noexcept;
};

/// Reads the body of a request.
/// @returns `invalid_input` with a sentence for the client.
[[nodiscard]] result<sim_request> read_sim_request(std::string_view body);

/// A reply and what it costs.
struct sim_reply {
  std::string body;
  size_t completion_tokens = 0;
};

/// Renders a reply in the shape of OpenAI's `chat.completion`.
///
/// A token is taken to be 4 bytes. `id` comes from the hash and `created` never
/// changes, so that equal requests get equal bytes.
[[nodiscard]] sim_reply print_sim_reply(const sim_request& request,
                                        const std::vector<std::string>& answers,
                                        sim_hash hash);

/// Renders an error in OpenAI's shape: `{"error": {"message", "type", "param",
/// "code"}}`.
[[nodiscard]] std::string print_sim_error(uint16_t status,
                                          std::string_view code,
                                          std::string_view message);

/// The reason phrase of an HTTP status.
[[nodiscard]] const char* sim_reason(uint16_t status) noexcept;

/// Renders the answer of `/v1/models`.
[[nodiscard]] std::string print_sim_models();

} // namespace dspex
