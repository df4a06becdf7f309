#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/native/lm/settings.hpp"
#include "dspex/error.hpp"
#include "dspex/id.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// One question to a model.
struct lm_request {
  /// The id of the execution, which `cancel` names.
  uuid key;
  std::shared_ptr<const lm_options> settings;
  /// An array of `{"role", "content"}`.
  json messages = json::array();
  /// The form that the reply has to have, e.g. `{"type": "json_object"}`; null
  /// is text.
  json response_format;
  std::chrono::steady_clock::time_point deadline;
  /// Takes the text piece by piece as it comes, from the thread that calls the
  /// callback and before it; must not throw. An answer that comes whole has no
  /// pieces.
  std::function<void(std::string_view)> on_text = {};
};

/// The outcome of a request.
struct lm_reply {
  /// The text of the model, or `timeout`, `overloaded`, `backend_unavailable`,
  /// `backend_failed`.
  result<std::string> text;
  /// `{"model", "prompt_tokens", "completion_tokens", "total_tokens",
  /// "retries", "latency_ms"}`, in case of an error without the tokens. As the
  /// case may be also `finish_reason`, `completions` and `tool_calls` (see
  /// `chat_completion`), `first_token_ms` of a stream, `hedged` if the second
  /// request won, and `cache_hit` in place of the tokens.
  json usage = json::object();
};

/// Answers what programs ask, many at once, without blocking. Thread safe.
class language_model {
public:
  /// Called at most once, from any thread, also from within `send`; must not
  /// throw.
  using callback = std::function<void(lm_reply)>;

  /// No callback is called once it has returned.
  virtual ~language_model() = default;

  virtual void send(const lm_request& request, callback done) = 0;

  /// Drops a request; its callback is no longer called, except for one that is
  /// running just now.
  virtual void cancel(uuid key) = 0;
};

} // namespace dspex
