#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "adapters/native/http_client.hpp"
#include "adapters/native/lm_settings.hpp"
#include "dspex/error.hpp"
#include "dspex/id.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// How a client treats its servers; the defaults are for production.
struct lm_client_options {
  size_t max_response_bytes = 10'000'000;
  /// The pause before the first retry; doubled for each further one, and
  /// spread over its upper half.
  std::chrono::milliseconds retry_pause{500};
  std::chrono::milliseconds max_retry_pause{8'000};
};

/// What to ask a model.
struct lm_request {
  /// Of the execution; what `cancel` names.
  uuid key;
  std::shared_ptr<const lm_options> settings;
  /// An array of `{"role", "content"}`.
  json messages = json::array();
  /// What the reply has to be, e.g. `{"type": "json_object"}`; null is text.
  json response_format;
  std::chrono::steady_clock::time_point deadline;
};

/// What came of it.
struct lm_reply {
  /// The text of the model, or `timeout`, `overloaded`, `backend_unavailable`,
  /// `backend_failed`.
  result<std::string> text;
  /// `{"model", "prompt_tokens", "completion_tokens", "total_tokens",
  /// "retries", "latency_ms"}`, in case of an error without the tokens.
  json usage = json::object();
};

/// Asks models over HTTP, many at once, without blocking. Thread safe.
///
/// Responses with 408, 429 and 5xx are asked for again, within the deadline and
/// not before the time in `Retry-After`; a pause that would end after the
/// deadline is not begun. A connection that breaks is not tried again: the
/// server may be at work on the request.
class lm_client {
public:
  /// Called at most once, from the client's thread; must not throw.
  using callback = std::function<void(lm_reply)>;

  /// @throws std::runtime_error if the system refuses a thread or descriptor.
  explicit lm_client(lm_client_options options = {});

  /// No callback is called once it has returned.
  ~lm_client();

  void send(const lm_request& request, callback done);

  void cancel(uuid key);

private:
  lm_client_options options_;
  http_client http_;
};

} // namespace dspex
