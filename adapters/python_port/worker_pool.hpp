#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "adapters/python_port/options.hpp"
#include "adapters/python_port/request_queue.hpp"
#include "adapters/python_port/worker_fleet.hpp"
#include "adapters/python_port/worker_io.hpp"

namespace dspex {

/// Keeps Python processes and gives them work.
///
/// The processes start with the first request. A request waits in a queue of
/// bounded length for a free thread of any worker; at its deadline it is
/// answered `timeout`. A worker that dies is replaced, and what it had is
/// answered `backend_unavailable`. While no worker can be started everything is
/// answered so at once.
///
/// The pool is the event loop, in a thread of its own: it brings requests to
/// workers and what workers say to the requests. The methods may be called from
/// any thread. After the destructor has returned no callback is called, and no
/// process is left.
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

  // -- from any thread --------------------------------------------------------

  /// Sends a request from the thread that submits it, if a worker is free and
  /// the loop is idle: that saves a switch of threads.
  /// @returns false if it is left to the loop.
  bool send_at_once(pool_request& request);
  void post(std::function<void()> command);
  [[nodiscard]] bool has_commands();

  // -- the loop ---------------------------------------------------------------

  void run();
  /// Milliseconds to the next timer.
  int plan_wait();
  void handle_event(worker_io::event x);
  void handle_commands();
  void handle_timers();
  void dispatch();

  // -- what workers say -------------------------------------------------------

  void read(python_worker& worker);
  void on_reply(python_worker& worker, json reply);
  void on_command_reply(python_worker& worker, python_worker::command what,
                        const json& reply);
  void on_run_reply(python_worker& worker, uint64_t id, json reply);

  // -- member variables -------------------------------------------------------

  const python_port_options options_;
  worker_io io_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<std::function<void()>> commands_;

  // The members below belong to the thread that holds `state_`: the loop,
  // except while it waits.

  std::mutex state_;
  pool_timers timers_;
  /// The loop wakes at this time without an event.
  clock::time_point wakes_at_;
  request_queue requests_;
  worker_fleet workers_;
  std::thread thread_;
};

} // namespace dspex
