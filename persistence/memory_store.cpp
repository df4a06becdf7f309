#include "persistence/memory_store.hpp"

#include <map>
#include <mutex>
#include <set>

#include "persistence/row_check.hpp"
#include "persistence/row_logic.hpp"

namespace dspex {

namespace {

struct program_entry {
  program_record record;
  histogram durations;
  /// Live and finished.
  std::set<execution_id> executions;
  uint64_t in_progress = 0;
};

// Everything the connections share, behind one lock.
struct memory_state {
  std::mutex mutex;
  std::map<signature_id, signature_record> signatures;
  std::map<program_id, program_entry> programs;
  std::map<execution_id, execution_record> executions;

  [[nodiscard]] program_record read(const program_entry& x) const {
    auto out = x.record;
    auto& sig = signatures.at(out.signature.id);
    out.signature = {sig.id, sig.module, sig.version, sig.status};
    return out;
  }

  void finish(const execution_record& x) {
    auto& program = put(x);
    auto delta = program_delta{};
    delta.add(x);
    auto& record = program.record;
    record.completed_count += delta.completed;
    record.failed_count += delta.failed;
    record.duration_us_sum = add_durations(record.duration_us_sum,
                                           delta.duration_us);
    if (!record.last_executed_at
        || *record.last_executed_at < *delta.last_executed_at)
      record.last_executed_at = delta.last_executed_at;
    program.durations.add(*x.duration_us);
  }

  void put_live(const execution_record& x) {
    ++put(x).in_progress;
  }

  [[nodiscard]] bool is_finished(execution_id id) const {
    auto i = executions.find(id);
    return i != executions.end() && is_terminal(i->second.status);
  }

private:
  /// Inserts, or replaces a live one. Ids grow with time: the place is near the
  /// end, and most often at it.
  program_entry& put(const execution_record& x) {
    auto before = executions.size();
    auto i = executions.try_emplace(executions.end(), x.id, x);
    if (executions.size() == before) {
      auto& program = programs.at(i->second.program_id);
      program.executions.erase(x.id);
      --program.in_progress;
      i->second = x;
    }
    auto& program = programs.at(x.program_id);
    program.executions.insert(program.executions.end(), x.id);
    return program;
  }
};

// Collects a page from a map or set by id, in descending order. `find` returns
// the record if it passes the filter.
template <class T, class Id, class Container, class Find>
page<T> collect(const Container& xs, const page_bounds& where, Find find) {
  auto out = page<T>{};
  auto i = where.before ? xs.lower_bound(Id{*where.before}) : xs.end();
  while (i != xs.begin()) {
    auto item = find(*--i);
    if (!item)
      continue;
    if (out.items.size() == where.limit) {
      out.next = make_cursor(out.items.back().id.value);
      break;
    }
    out.items.push_back(std::move(*item));
  }
  return out;
}

template <class T>
bool matches(const std::optional<T>& wanted, const T& actual) {
  return !wanted || *wanted == actual;
}

class memory_store : public store {
public:
  memory_store(std::shared_ptr<memory_state> state, access mode)
    : state_(std::move(state)), mode_(mode) {
  }

  // -- signatures -------------------------------------------------------------

  result<signature_record>
  insert_signature(const signature_record& x) override {
    if (auto ok = check_write(x); !ok)
      return fail(std::move(ok.error()));
    auto guard = std::lock_guard{state_->mutex};
    for (auto& [id, other] : state_->signatures)
      if (other.module == x.module && other.version == x.version)
        return other;
    if (!state_->signatures.emplace(x.id, x).second)
      return fail(errc::store_rejected,
                  "signature " + to_string(x.id) + ": id is not unique");
    return x;
  }

  result<signature_record> get_signature(signature_id id) override {
    auto guard = std::lock_guard{state_->mutex};
    auto i = state_->signatures.find(id);
    if (i == state_->signatures.end())
      return fail(no_signature(id));
    return i->second;
  }

  result<page<signature_record>>
  list_signatures(const signature_filter& filter,
                  const page_request& where) override {
    auto bounds = read_page_request(where);
    if (!bounds)
      return fail(std::move(bounds.error()));
    auto guard = std::lock_guard{state_->mutex};
    return collect<signature_record, signature_id>(
      state_->signatures, *bounds,
      [&](auto& entry) -> std::optional<signature_record> {
        auto& x = entry.second;
        if (matches(filter.module, x.module) && matches(filter.name, x.name)
            && matches(filter.status, x.status))
          return x;
        return std::nullopt;
      });
  }

  result<signature_record>
  transition_signature(signature_id id, signature_action action) override {
    if (mode_ == access::read_only)
      return fail(opened_read_only());
    auto guard = std::lock_guard{state_->mutex};
    auto i = state_->signatures.find(id);
    if (i == state_->signatures.end())
      return fail(no_signature(id));
    auto next = next_status(action, i->second.status);
    if (!next)
      return fail(std::move(next.error()));
    i->second.status = *next;
    i->second.updated_at = now();
    return i->second;
  }

  // -- programs ---------------------------------------------------------------

  result<program_record> insert_program(const program_record& x) override {
    if (auto ok = check_write(x); !ok)
      return fail(std::move(ok.error()));
    auto guard = std::lock_guard{state_->mutex};
    auto i = state_->programs.find(x.id);
    if (i != state_->programs.end())
      return state_->read(i->second);
    auto sig = state_->signatures.find(x.signature.id);
    if (sig == state_->signatures.end())
      return fail(no_signature(x.signature.id));
    if (auto ok = check_new_program(sig->second.status); !ok)
      return fail(std::move(ok.error()));
    auto& entry = state_->programs[x.id];
    entry.record = x;
    return state_->read(entry);
  }

  result<program_record> get_program(program_id id) override {
    auto guard = std::lock_guard{state_->mutex};
    auto i = state_->programs.find(id);
    if (i == state_->programs.end())
      return fail(no_program(id));
    return state_->read(i->second);
  }

  result<page<program_record>>
  list_programs(const program_filter& filter,
                const page_request& where) override {
    auto bounds = read_page_request(where);
    if (!bounds)
      return fail(std::move(bounds.error()));
    auto guard = std::lock_guard{state_->mutex};
    return collect<program_record, program_id>(
      state_->programs, *bounds,
      [&](auto& entry) -> std::optional<program_record> {
        auto& x = entry.second.record;
        if (matches(filter.name, x.name)
            && matches(filter.signature, x.signature.id)
            && matches(filter.adapter_type, x.adapter_type)
            && matches(filter.status, x.status)
            && (filter.include_ephemeral || !x.ephemeral))
          return state_->read(entry.second);
        return std::nullopt;
      });
  }

  result<program_record>
  transition_program(program_id id, const program_transition& x) override {
    if (mode_ == access::read_only)
      return fail(opened_read_only());
    auto guard = std::lock_guard{state_->mutex};
    auto i = state_->programs.find(id);
    if (i == state_->programs.end())
      return fail(no_program(id));
    auto changed = i->second.record;
    if (auto ok = apply_transition(changed, x, now()); !ok)
      return fail(std::move(ok.error()));
    if (auto ok = check_row(changed); !ok)
      return fail(std::move(ok.error()));
    i->second.record = std::move(changed);
    return state_->read(i->second);
  }

  // -- executions -------------------------------------------------------------

  result<batch_result> write(const execution_batch& batch) override {
    if (mode_ == access::read_only)
      return fail(opened_read_only());
    for (auto& x : batch.finished)
      if (auto ok = check_finished(x); !ok)
        return fail(std::move(ok.error()));
    for (auto& x : batch.live)
      if (auto ok = check_live(x); !ok)
        return fail(std::move(ok.error()));
    auto guard = std::lock_guard{state_->mutex};
    for (auto* rows : {&batch.finished, &batch.live})
      for (auto& x : *rows)
        if (!state_->programs.contains(x.program_id))
          return fail(unknown_program(x));
    auto out = batch_result{};
    for (auto& x : batch.finished) {
      if (state_->is_finished(x.id))
        out.duplicates.push_back(x.id);
      else
        state_->finish(x);
    }
    for (auto& x : batch.live)
      if (!state_->is_finished(x.id))
        state_->put_live(x);
    return out;
  }

  result<execution_record> get_execution(execution_id id) override {
    auto guard = std::lock_guard{state_->mutex};
    auto i = state_->executions.find(id);
    if (i == state_->executions.end())
      return fail(no_execution(id));
    return i->second;
  }

  result<page<execution_record>>
  list_executions(const execution_filter& filter,
                  const page_request& where) override {
    auto bounds = read_page_request(where);
    if (!bounds)
      return fail(std::move(bounds.error()));
    auto guard = std::lock_guard{state_->mutex};
    auto select
      = [&](const execution_record& x) -> std::optional<execution_record> {
      if (matches(filter.status, x.status)
          && matches(filter.error_code, x.error_code)
          && (!filter.since || x.executed_at >= *filter.since)
          && (!filter.until || x.executed_at < *filter.until))
        return x;
      return std::nullopt;
    };
    auto& all = state_->executions;
    if (!filter.program)
      return collect<execution_record, execution_id>(
        all, *bounds, [&](auto& entry) { return select(entry.second); });
    auto program = state_->programs.find(*filter.program);
    if (program == state_->programs.end())
      return page<execution_record>{};
    return collect<execution_record, execution_id>(
      program->second.executions, *bounds,
      [&](execution_id id) { return select(all.at(id)); });
  }

  result<program_statistics> get_statistics(program_id id) override {
    auto guard = std::lock_guard{state_->mutex};
    auto i = state_->programs.find(id);
    if (i == state_->programs.end())
      return fail(no_program(id));
    auto& x = i->second;
    return make_statistics(x.record, x.durations, x.in_progress);
  }

  // -- liveness ---------------------------------------------------------------

  // The store dies with its process: there are no other nodes.
  result<sweep_result> sweep() override {
    if (mode_ == access::read_only)
      return fail(opened_read_only());
    return sweep_result{};
  }

private:
  template <class T>
  [[nodiscard]] result<void> check_write(const T& x) const {
    if (mode_ == access::read_only)
      return fail(opened_read_only());
    return check_row(x);
  }

  std::shared_ptr<memory_state> state_;
  access mode_;
};

class memory_database : public database {
public:
  result<std::unique_ptr<store>> connect(access mode) override {
    return std::make_unique<memory_store>(state_, mode);
  }

  [[nodiscard]] size_t max_writers() const noexcept override {
    return 1;
  }

private:
  std::shared_ptr<memory_state> state_ = std::make_shared<memory_state>();
};

} // namespace

std::unique_ptr<database> make_memory_database() {
  return std::make_unique<memory_database>();
}

} // namespace dspex
