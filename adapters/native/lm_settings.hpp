#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// Which model is asked, where, and how: the node's section `[lm]` and the
/// `lm` object of a program's configuration.
struct lm_options {
  /// A leading `openai/`, as DSPy writes it, is not sent.
  std::string model;
  /// `http://` or `https://`; `/chat/completions` is appended.
  std::string base_url = "https://api.openai.com/v1";
  /// A secret. Empty: no `Authorization` header.
  std::string api_key;
  std::optional<double> temperature;
  std::optional<int64_t> max_tokens;
  std::optional<double> top_p;
  std::vector<std::string> stop;
  std::optional<int64_t> seed;
  /// Completions of one request; the first one is the answer.
  int64_t n = 1;
  /// Members of the request that are sent as they are: `response_format`,
  /// `tools`, `reasoning_effort` and so on.
  json extra = json::object();
  /// Members for what only this server knows; they win over all others.
  json extra_body = json::object();
  /// Whether the answer is to come piece by piece.
  bool stream = false;
  /// Whether answers are kept, and taken from what is kept, if the node has a
  /// cache.
  bool cache = true;
  /// Tells equal requests apart that must not share an answer of the cache;
  /// never sent.
  std::optional<int64_t> rollout_id;
  /// How often a request that met 408, 429 or 5xx is sent again.
  int32_t max_retries = 2;
};

/// Whether a model is one of those that reason before they answer, by DSPy's
/// rule: it takes `max_completion_tokens` in place of `max_tokens`.
[[nodiscard]] bool is_reasoning_model(std::string_view model);

/// What a program's configuration (`{"lm": {...}, ...}`) makes of the node's
/// settings.
///
/// A program that names another `base_url` is not given the node's key: it
/// would send the secret wherever the program says. As in DSPy, several
/// completions with a temperature of 0.15 or less, or none, are asked for with
/// 0.7: they would all be the same.
/// @returns `invalid_option` for an unknown key, a value of the wrong type or
///          out of range, an `api_key`, a URL that cannot be used, when there
///          is no model, and for what a reasoning model does not take;
///          details `{"key": "lm.x"}`.
[[nodiscard]] result<lm_options> merge_lm_settings(const lm_options& defaults,
                                                   const json& configuration);

/// The text with every occurrence of the secret replaced by `***`. A secret of
/// less than eight bytes is taken for the placeholder of a server that wants no
/// key (`EMPTY`, `none`), which answers may well contain, and is left alone.
[[nodiscard]] std::string mask_secret(std::string text,
                                      std::string_view secret);

/// The same for every text and every member's name inside a value.
void mask_secret(json& value, std::string_view secret);

/// How much of a text that is not at its end yet can be masked: the rest may
/// be the start of the secret.
[[nodiscard]] size_t maskable_length(std::string_view text,
                                     std::string_view secret);

} // namespace dspex
