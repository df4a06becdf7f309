#include "actors/program/outbox.hpp"

#include <utility>
#include <variant>

namespace dspex {

namespace {

// Whether the tracker has to know of a run in this phase that has not ended.
bool is_told(run_phase at) {
  return at == run_phase::running || at == run_phase::waiting;
}

} // namespace

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

execution_accepted acceptance_of(run& x) {
  x.announced = true;
  return {x.record, is_claimed(x)};
}

execution_finished end_of(const run& x) {
  return {x.record, x.unconfirmed, is_claimed(x)};
}

std::vector<run_event> events_for_new_tracker(run_book& book) {
  auto out = std::vector<run_event>{};
  for (auto& [id, x] : book) {
    if (x.at == run_phase::ended)
      out.emplace_back(end_of(x));
    else if (is_told(x.at))
      out.emplace_back(acceptance_of(x));
  }
  return out;
}

run_report last_report(run_report unsent, run_book& book) {
  auto out = run_report{};
  for (auto& event : unsent.events) {
    if (std::holds_alternative<execution_finished>(event))
      out.events.push_back(std::move(event));
    else if (auto* x = std::get_if<execution_accepted>(&event))
      if (auto* announced = book.find(x->record.id))
        announced->announced = false;
  }
  for (auto& [id, x] : book)
    if (!x.announced && is_told(x.at))
      out.events.emplace_back(
        execution_finished{x.record, nullptr, is_claimed(x)});
  return out;
}

} // namespace dspex
