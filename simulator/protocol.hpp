#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/json.hpp"
#include "simulator/fault.hpp"
#include "simulator/prompt.hpp"
#include "simulator/text.hpp"

namespace dspex {

/// The name of the model in every reply, so that no answer is taken for a real
/// model's.
inline constexpr std::string_view sim_model_name
  = "dspex-lm-sim-1 (simulation)";

/// The largest request body, in bytes.
inline constexpr size_t max_sim_body = 20'000'000;

/// How many bytes a token is taken to have.
inline constexpr size_t sim_bytes_per_token = 4;

/// The tokens of a text.
[[nodiscard]] size_t sim_tokens(std::string_view text) noexcept;

/// A function that a request offers.
struct sim_tool {
  std::string name;
  std::string description;
  /// A JSON schema.
  json parameters = json::object();
};

/// A request to `/v1/chat/completions`, as far as the simulation reads it.
struct sim_request {
  std::vector<sim_message> messages;
  /// How many answers, 1 to 128.
  size_t n = 1;
  bool stream = false;
  /// Whether a stream ends with the count of tokens.
  bool include_usage = false;
  std::optional<size_t> max_tokens;
  /// The schema that `response_format` `json_schema` has.
  std::optional<json> schema;
  /// `response_format` is `json_object`.
  bool wants_object = false;
  /// The tools that may be called.
  std::vector<sim_tool> tools;
  /// Whether one of them has to be called.
  bool must_call = false;

  /// The hash of all messages under a seed.
  [[nodiscard]] sim_hash hash(uint64_t seed) const noexcept;

  /// The content of the last user message; empty without one.
  [[nodiscard]] std::string_view last_user_message() const noexcept;
};

/// Reads the body of a request.
/// @returns `invalid_input` with a sentence for the client.
[[nodiscard]] result<sim_request> read_sim_request(std::string_view body);

struct sim_tool_call {
  std::string name;
  /// JSON text.
  std::string arguments;
};

/// One answer: the model says something, or calls a tool.
struct sim_answer {
  std::string content;
  std::optional<sim_tool_call> call;
  std::string finish_reason = "stop";
};

/// The tokens that a request and its answers cost.
struct sim_cost {
  size_t prompt_tokens = 0;
  size_t completion_tokens = 0;
};

[[nodiscard]] sim_cost cost_of(const sim_request& request,
                               const std::vector<sim_answer>& answers);

/// Renders `{"prompt_tokens", "completion_tokens", "total_tokens"}`.
[[nodiscard]] json print_sim_usage(const sim_request& request,
                                   const std::vector<sim_answer>& answers);

/// The members with which each reply and each piece of a stream begins.
///
/// `id` comes from the hash and `created` never changes, so that equal requests
/// get equal bytes.
[[nodiscard]] json print_sim_head(sim_hash hash, const char* object);

/// Renders a call in OpenAI's shape.
/// @param arguments may be only the first of the call's arguments.
[[nodiscard]] json print_sim_call(const sim_tool_call& call, sim_hash hash,
                                  size_t index, std::string_view arguments);

/// A reply and what it costs.
struct sim_reply {
  std::string body;
  sim_cost cost;
};

/// Renders a reply in the shape of OpenAI's `chat.completion`.
[[nodiscard]] sim_reply print_sim_reply(const sim_request& request,
                                        const std::vector<sim_answer>& answers,
                                        sim_hash hash);

/// Renders an error in OpenAI's shape: `{"error": {"message", "type", "param",
/// "code"}}`.
[[nodiscard]] std::string print_sim_error(uint16_t status,
                                          std::string_view code,
                                          std::string_view message);

/// The reason phrase of an HTTP status.
[[nodiscard]] const char* sim_reason(uint16_t status) noexcept;

/// A number as 16 hexadecimal digits.
[[nodiscard]] std::string sim_hex(uint64_t value);

/// Renders the answer of `/v1/models`.
[[nodiscard]] std::string print_sim_models();

} // namespace dspex
