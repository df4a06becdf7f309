#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "adapters/python_port/options.hpp"
#include "adapters/python_port/start_budget.hpp"
#include "adapters/python_port/worker.hpp"
#include "dspex/adapter.hpp"

namespace dspex {

/// A program as workers are told of it.
struct python_program {
  std::string id;
  /// JSON text.
  std::string definition;
};

/// What a worker shall do.
struct pool_request {
  std::shared_ptr<const python_program> program;
  /// JSON text; none to make the program and no more.
  std::optional<std::string> inputs;
  /// What `cancel` calls it.
  execution_id execution;
  std::chrono::steady_clock::time_point deadline;
  /// Takes the result of the worker, or why there is none; from the thread of
  /// the pool, at most once. Must not block.
  std::function<void(result<json>)> done;
};

/// Keeps Python processes and gives them work.
///
/// The processes start with the first request. A request waits in a queue of
/// bounded length for a free thread of any worker; at its deadline it is
/// answered `timeout`. A worker that dies is replaced, and what it had is
/// answered `backend_unavailable`. While no worker can be started everything is
/// answered so at once.
///
/// The methods may be called from any thread. After the destructor has returned
/// no callback is called, and no process is left.
class worker_pool {
public:
  /// @throws std::system_error if there is no event loop to be had.
  worker_pool(python_port_options options, adapter_host& host);
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;
  ~worker_pool();

  void submit(pool_request request);

  /// Ends a request; its callback is not called if it was not yet.
  void cancel(execution_id id);

  /// Lets the workers forget a program.
  void forget(std::string backend_id);

private:
  using clock = std::chrono::steady_clock;
  using time_point = clock::time_point;
  using worker_map = std::map<uint64_t, std::unique_ptr<python_worker>>;

  // What shall happen at some time.
  struct timer {
    enum class kind {
      request_deadline,
      request_grace,
      worker_start,
      worker_grace,
      next_start,
      examination
    };
    kind what;
    uint64_t id;
  };
  using timers = std::multimap<time_point, timer>;

  struct request_state {
    pool_request request;
    timers::iterator timer;
    /// None: it waits in the queue.
    python_worker* worker = nullptr;
    /// Answered already, but the worker is still at it.
    bool given_up = false;
  };

  // -- the loop: worker_pool.cpp ----------------------------------------------

  /// Sends a request from the thread that submits it, if a worker is free and
  /// the loop is idle: that saves a switch of threads.
  /// @returns false if it is left to the loop.
  bool send_at_once(pool_request& request);
  void post(std::function<void()> command);
  [[nodiscard]] bool has_commands();
  void run();
  /// Milliseconds to the next timer.
  int plan_wait();
  void handle_event(uint64_t key);
  void handle_commands();
  void handle_timers();
  void watch(int fd, uint32_t events, uint64_t key);
  void watch_socket(python_worker& worker);
  void watch_worker(python_worker& worker);
  void ignore(int fd);
  [[nodiscard]] python_worker* find_worker(uint64_t id);

  // -- requests: pool_requests.cpp --------------------------------------------

  void accept(pool_request request);
  uint64_t add_request(pool_request request);
  void drop(execution_id id);
  void forget_program(const std::string& backend_id);
  void dispatch();
  [[nodiscard]] python_worker* least_loaded(const std::string& backend_id);
  void send_request(uint64_t id, request_state& x, python_worker& worker);
  void send_command(python_worker& worker, std::string_view name,
                    const std::string& args, python_worker::command what);
  void flush(python_worker& worker);
  /// Remembers that it has a program, and lets it forget the one that was not
  /// used for longest.
  void note_program(python_worker& worker, const std::string& backend_id,
                    uint64_t use);
  void on_deadline(uint64_t id);
  void on_grace(uint64_t id);
  /// Leaves it to its worker, which has to end it soon.
  void give_up(uint64_t id, request_state& x);
  void answer(uint64_t id, result<json> outcome);
  void erase_request(uint64_t id);
  void refuse_waiting();
  [[nodiscard]] error unavailable() const;

  // -- what workers say: pool_replies.cpp -------------------------------------

  void on_readable(python_worker& worker);
  void on_reply(python_worker& worker, std::string_view body);
  void on_command_reply(python_worker& worker, python_worker::command what,
                        const json& reply);
  void on_run_reply(python_worker& worker, uint64_t id, json reply);
  void on_output(python_worker& worker);
  void log_line(python_worker& worker, std::string_view line);
  [[nodiscard]] std::string masked(std::string text) const;

  // -- their lives: pool_supervision.cpp --------------------------------------

  /// Starts and retires workers until there are as many as there should be.
  void maintain();
  void start_worker();
  void on_ready(python_worker& worker, const json& hello);
  void on_proved(python_worker& worker);
  void on_exit(python_worker& worker);
  /// It has closed its socket, and should be about to end.
  void hang_up(python_worker& worker);
  /// Answers what it has and ends it.
  void kill(python_worker& worker, const std::string& why);
  void retire(python_worker& worker);
  void finish_retiring(python_worker& worker);
  void recycle(python_worker& worker, const std::string& why);
  void note_failed_start(const std::string& why);
  void examine();
  void answer_all(python_worker& worker, const std::string& why);
  [[nodiscard]] child_command command_line() const;
  void log(severity how, std::string_view message, json fields) const;

  // -- member variables -------------------------------------------------------

  const python_port_options options_;
  adapter_host& host_;
  /// What must not be shown.
  std::vector<std::string> secrets_;
  unique_fd epoll_;
  wakeup wakeup_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<std::function<void()>> commands_;

  // The rest belongs to who holds this: the loop, but for when it waits.

  std::mutex state_;
  timers timers_;
  /// When the loop wakes without an event.
  time_point wakes_at_;
  worker_map workers_;
  uint64_t next_worker_ = 1;
  uint64_t next_request_ = 1;
  std::unordered_map<uint64_t, request_state> requests_;
  /// Ids of requests, some of which are gone already.
  std::deque<uint64_t> queue_;
  size_t waiting_ = 0;
  std::unordered_map<uuid, uint64_t> executions_;
  /// Set by the first request.
  bool wanted_ = false;
  bool start_planned_ = false;
  start_budget budget_;
  /// What became of the last start that failed.
  std::string last_failure_;
  std::thread thread_;
};

} // namespace dspex
