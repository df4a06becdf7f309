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
  /// How often a request that met 408, 429 or 5xx is sent again.
  int32_t max_retries = 2;
};

/// What a program's configuration (`{"lm": {...}, ...}`) makes of the node's
/// settings.
///
/// A program that names another `base_url` is not given the node's key: it
/// would send the secret wherever the program says.
/// @returns `invalid_option` for an unknown key, a value of the wrong type or
///          out of range, an `api_key`, a URL that cannot be used, or when
///          there is no model; details `{"key": "lm.x"}`.
[[nodiscard]] result<lm_options> merge_lm_settings(const lm_options& defaults,
                                                   const json& configuration);

/// The text with every occurrence of the secret replaced by `***`. A secret of
/// less than eight bytes is taken for the placeholder of a server that wants no
/// key (`EMPTY`, `none`), which answers may well contain, and is left alone.
[[nodiscard]] std::string mask_secret(std::string text,
                                      std::string_view secret);

/// The same for every text and every member's name inside a value.
void mask_secret(json& value, std::string_view secret);

} // namespace dspex
