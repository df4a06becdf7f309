#include "actors/program/run_book.hpp"

#include <algorithm>
#include <utility>

namespace dspex {

run* run_book::find(execution_id id) {
  auto i = runs_.find(id);
  return i != runs_.end() ? &i->second : nullptr;
}

run* run_book::find(execution_id id, run_phase at) {
  auto* x = find(id);
  return x != nullptr && x->at == at ? x : nullptr;
}

run& run_book::add(execution_id id) {
  auto& x = runs_[id];
  x.record.id = id;
  return x;
}

void run_book::check(run& x) {
  if (std::exchange(x.at, run_phase::checking) == run_phase::accepted)
    ++waiting_;
}

void run_book::follow(run& x) {
  x.at = run_phase::following;
}

bool run_book::enqueue(run& x, size_t places) {
  if (x.at == run_phase::checking)
    --waiting_;
  if (running_ < places) {
    x.at = run_phase::running;
    ++running_;
    return true;
  }
  x.at = run_phase::waiting;
  ++waiting_;
  line_.push_back(x.record.id);
  return false;
}

run* run_book::start_next(size_t places, time_point t) {
  while (running_ < places && !line_.empty()) {
    auto* x = find(line_.front(), run_phase::waiting);
    line_.pop_front();
    // The run has ended while it waited, or is due and will be ended for that.
    if (x == nullptr || x->deadline <= t)
      continue;
    x->at = run_phase::running;
    --waiting_;
    ++running_;
    return x;
  }
  return nullptr;
}

run_phase run_book::finish(run& x) {
  auto was = std::exchange(x.at, run_phase::ended);
  if (was == run_phase::running)
    --running_;
  else if (was != run_phase::accepted)
    --waiting_;
  return was;
}

run_book::table::node_type run_book::take(execution_id id) {
  auto i = runs_.find(id);
  if (i == runs_.end() || i->second.at != run_phase::ended)
    return {};
  auto out = runs_.extract(i);
  if (runs_.empty())
    runs_ = table{};
  deadlines_.tidy(runs_.size(),
                  [this](execution_id gone) { return !runs_.contains(gone); });
  return out;
}

void run_book::set_deadline(run& x, time_point t) {
  x.deadline = t;
  // Most runs end long before they are due, so a later deadline is not worth a
  // move: `take_due` finds it when the earlier moment has come.
  if (!x.listed)
    list(x, x.accepted);
}

void run_book::list(run& x, time_point t) {
  x.listed = true;
  deadlines_.add(x.lasts_at > t ? std::min(x.lasts_at, x.deadline) : x.deadline,
                 x.record.id);
}

run* run_book::take_due(time_point t) {
  while (auto id = deadlines_.take_due(t)) {
    auto* x = find(*id);
    if (x == nullptr)
      continue;
    x->listed = false;
    if (x->deadline <= t)
      return x;
    list(*x, t);
    auto counts = x->at == run_phase::running || x->at == run_phase::waiting;
    if (x->lasts_at <= t && counts && !x->told)
      return x;
  }
  return nullptr;
}

} // namespace dspex
