#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "adapters/native/http_client.hpp"
#include "adapters/native/lm_cache.hpp"
#include "adapters/native/lm_gate.hpp"
#include "adapters/native/lm_settings.hpp"
#include "adapters/native/task_thread.hpp"
#include "dspex/error.hpp"
#include "dspex/id.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// How a client treats its servers; the defaults are for production.
struct lm_client_options {
  http_options http{};
  /// The pause before the first retry; doubled for each further one, and
  /// spread over its upper half.
  std::chrono::milliseconds retry_pause{500};
  std::chrono::milliseconds max_retry_pause{8'000};
  /// Of each server.
  lm_limits limits{};
  /// A request without answer after this time is sent a second time, and the
  /// first good answer counts; zero sends none. Not for streams.
  std::chrono::milliseconds hedge_after{0};
  /// Shared by clients; none by default.
  std::shared_ptr<lm_cache> cache{};
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
  /// "retries", "latency_ms"}`, in case of an error without the tokens. As the
  /// case may be also `finish_reason`, `completions` and `tool_calls` (see
  /// `chat_completion`), `first_token_ms` of a stream, `hedged` if the second
  /// request won, and `cache_hit` in place of the tokens.
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
  /// Called at most once, from a thread of the client, or within `send` for an
  /// answer out of memory; must not throw.
  using callback = std::function<void(lm_reply)>;

  /// @throws std::runtime_error if the system refuses a thread or descriptor.
  explicit lm_client(lm_client_options options = {});

  lm_client(const lm_client&) = delete;
  lm_client& operator=(const lm_client&) = delete;

  /// No callback is called once it has returned.
  ~lm_client();

  void send(const lm_request& request, callback done);

  void cancel(uuid key);

private:
  class conversation;

  [[nodiscard]] std::shared_ptr<lm_gate> gate_of(const std::string& base_url);

  std::shared_ptr<const lm_client_options> options_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<lm_gate>> gates_;
  /// Requests for which the file of the cache is searched.
  std::unordered_set<uuid> searched_;
  /// Uses the file of the cache; none without one.
  std::unique_ptr<task_thread> file_thread_;
  /// Last: its thread ends before the rest goes.
  http_client http_;
};

} // namespace dspex
