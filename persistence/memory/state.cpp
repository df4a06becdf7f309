#include "persistence/memory/state.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/lifecycle.hpp"
#include "persistence/row_logic.hpp"

namespace dspex {

program_record memory_state::read(const program_entry& x) const {
  auto out = x.record;
  auto& sig = signatures.at(out.signature.id);
  out.signature = {sig.id, sig.module, sig.version, sig.status};
  return out;
}

const memory_state::program_entry*
memory_state::find_ephemeral(const program_record& x) const {
  auto text = dump_json(*x.configuration);
  for (auto id : ephemeral) {
    auto& other = programs.at(id);
    if (id != x.id && other.record.status != program_status::archived
        && other.record.signature.id == x.signature.id
        && other.record.adapter_type == x.adapter_type
        && dump_json(*other.record.configuration) == text)
      return &other;
  }
  return nullptr;
}

const memory_state::program_entry*
memory_state::find_same(const program_record& x) const {
  auto text = dump_json(*x.configuration);
  const program_entry* oldest = nullptr;
  for (auto& [id, other] : programs) {
    auto& y = other.record;
    if (!y.ephemeral && y.status != program_status::archived
        && y.status != program_status::error && y.name == x.name
        && y.signature.id == x.signature.id && y.adapter_type == x.adapter_type
        && dump_json(*y.configuration) == text
        && (oldest == nullptr || id < oldest->record.id))
      oldest = &other;
  }
  return oldest;
}

bool memory_state::is_finished(execution_id id) const {
  // Most ids are greater than all before them, which spares the search.
  if (executions.empty() || executions.rbegin()->first < id)
    return false;
  auto i = executions.find(id);
  return i != executions.end() && is_terminal(i->second.status);
}

bool memory_state::drains(const program_entry& x) const {
  return x.in_progress > 0
         && std::ranges::any_of(x.executions, [this](execution_id id) {
              auto& record = executions.at(id);
              return !is_terminal(record.status) && !record.node.is_nil();
            });
}

void memory_state::finish(const execution_record& x) {
  auto& program = put(x);
  auto& record = program.record;
  auto completed = x.status == execution_status::completed;
  ++(completed ? record.completed_count : record.failed_count);
  record.duration_us_sum = add_durations(record.duration_us_sum,
                                         static_cast<uint64_t>(*x.duration_us));
  if (!record.last_executed_at || *record.last_executed_at < x.executed_at)
    record.last_executed_at = x.executed_at;
  program.durations.add(*x.duration_us);
}

void memory_state::put_live(const execution_record& x) {
  ++put(x).in_progress;
}

const idempotency_owner* memory_state::find_owner(const key_name& key,
                                                  timestamp at) const {
  auto i = keys.find(key);
  if (i == keys.end() || i->second.claimed_at <= at - idempotency_period)
    return nullptr;
  auto execution = executions.find(i->second.owner.execution);
  if (execution == executions.end() || frees_key(execution->second.error_code))
    return nullptr;
  return &i->second.owner;
}

void memory_state::sort(program_entry& x) {
  auto& ids = x.executions;
  auto tail
    = ids.begin()
      + static_cast<std::ptrdiff_t>(std::exchange(x.sorted, ids.size()));
  if (tail == ids.end())
    return;
  // The ids that came out of order are few, and belong near the end.
  std::sort(tail, ids.end());
  std::inplace_merge(std::lower_bound(ids.begin(), tail, *tail), tail,
                     ids.end());
}

void memory_state::drop(std::vector<execution_id> ids) {
  std::ranges::sort(ids);
  auto by_program = std::map<program_id, std::vector<execution_id>>{};
  for (auto id : ids) {
    auto i = executions.find(id);
    auto& record = programs.at(i->second.program_id).record;
    auto completed = i->second.status == execution_status::completed;
    ++(completed ? record.pruned_completed : record.pruned_failed);
    by_program[record.id].push_back(id);
    executions.erase(i);
  }
  for (auto& [id, dropped] : by_program) {
    auto& program = programs.at(id);
    sort(program);
    auto rest = std::vector<execution_id>{};
    std::ranges::set_difference(program.executions, dropped,
                                std::back_inserter(rest));
    program.executions = std::move(rest);
    program.sorted = program.executions.size();
  }
}

void memory_state::drop(program_id id) {
  auto i = programs.find(id);
  for (auto x : i->second.executions)
    executions.erase(x);
  std::erase_if(keys, [&](auto& x) { return x.first.first == id; });
  ephemeral.erase(id);
  programs.erase(i);
}

memory_state::program_entry& memory_state::put(const execution_record& x) {
  auto before = executions.size();
  auto i = executions.try_emplace(executions.end(), x.id, x);
  auto& program = programs.at(x.program_id);
  if (executions.size() == before) {
    auto& owner = programs.at(i->second.program_id);
    --owner.in_progress;
    i->second = x;
    if (&owner == &program)
      return program;
    sort(owner);
    std::erase(owner.executions, x.id);
    owner.sorted = owner.executions.size();
  }
  auto& ids = program.executions;
  if (program.sorted == ids.size() && (ids.empty() || ids.back() < x.id))
    ++program.sorted;
  ids.push_back(x.id);
  return program;
}

} // namespace dspex
