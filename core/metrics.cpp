#include "dspex/metrics.hpp"

namespace dspex {

uint64_t runtime_metrics::failed_total() const {
  auto result = uint64_t{0};
  for (auto& [_, n] : failed)
    result += n;
  return result;
}

json to_json(const runtime_metrics& x) {
  auto failed = json::object();
  for (auto& [code, n] : x.failed)
    failed[std::string{to_string(code)}] = n;
  auto by_child = json::object();
  for (auto& [child, n] : x.restarts_by_child)
    by_child[child] = n;
  return {{"accepted", x.accepted},
          {"completed", x.completed},
          {"failed", std::move(failed)},
          {"running", x.running},
          {"waiting", x.waiting},
          {"tracker_backlog", x.tracker_backlog},
          {"uncommitted", x.uncommitted},
          {"lost_async", x.lost_async},
          {"store_outages", x.store_outages},
          {"programs_awake", x.programs_awake},
          {"restarts", x.restarts},
          {"restarts_by_child", std::move(by_child)},
          {"observer_failures", x.observer_failures}};
}

} // namespace dspex
