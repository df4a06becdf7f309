#include "actors/node/in_flight_runs.hpp"

#include <algorithm>
#include <utility>

namespace dspex {

// -- the set ------------------------------------------------------------------

in_flight_runs::in_flight_runs(std::shared_ptr<std::atomic<uint64_t>> count)
  : count_(std::move(count)) {
  for (auto& x : shards_) {
    x = std::make_shared<shard>();
    x->count = count_;
  }
}

const std::shared_ptr<in_flight_runs::shard>&
in_flight_runs::shard_of(execution_id id) const {
  return shards_[std::hash<execution_id>{}(id) % shards_.size()];
}

std::shared_ptr<open_run> in_flight_runs::add(execution_id id) {
  auto& home = shard_of(id);
  auto x = std::make_shared<open_run>(home, id);
  auto guard = std::lock_guard{home->mutex};
  if (home->runs.try_emplace(id, x.get()).second)
    return x;
  x->at_ = open_run::stage::left;
  return nullptr;
}

uint64_t in_flight_runs::size() const noexcept {
  return count_->load(std::memory_order_relaxed);
}

bool in_flight_runs::contains(execution_id id) const {
  auto& home = *shard_of(id);
  auto guard = std::lock_guard{home.mutex};
  return home.runs.contains(id);
}

std::optional<execution_record> in_flight_runs::find(execution_id id) const {
  auto& home = *shard_of(id);
  auto guard = std::lock_guard{home.mutex};
  auto i = home.runs.find(id);
  if (i == home.runs.end() || !i->second->seen_)
    return std::nullopt;
  return i->second->record();
}

bool in_flight_runs::when_decided(execution_id id, std::function<void()> task) {
  auto& home = *shard_of(id);
  auto guard = std::lock_guard{home.mutex};
  auto i = home.runs.find(id);
  if (i == home.runs.end() || i->second->at_ > open_run::stage::taken)
    return false;
  i->second->awaiting_.push_back(std::move(task));
  return true;
}

std::optional<caf::actor_addr> in_flight_runs::cancel(execution_id id) {
  auto& home = *shard_of(id);
  auto guard = std::lock_guard{home.mutex};
  auto i = home.runs.find(id);
  if (i == home.runs.end())
    return std::nullopt;
  if (i->second->at_ == open_run::stage::sent)
    i->second->cancelled_ = true;
  return i->second->program_;
}

std::vector<execution_record>
in_flight_runs::newest(const execution_filter& filter,
                       const std::optional<execution_id>& before,
                       size_t limit) const {
  auto ids = std::vector<execution_id>{};
  for (auto& x : shards_) {
    auto guard = std::lock_guard{x->mutex};
    for (auto& [id, run] : x->runs)
      if ((!before || id < *before) && run->matches(filter))
        ids.push_back(id);
  }
  auto end = ids.begin()
             + static_cast<std::ptrdiff_t>(std::min(ids.size(), limit));
  std::partial_sort(ids.begin(), end, ids.end(), std::greater{});
  auto out = std::vector<execution_record>{};
  // What has left since is in the store.
  std::for_each(ids.begin(), end, [&](execution_id id) {
    if (auto x = find(id))
      out.push_back(std::move(*x));
  });
  return out;
}

uint64_t in_flight_runs::count(program_id id) const {
  auto result = uint64_t{0};
  for (auto& x : shards_) {
    auto guard = std::lock_guard{x->mutex};
    result
      += static_cast<uint64_t>(std::ranges::count_if(x->runs, [&](auto& entry) {
           auto& seen = entry.second->seen_;
           return seen && seen->program == id && !seen->stored;
         }));
  }
  return result;
}

// -- one run ------------------------------------------------------------------

open_run::open_run(std::shared_ptr<in_flight_runs::shard> home, execution_id id)
  : home_(std::move(home)), id_(id) {
}

open_run::~open_run() {
  leave();
}

bool open_run::take(const caf::actor_addr& program) {
  auto guard = std::lock_guard{home_->mutex};
  if (cancelled_)
    return false;
  at_ = stage::taken;
  program_ = program;
  return true;
}

void open_run::step_aside() {
  settle(stage::aside);
}

void open_run::show(const execution_record& x) {
  auto awaiting = std::vector<std::function<void()>>{};
  {
    auto guard = std::lock_guard{home_->mutex};
    at_ = stage::shown;
    seen_.emplace(sight{x.program_id, x.inputs, x.metadata, x.executed_at,
                        x.started_at, x.node});
    awaiting.swap(awaiting_);
  }
  home_->count->fetch_add(1, std::memory_order_relaxed);
  for (auto& task : awaiting)
    task();
}

void open_run::start(timestamp t) {
  auto guard = std::lock_guard{home_->mutex};
  if (seen_)
    seen_->started_at = t;
}

void open_run::note_stored() {
  auto guard = std::lock_guard{home_->mutex};
  if (seen_)
    seen_->stored = true;
}

void open_run::leave() noexcept {
  settle(stage::left);
}

void open_run::settle(stage next) {
  auto awaiting = std::vector<std::function<void()>>{};
  auto seen = std::optional<sight>{};
  {
    auto guard = std::lock_guard{home_->mutex};
    if (at_ == stage::left)
      return;
    at_ = next;
    if (next == stage::left)
      home_->runs.erase(id_);
    awaiting.swap(awaiting_);
    seen.swap(seen_);
  }
  if (seen)
    home_->count->fetch_sub(1, std::memory_order_relaxed);
  for (auto& task : awaiting)
    task();
}

bool open_run::matches(const execution_filter& filter) const {
  return seen_ && (!filter.program || seen_->program == *filter.program)
         && (!filter.status || status() == *filter.status)
         // A run in flight has no error.
         && (!filter.error_code || *filter.error_code == errc::none)
         && (!filter.since || seen_->executed_at >= *filter.since)
         && (!filter.until || seen_->executed_at < *filter.until);
}

execution_status open_run::status() const {
  return seen_->started_at ? execution_status::running
                           : execution_status::pending;
}

execution_record open_run::record() const {
  auto x = execution_record{};
  x.id = id_;
  x.program_id = seen_->program;
  x.inputs = seen_->inputs;
  x.status = status();
  x.executed_at = x.inserted_at = seen_->executed_at;
  x.started_at = seen_->started_at;
  x.metadata = seen_->metadata;
  x.node = seen_->node;
  x.updated_at = x.started_at.value_or(x.inserted_at);
  return x;
}

} // namespace dspex
