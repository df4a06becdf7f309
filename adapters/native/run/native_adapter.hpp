#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/native/lm/client.hpp"
#include "adapters/native/lm/settings.hpp"
#include "dspex/adapter.hpp"
#include "dspex/tool.hpp"

namespace dspex {

/// The options that the native backend is made with.
struct native_options {
  /// The node's section `[lm]`.
  lm_options defaults;
  /// The tools that a ReAct may call.
  std::vector<tool> tools = {};
  /// The rewards that a BestOfN judges by, by name.
  std::map<std::string, reward_function> rewards = {};
  lm_client_options client = {};
  /// Makes the model that is asked in place of servers. Without this a
  /// `lm_client` asks servers.
  std::function<std::unique_ptr<language_model>()> make_model = {};
};

/// Makes the backend that runs DSPy's modules without Python, against a server
/// with OpenAI's API.
///
/// A program chooses by its configuration: `modules` and `tools` as
/// `plan_program` reads them, `lm` as `merge_lm_settings` does. The reply's
/// metadata has `lm` (tokens, retries, time, requests if there were several),
/// `reasoning`, `rationale` and `trajectory` as far as the module has them,
/// `json_fallback` if the model was asked for JSON in the end, `attempts` and
/// `reward` of a BestOfN, and `raw`, the start of a reply that could not be
/// read. The factory throws for a tool that `check_tool` refuses.
[[nodiscard]] adapter_factory native_adapter_factory(native_options options);

} // namespace dspex
