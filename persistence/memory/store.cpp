#include "persistence/memory/store.hpp"

#include <algorithm>

#include "persistence/memory/state.hpp"
#include "persistence/row_check.hpp"
#include "persistence/row_logic.hpp"

namespace dspex {

namespace {

template <class Id, class T>
auto first_from(const std::map<Id, T>& xs, Id id) {
  return xs.lower_bound(id);
}

template <class Id>
auto first_from(const std::vector<Id>& xs, Id id) {
  return std::ranges::lower_bound(xs, id);
}

// Collects a page from a container in the order of ids, in descending order.
// `find` returns the record if it passes the filter.
template <class T, class Id, class Container, class Find>
page<T> collect(const Container& xs, const page_bounds& where, Find find) {
  auto out = page<T>{};
  auto i = where.before ? first_from(xs, Id{*where.before}) : xs.end();
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
    if (auto ok = check_row(x); !ok)
      return fail(std::move(ok.error()));
    return in_transaction([&]() -> result<signature_record> {
      for (auto& [id, other] : state_->signatures)
        if (other.module == x.module && other.version == x.version)
          return other;
      if (!state_->signatures.emplace(x.id, x).second)
        return fail(errc::store_rejected,
                    "signature " + to_string(x.id) + ": id is not unique");
      return x;
    });
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
    return in_transaction([&]() -> result<signature_record> {
      auto i = state_->signatures.find(id);
      if (i == state_->signatures.end())
        return fail(no_signature(id));
      auto next = next_status(action, i->second.status);
      if (!next)
        return fail(std::move(next.error()));
      i->second.status = *next;
      i->second.updated_at = now();
      return i->second;
    });
  }

  result<signature_record>
  update_signature(signature_id id, const signature_update& x) override {
    return in_transaction([&]() -> result<signature_record> {
      auto i = state_->signatures.find(id);
      if (i == state_->signatures.end())
        return fail(no_signature(id));
      auto changed = i->second;
      apply_update(changed, x, now());
      if (auto ok = check_row(changed); !ok)
        return fail(std::move(ok.error()));
      i->second = std::move(changed);
      return i->second;
    });
  }

  result<void> destroy_signature(signature_id id) override {
    return in_transaction([&]() -> result<void> {
      if (!state_->signatures.contains(id))
        return fail(no_signature(id));
      for (auto& [program, entry] : state_->programs)
        if (entry.record.signature.id == id)
          return fail(signature_in_use(program));
      state_->signatures.erase(id);
      return {};
    });
  }

  // -- programs ---------------------------------------------------------------

  result<program_record> insert_program(const program_record& x) override {
    if (auto ok = check_row(x); !ok)
      return fail(std::move(ok.error()));
    return in_transaction([&]() -> result<program_record> {
      auto i = state_->programs.find(x.id);
      if (i != state_->programs.end())
        return state_->read(i->second);
      if (x.ephemeral)
        if (auto same = state_->find_ephemeral(x))
          return state_->read(*same);
      return add_program(x);
    });
  }

  result<program_record>
  find_or_insert_program(const program_record& x) override {
    if (auto ok = check_row(x); !ok)
      return fail(std::move(ok.error()));
    return in_transaction([&]() -> result<program_record> {
      if (auto* same = state_->find_same(x))
        return state_->read(*same);
      return add_program(x);
    });
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
    return change_program(id, [&](program_record& program) {
      return apply_transition(program, x, now());
    });
  }

  result<program_record> update_program(program_id id,
                                        const program_update& x) override {
    return change_program(id, [&](program_record& program) {
      return apply_update(program, x, now());
    });
  }

  result<void> destroy_program(program_id id, bool cascade) override {
    return in_transaction([&]() -> result<void> {
      auto i = state_->programs.find(id);
      if (i == state_->programs.end())
        return fail(no_program(id));
      if (auto ok = check_destroy(i->second.record.status); !ok)
        return ok;
      if (state_->drains(i->second))
        return fail(program_drains());
      if (!cascade && !i->second.executions.empty())
        return fail(program_has_executions());
      state_->drop(id);
      return {};
    });
  }

  // -- executions -------------------------------------------------------------

  result<batch_result> write(const execution_batch& batch) override {
    if (auto ok = check_batch(batch); !ok)
      return fail(std::move(ok.error()));
    return in_transaction([&]() -> result<batch_result> {
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
    });
  }

  result<execution_record>
  insert_execution(const execution_record& x) override {
    if (auto ok = check_made_by_hand(x); !ok)
      return fail(std::move(ok.error()));
    return in_transaction([&]() -> result<execution_record> {
      if (auto i = state_->executions.find(x.id);
          i != state_->executions.end()) {
        if (i->second == x)
          return x;
        return fail(used_execution_id(x.id));
      }
      auto program = state_->programs.find(x.program_id);
      if (program == state_->programs.end())
        return fail(no_program(x.program_id));
      if (auto ok = check_new_execution(program->second.record.status); !ok)
        return fail(std::move(ok.error()));
      state_->put_live(x);
      return x;
    });
  }

  result<execution_record> step_execution(execution_id id,
                                          const execution_step& x) override {
    return in_transaction([&]() -> result<execution_record> {
      auto i = state_->executions.find(id);
      if (i == state_->executions.end())
        return fail(no_execution(id));
      auto changed = i->second;
      if (auto ok = apply_step(changed, x, now()); !ok)
        return fail(std::move(ok.error()));
      auto ends = is_terminal(changed.status);
      if (auto ok = ends ? check_finished(changed) : check_live(changed); !ok)
        return fail(std::move(ok.error()));
      if (ends)
        state_->finish(changed);
      else
        state_->put_live(changed);
      return changed;
    });
  }

  result<idempotency_owner>
  claim_idempotency_key(const idempotency_claim& x) override {
    if (auto ok = check_claim(x); !ok)
      return fail(std::move(ok.error()));
    return in_transaction([&]() -> result<idempotency_owner> {
      auto& mine = x.execution;
      if (!state_->programs.contains(mine.program_id))
        return fail(no_program(mine.program_id));
      auto key = memory_state::key_name{mine.program_id, x.key};
      auto i = state_->keys.find(key);
      if (i != state_->keys.end() && i->second.owner.execution == mine.id)
        return i->second.owner;
      if (auto owner = state_->find_owner(key, mine.executed_at))
        return *owner;
      if (state_->executions.contains(mine.id))
        return fail(used_execution_id(mine.id));
      auto owner = idempotency_owner{mine.id, x.inputs_hash};
      state_->keys.insert_or_assign(
        std::move(key), memory_state::key_entry{owner, mine.executed_at});
      state_->put_live(mine);
      return owner;
    });
  }

  // Passes over all executions, which is cheap because they are in memory.
  result<uint64_t> prune(const prune_request& x, size_t limit) override {
    return in_transaction([&]() -> result<uint64_t> {
      auto old = std::vector<std::pair<timestamp, execution_id>>{};
      for (auto& [id, record] : state_->executions)
        if (record.executed_at < x.older_than && is_terminal(record.status)
            && matches(x.program, record.program_id))
          old.emplace_back(record.executed_at, id);
      std::ranges::sort(old);
      old.resize(std::min(old.size(), limit));
      auto ids = std::vector<execution_id>{};
      for (auto& [at, id] : old)
        ids.push_back(id);
      state_->drop(std::move(ids));
      return old.size();
    });
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
    memory_state::sort(program->second);
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

  // The store ends with its process, so there are no other nodes to sweep.
  result<sweep_result> sweep() override {
    return in_transaction([&]() -> result<sweep_result> {
      auto expired = now() - idempotency_period;
      std::erase_if(state_->keys,
                    [&](auto& x) { return x.second.claimed_at <= expired; });
      return sweep_result{};
    });
  }

private:
  // Runs `f`, which changes the store, with the lock held.
  template <class F>
  auto in_transaction(F f) -> decltype(f()) {
    if (mode_ == access::read_only)
      return fail(opened_read_only());
    auto guard = std::lock_guard{state_->mutex};
    return f();
  }

  // Inserts a program while the caller holds the lock.
  result<program_record> add_program(const program_record& x) {
    auto sig = state_->signatures.find(x.signature.id);
    if (sig == state_->signatures.end())
      return fail(no_signature(x.signature.id));
    if (auto ok = check_new_program(sig->second.status); !ok)
      return fail(std::move(ok.error()));
    auto& entry = state_->programs[x.id];
    entry.record = x;
    if (x.ephemeral)
      state_->ephemeral.insert(x.id);
    return state_->read(entry);
  }

  // Lets `change` try to change a copy of the record.
  template <class F>
  result<program_record> change_program(program_id id, F change) {
    return in_transaction([&]() -> result<program_record> {
      auto i = state_->programs.find(id);
      if (i == state_->programs.end())
        return fail(no_program(id));
      auto changed = i->second.record;
      if (auto ok = change(changed); !ok)
        return fail(std::move(ok.error()));
      if (auto ok = check_row(changed); !ok)
        return fail(std::move(ok.error()));
      if (changed.ephemeral && changed.status != program_status::archived)
        if (auto same = state_->find_ephemeral(changed))
          return fail(same_ephemeral(same->record.id));
      i->second.record = std::move(changed);
      return state_->read(i->second);
    });
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

  [[nodiscard]] bool blocks() const noexcept override {
    return false;
  }

private:
  std::shared_ptr<memory_state> state_ = std::make_shared<memory_state>();
};

} // namespace

std::unique_ptr<database> make_memory_database() {
  return std::make_unique<memory_database>();
}

} // namespace dspex
