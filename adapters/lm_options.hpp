#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dspex/json.hpp"

namespace dspex {

/// Which model is asked, where, and how: the node's section `[lm]` and the
/// `lm` object of a program's configuration.
///
/// Large because each key of these has one member.
struct lm_options {
  /// A leading `openai/`, as DSPy writes it, is not sent.
  std::string model;
  /// `http://` or `https://`; `/chat/completions` is appended.
  std::string base_url = "https://api.openai.com/v1";
  /// A secret. Without it there is no `Authorization` header.
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

} // namespace dspex
