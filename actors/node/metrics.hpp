#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "dspex/metrics.hpp"

namespace dspex {

/// The counters behind `runtime_metrics`. Every member is thread safe, and
/// those of the hot path are single atomics.
struct node_metrics {
  std::atomic<uint64_t> accepted = 0;
  std::atomic<uint64_t> completed = 0;
  /// By value of the code, which is below 60.
  std::array<std::atomic<uint64_t>, 60> failed{};
  std::atomic<uint64_t> running = 0;
  std::atomic<uint64_t> waiting = 0;
  /// Runs in flight; `in_flight_runs` counts them here.
  std::shared_ptr<std::atomic<uint64_t>> tracker_backlog
    = std::make_shared<std::atomic<uint64_t>>(0);
  /// Apart from what programs count: other threads change it.
  alignas(64) std::atomic<uint64_t> uncommitted = 0;
  std::atomic<uint64_t> lost_async = 0;
  std::atomic<uint64_t> store_outages = 0;
  std::atomic<uint64_t> programs_awake = 0;
  std::atomic<uint64_t> restarts = 0;
  std::atomic<uint64_t> observer_failures = 0;

  void count_restart(const std::string& child);

  [[nodiscard]] runtime_metrics snapshot() const;

private:
  // Restarts are rare.
  mutable std::mutex mutex_;
  std::map<std::string, uint64_t> restarts_by_child_;
};

} // namespace dspex
