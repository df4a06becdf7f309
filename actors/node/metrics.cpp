#include "actors/node/metrics.hpp"

namespace dspex {

void node_metrics::count_restart(const std::string& child) {
  ++restarts;
  auto guard = std::lock_guard{mutex_};
  ++restarts_by_child_[child];
}

runtime_metrics node_metrics::snapshot() const {
  auto out = runtime_metrics{};
  // What has ended before what was accepted: no run seems to have ended that
  // was not accepted.
  out.completed = completed;
  for (size_t code = 0; code < failed.size(); ++code)
    if (auto n = failed[code].load(); n > 0)
      out.failed[static_cast<errc>(code)] = n;
  out.running = running;
  out.waiting = waiting;
  out.accepted = accepted;
  out.tracker_backlog = *tracker_backlog;
  out.uncommitted = uncommitted;
  out.lost_async = lost_async;
  out.store_outages = store_outages;
  out.programs_awake = programs_awake;
  out.restarts = restarts;
  out.observer_failures = observer_failures;
  auto guard = std::lock_guard{mutex_};
  out.restarts_by_child = restarts_by_child_;
  return out;
}

} // namespace dspex
