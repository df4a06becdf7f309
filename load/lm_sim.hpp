#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "dspex/error.hpp"
#include "load/sim_fault.hpp"

namespace dspex {

struct lm_sim_options {
  /// An IP address or `localhost`.
  std::string host = "127.0.0.1";
  /// 0 takes a free port.
  uint16_t port = 0;
  /// Answers depend on this and on the messages, on nothing else.
  uint64_t seed = 1;
  /// Delay of every chat completion, errors included.
  std::chrono::milliseconds latency{0};
  /// Adds up to this much, by seed and prompt.
  std::chrono::milliseconds latency_jitter{0};
  /// The share of prompts, in [0, 1], that always get an error: 500, every
  /// fourth of them 429.
  double error_rate = 0;
  /// Adds the time that a model of this speed takes; 0 is no limit.
  double tokens_per_second = 0;
  /// A connection beyond this many is closed at once.
  size_t max_connections = 20'000;
  /// Threads that serve; delays take none.
  size_t threads = 1;
  /// Whether a request may ask for a fault, by header or by a marker in its
  /// prompt; see `sim_fault`. With `false` such text is ordinary.
  bool markers = true;
  /// The fault of every request that asks for none itself.
  sim_fault fault;
};

/// Counters since the start. A request is one POST of a chat completion.
struct lm_sim_stats {
  uint64_t requests = 0;
  /// Of them, answered with status 200.
  uint64_t answered = 0;
  /// Of them, answered with an error status.
  uint64_t refused = 0;
  /// Of them, left without answer or broken off on purpose.
  uint64_t broken = 0;
  /// Waiting for their delay now, and at most at any time.
  uint64_t waiting = 0;
  uint64_t peak_waiting = 0;
};

/// A simulated OpenAI-compatible model server on threads of its own.
///
/// Serves `POST /v1/chat/completions`, `GET /v1/models` and `GET /healthz`. It
/// reads prompts in DSPy's formats and answers in the right types (see
/// `answer_sim_chat`); every reply names a model that says it is a simulation.
/// Headers of requests, keys among them, are neither kept nor printed.
///
/// All members are thread safe, except that `stop` and the destructor must not
/// be called from two threads at once with the object ending.
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

  /// What a client is configured with: `http://HOST:PORT/v1`.
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
