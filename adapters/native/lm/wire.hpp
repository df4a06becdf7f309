#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/native/http/client.hpp"
#include "adapters/native/lm/settings.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

// This header says all that dspex knows of a provider of models: how OpenAI's
// API, and all that imitate it, want to be asked for chat completions, and what
// they answer. The functions are pure.

/// The environment variable that users set the key of the API in.
inline constexpr auto api_key_variable = std::string_view{"OPENAI_API_KEY"};

/// The name by which the server knows a model.
[[nodiscard]] std::string wire_model(const std::string& model);

/// Asks for a chat completion. Settings that are not set, and a response format
/// that is null, are left out. The deadline is the caller's to set.
[[nodiscard]] http_request chat_request(const lm_options& settings,
                                        const json& messages,
                                        const json& response_format);

/// Asks for the list of models, which takes a valid key and costs nothing. The
/// deadline is the caller's to set.
[[nodiscard]] http_request model_list_request(const lm_options& settings);

/// Reads the names out of a list of models; empty if the body is something
/// else.
[[nodiscard]] std::vector<std::string> read_model_list(const std::string& body);

/// The answer of a model.
struct chat_completion {
  /// The text of the first choice; empty if the model calls tools instead.
  std::string text;
  /// `model`, `prompt_tokens`, `completion_tokens`, `total_tokens`, as far as
  /// the server tells, and `finish_reason` unless it is `stop`. `completions`
  /// has the texts of all choices if there are several, `tool_calls` what the
  /// first one wants called, as `{"name", "arguments"}`.
  json usage = json::object();
};

/// Reads the body of a response with status 200.
/// @param secret is masked wherever the server repeats it.
/// @returns `backend_failed` if it is not a chat completion, or if the model
///          refused to answer.
[[nodiscard]] result<chat_completion>
read_chat_completion(std::string_view body, size_t max_bytes,
                     std::string_view secret);

/// Reads a body that is parsed already, like the function above.
[[nodiscard]] result<chat_completion>
read_chat_completion(json body, std::string_view secret);

/// Whether the same request may succeed a little later: 408, 429, 5xx.
[[nodiscard]] bool is_transient_status(int status);

/// Says what a response with a status other than 200 means. 429 is
/// `overloaded`, 408 and 5xx `backend_unavailable`, all else `backend_failed`.
/// Quotes the server, shortened and without the key; details `{"status"}`.
[[nodiscard]] error status_error(const http_response& response,
                                 const lm_options& settings);

} // namespace dspex
