#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "adapters/native/http/client.hpp"
#include "adapters/native/lm/cache.hpp"
#include "adapters/native/lm/gate.hpp"
#include "adapters/native/lm/language_model.hpp"
#include "adapters/task_thread.hpp"
#include "core/backoff.hpp"
#include "dspex/id.hpp"

namespace dspex {

/// How a client treats its servers; the defaults are for production.
struct lm_client_options {
  http_options http{};
  /// The pauses before retries.
  backoff retry{.initial = std::chrono::milliseconds{500},
                .max = std::chrono::seconds{8},
                .jitter = 0.25};
  /// Each server has these limits.
  lm_limits limits{};
  /// A request without answer after this time is sent a second time, and the
  /// first good answer counts; zero sends none. Not for streams.
  std::chrono::milliseconds hedge_after{0};
  /// Shared by clients; none by default.
  std::shared_ptr<lm_cache> cache{};
};

/// Asks models over HTTP, many at once, without blocking.
///
/// Responses with 408, 429 and 5xx are asked for again, within the deadline and
/// not before the time in `Retry-After`; a pause that would end after the
/// deadline is not begun. A connection that breaks is not tried again: the
/// server may be at work on the request.
class lm_client : public language_model {
public:
  /// @throws std::runtime_error if the system refuses a thread or descriptor.
  explicit lm_client(lm_client_options options = {});

  lm_client(const lm_client&) = delete;
  lm_client& operator=(const lm_client&) = delete;

  /// No callback is called once it has returned.
  ~lm_client() override;

  void send(const lm_request& request, callback done) override;

  void cancel(uuid key) override;

private:
  class question;

  [[nodiscard]] std::shared_ptr<lm_gate> gate_of(const std::string& base_url);

  const lm_client_options options_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<lm_gate>> gates_;
  /// Requests for which the file of the cache is searched.
  std::unordered_set<uuid> searched_;
  /// Uses the file of the cache; null without one.
  std::unique_ptr<task_thread> file_thread_;
  /// The HTTP client comes last: its thread ends before the other members go.
  http_client http_;
};

} // namespace dspex
