#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "dspex/error.hpp"
#include "simulator/lm_sim_options.hpp"

namespace dspex {

/// Counters since the start. A request is one POST of a chat completion.
struct lm_sim_stats {
  uint64_t requests = 0;
  /// How many of the requests were answered with status 200.
  uint64_t answered = 0;
  /// How many of the requests were answered with an error status.
  uint64_t refused = 0;
  /// How many of the requests were left without answer or broken off on
  /// purpose.
  uint64_t broken = 0;
  /// Waiting for their delay now, and at most at any time.
  uint64_t waiting = 0;
  uint64_t peak_waiting = 0;
  /// The tokens that requests and answers cost.
  uint64_t prompt_tokens = 0;
  uint64_t completion_tokens = 0;
};

/// A simulated OpenAI-compatible model server on threads of its own.
///
/// Serves `POST /v1/chat/completions`, `GET /v1/models` and `GET /healthz`. It
/// reads prompts in DSPy's formats and answers in the right types (see
/// `complete_sim_request`), streams if asked to; every reply names a model that
/// says it is a simulation. Headers of requests, keys among them, are neither
/// kept nor printed.
///
/// All members are thread safe.
class lm_sim {
public:
  /// Listens and serves until `stop`.
  /// @returns `invalid_option` for an option out of range, a host that is no
  ///          address, or a port that cannot be bound.
  [[nodiscard]] static result<std::unique_ptr<lm_sim>>
  start(lm_sim_options options);

  lm_sim(const lm_sim&) = delete;
  lm_sim& operator=(const lm_sim&) = delete;

  /// Stops.
  ~lm_sim();

  [[nodiscard]] uint16_t port() const noexcept;

  /// The URL that a client is configured with: `http://HOST:PORT/v1`.
  [[nodiscard]] std::string base_url() const;

  [[nodiscard]] lm_sim_stats stats() const noexcept;

  /// Closes the port and every connection, also of requests that wait or hang,
  /// and joins the threads. Takes no time; a second call does nothing.
  void stop();

private:
  class impl;
  explicit lm_sim(std::unique_ptr<impl> ptr);
  std::unique_ptr<impl> impl_;
};

} // namespace dspex
