#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "adapters/python_port/options.hpp"
#include "adapters/python_port/worker.hpp"
#include "dspex/adapter.hpp"

namespace dspex {

/// A program as workers are told of it.
struct python_program {
  std::string id;
  /// JSON text.
  std::string definition;
};

/// One thing that a worker shall do.
struct pool_request {
  std::shared_ptr<const python_program> program;
  /// JSON text; without it the worker makes the program and no more.
  std::optional<std::string> inputs;
  /// The run that the request is for, which `cancel` names; nil if there is
  /// none.
  execution_id execution;
  std::chrono::steady_clock::time_point deadline;
  /// Takes the result of the worker, or why there is none; from the thread of
  /// the pool, at most once. Must not block.
  std::function<void(result<json>)> done;
};

/// The requests of a `worker_pool` from their arrival to their answer, and the
/// line of those that wait for a worker.
///
/// A request is answered once: by its worker, at its deadline, or when its
/// worker is gone. One that is cancelled or too late while a worker has it is
/// given up: the worker is told, and has a moment to end it. Not thread safe.
class request_queue {
public:
  /// @param options outlive the object.
  /// @param timers take the deadlines of requests; outlive the object.
  request_queue(const python_port_options& options, pool_timers& timers);

  request_queue(const request_queue&) = delete;
  request_queue& operator=(const request_queue&) = delete;

  // -- properties -------------------------------------------------------------

  [[nodiscard]] bool is_empty() const noexcept {
    return waiting_ == 0;
  }

  /// The request that has waited for longest, or null.
  [[nodiscard]] const pool_request* front();

  /// The worker that has a request.
  /// @pre a worker has it.
  [[nodiscard]] python_worker& worker_of(uint64_t id);

  [[nodiscard]] const std::string& program_of(uint64_t id) const;

  // -- to workers -------------------------------------------------------------

  /// Lets a request wait for a worker, or answers it at once if that is of no
  /// use.
  void push(pool_request request);

  /// Hands the request that has waited for longest to a worker.
  /// @pre `front() != nullptr`
  void send_front(python_worker& worker);

  /// Hands a request to a worker that it does not have to wait for.
  void send(pool_request request, python_worker& worker);

  /// Hands a command to a worker, which is no request of anybody.
  /// @param args JSON text.
  void send_command(python_worker& worker, std::string_view name,
                    const std::string& args, python_worker::command what);

  // -- ends -------------------------------------------------------------------

  void answer(uint64_t id, result<json> outcome);

  /// Answers all that a worker has.
  void answer_all(python_worker& worker, const std::string& why);

  /// Answers all that wait.
  void refuse_waiting(const error& why);

  /// Ends a request without an answer.
  void cancel(execution_id execution);

  void on_deadline(uint64_t id);

private:
  using clock = std::chrono::steady_clock;

  struct entry {
    pool_request request;
    pool_timers::iterator timer;
    /// Null while the request waits in the line.
    python_worker* worker = nullptr;
    /// The request is answered or cancelled, but its worker is still at it.
    bool given_up = false;
  };

  uint64_t add(pool_request request);
  void send(uint64_t id, entry& x, python_worker& worker);
  void give_up(uint64_t id, entry& x);
  void erase(uint64_t id);

  const python_port_options& options_;
  pool_timers& timers_;
  /// Numbers requests and commands.
  uint64_t next_id_ = 1;
  std::unordered_map<uint64_t, entry> requests_;
  /// Ids of requests, some of which are gone already.
  std::deque<uint64_t> line_;
  /// How many requests of the line are still there.
  size_t waiting_ = 0;
  std::unordered_map<uuid, uint64_t> executions_;
};

} // namespace dspex
