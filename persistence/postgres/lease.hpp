#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "persistence/postgres/write.hpp"

namespace dspex {

/// Closes the work that a node without a lease left, at most 1000 executions in
/// one transaction. The work of a node that has a lease, or has one again, is
/// left alone.
[[nodiscard]] result<sweep_result> close_node(postgres_connection& connection,
                                              node_id node);

/// The sign of life of a node: a row of `leases`. A thread renews the lease
/// over a connection of its own, three times in each period. Thread safe.
///
/// A lease ends when another process finds it expired and removes its row.
/// Until then it can be renewed, however late: an outage of the server, in
/// which no process could sweep, interrupts nothing. A node that finds its
/// lease removed closes its own unfinished work, as another process has done or
/// would have done, and takes a lease with a new epoch. From then on,
/// executions that the node accepted under the earlier lease are refused.
class postgres_lease {
public:
  /// Takes a lease, inside a transaction of the caller.
  /// @returns the epoch of the lease, or `errc::conflict` if the node has a
  ///          lease already.
  [[nodiscard]] static result<int64_t> insert(postgres_connection& connection,
                                              node_id node,
                                              std::chrono::milliseconds period);

  /// Holds the lease with this epoch from now on.
  /// @param connection is used by the thread; if it is null, the thread makes
  ///        one later.
  postgres_lease(const postgres_target& target,
                 std::shared_ptr<postgres_watchdog> watchdog,
                 std::unique_ptr<postgres_connection> connection, node_id node,
                 int64_t epoch, std::chrono::milliseconds period);

  /// Gives the lease back.
  ~postgres_lease();

  postgres_lease(const postgres_lease&) = delete;
  postgres_lease& operator=(const postgres_lease&) = delete;

  [[nodiscard]] postgres_fence fence() const;

  [[nodiscard]] std::chrono::milliseconds period() const noexcept {
    return period_;
  }

  /// Returns `errc::interrupted` if the node accepted one of the batch's
  /// executions under an earlier lease.
  [[nodiscard]] result<void> check(const execution_batch& batch) const;

  /// Renews the lease now, or takes a new one if it has ended.
  [[nodiscard]] result<void> renew();

private:
  void run();
  result<void> renew_over(postgres_connection& connection);
  result<void> take_new(postgres_connection& connection);

  postgres_target target_;
  std::shared_ptr<postgres_watchdog> watchdog_;
  node_id node_;
  std::chrono::milliseconds period_;

  mutable std::mutex state_mutex_;
  int64_t epoch_;
  // Executions that were accepted before this time are closed.
  std::optional<timestamp> interrupted_until_;

  // Guards the connection, also while that waits for the server.
  std::mutex mutex_;
  std::unique_ptr<postgres_connection> connection_;

  std::mutex stop_mutex_;
  std::condition_variable stop_changed_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace dspex
