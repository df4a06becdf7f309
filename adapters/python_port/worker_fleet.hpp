#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "adapters/python_port/options.hpp"
#include "adapters/python_port/request_queue.hpp"
#include "adapters/python_port/start_budget.hpp"
#include "adapters/python_port/worker.hpp"
#include "adapters/python_port/worker_io.hpp"
#include "dspex/adapter.hpp"

namespace dspex {

/// The Python processes of a `worker_pool`: starts them until there are as many
/// as there should be, and replaces those that end, do not answer, or are due.
///
/// The runs of a process that ends are answered `backend_unavailable`. Not
/// thread safe.
class worker_fleet {
public:
  /// @param options outlive the object, as does everything else.
  worker_fleet(const python_port_options& options, adapter_host& host,
               worker_io& io, request_queue& requests, pool_timers& timers);

  worker_fleet(const worker_fleet&) = delete;
  worker_fleet& operator=(const worker_fleet&) = delete;

  /// Kills the processes and waits for their ends.
  ~worker_fleet();

  // -- properties -------------------------------------------------------------

  /// A worker by its number, or null if it is gone.
  [[nodiscard]] python_worker* find(uint64_t id);

  /// The worker to give the next run of a program to: of those that have a free
  /// thread the one that has least to do, and rather one that has the program.
  /// Null if all are busy.
  [[nodiscard]] python_worker* least_loaded(const std::string& backend_id);

  /// Whether starts fail, and no worker is left: nothing that waits will be
  /// done.
  [[nodiscard]] bool is_lost() const;

  /// Says what a fleet that is lost lacks.
  [[nodiscard]] error unavailable() const;

  // -- work -------------------------------------------------------------------

  /// Starts the first workers, unless that has been done.
  void start();

  /// Writes what there is to be sent to workers.
  void flush();

  /// Lets the workers forget a program.
  void forget_program(const std::string& backend_id);

  /// Remembers that a worker has a program, and lets it forget the one that was
  /// not used for longest.
  /// @param use the number of the request that used the program.
  void note_program(python_worker& worker, const std::string& backend_id,
                    uint64_t use);

  // -- events -----------------------------------------------------------------

  /// A worker has said hello.
  void on_ready(python_worker& worker, const json& hello);

  /// A worker has answered a run.
  void on_answer(python_worker& worker);

  /// A worker has said what it uses.
  void on_statistics(python_worker& worker, const json& statistics);

  /// A worker has closed its socket, and should be about to end.
  void on_hang_up(python_worker& worker);

  /// The process has ended; the worker is gone when this returns.
  void on_exit(python_worker& worker);

  /// One of the fleet's timers is due.
  void on_timer(pool_timer x);

  /// Answers what a worker has, and ends it.
  void kill(python_worker& worker, const std::string& why);

private:
  using clock = std::chrono::steady_clock;

  void maintain();
  void start_worker();
  void note_failed_start(const std::string& why);
  void prove(python_worker& worker);
  void recycle(python_worker& worker, const std::string& why);
  void retire(python_worker& worker);
  void finish_retiring(python_worker& worker);
  void examine();
  void examine(python_worker& worker, clock::time_point now);

  const python_port_options& options_;
  adapter_host& host_;
  worker_io& io_;
  request_queue& requests_;
  pool_timers& timers_;
  std::map<uint64_t, std::unique_ptr<python_worker>> workers_;
  uint64_t next_worker_ = 1;
  bool is_started_ = false;
  bool start_planned_ = false;
  start_budget budget_;
  /// The reason why the last start that failed did so.
  std::string last_failure_;
};

} // namespace dspex
