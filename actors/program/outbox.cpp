#include "actors/program/outbox.hpp"

#include <utility>

namespace dspex {

outbox::due outbox::start(execution_id id) {
  auto first = empty();
  if (first)
    bundles_ = std::make_unique<bundles>();
  auto& starts = bundles_->starts;
  starts.reserve(bundle);
  starts.push_back(id);
  if (starts.size() == bundle)
    return due::now;
  return first ? due::next_turn : due::this_turn;
}

outbox::due outbox::tell(run_event x) {
  auto first = empty();
  if (first)
    bundles_ = std::make_unique<bundles>();
  auto& events = bundles_->report.events;
  events.reserve(bundle);
  events.push_back(std::move(x));
  if (events.size() == bundle)
    return due::now;
  return first ? due::next_turn : due::this_turn;
}

std::vector<execution_id> outbox::take_starts() {
  if (empty())
    return {};
  return std::exchange(bundles_->starts, {});
}

run_report outbox::take_report() {
  if (empty())
    return {};
  return std::exchange(bundles_->report, {});
}

execution_lasted lasting(run& x) {
  x.told = true;
  return {x.record, x.in_flight, is_claimed(x)};
}

execution_finished end_of(const run& x) {
  return {x.record, x.in_flight, x.unconfirmed};
}

std::vector<run_event> events_for_new_tracker(run_book& book) {
  auto out = std::vector<run_event>{};
  for (auto& [id, x] : book) {
    if (x.at == run_phase::ended)
      out.emplace_back(end_of(x));
    else if (x.told)
      out.emplace_back(lasting(x));
  }
  return out;
}

run_report last_report(const run_book& book) {
  auto out = run_report{};
  for (auto& [id, x] : book) {
    if (x.at == run_phase::ended)
      out.events.emplace_back(end_of(x));
    else if (x.at == run_phase::running || x.at == run_phase::waiting)
      out.events.emplace_back(execution_abandoned{x.record, x.in_flight});
  }
  return out;
}

} // namespace dspex
