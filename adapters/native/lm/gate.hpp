#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "adapters/native/http/client.hpp"

namespace dspex {

/// The limits of what one model server is asked to bear; 0 is no limit.
struct lm_limits {
  /// Requests under way at one time.
  size_t max_concurrency = 0;
  /// Spread evenly: one request every `60 s / requests_per_minute`.
  size_t requests_per_minute = 0;
  /// Tokens of prompts and completions. A request that costs more than is left
  /// starts, and delays those after it.
  size_t tokens_per_minute = 0;
  /// After so many failures in a row (408, 5xx, no connection) nothing is asked
  /// for `breaker_pause`, then one request tries whether the server is back.
  size_t breaker_failures = 20;
  std::chrono::milliseconds breaker_pause{5'000};
};

/// Holds requests to one model server back so that they stay within its limits.
class lm_gate : public http_gate {
public:
  explicit lm_gate(const lm_limits& limits) : limits_(limits) {
  }

  /// @returns `overloaded` if the rate would be kept only after the deadline,
  ///          `backend_unavailable` while the server counts as down.
  [[nodiscard]] result<time_point> admit(time_point now, time_point deadline,
                                         size_t cost, bool again) override;

  [[nodiscard]] bool has_room() const override;

  void begun() override;

  void ended(time_point now, const result<http_response>* response) override;

  /// Corrects the count of tokens by what a request has used beyond its cost;
  /// negative if less.
  void add_tokens(int64_t count);

private:
  lm_limits limits_;
  size_t running_ = 0;
  /// When the next request may start, by either rate.
  time_point next_request_{};
  time_point next_token_{};
  size_t failures_ = 0;
  /// The server counts as down until this time.
  time_point closed_until_{};
  /// Whether a request is under way to see if the server is back.
  bool probing_ = false;
};

} // namespace dspex
