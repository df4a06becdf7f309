// Runs that ask the store before they start: whether the caller's own id is
// free, and whose an idempotency key is.
//
// A key belongs to the run that claimed it in the store, in whatever process.
// Callers with the same key follow that run: within a program without asking
// the store again, else by looking at it with growing delays.

#include <algorithm>
#include <utility>

#include "actors/executions/outcome.hpp"
#include "actors/kit/ask_store.hpp"
#include "actors/program/program.hpp"
#include "core/lifecycle.hpp"

namespace dspex {

namespace {

constexpr auto first_look = std::chrono::milliseconds{5};
constexpr auto last_look = std::chrono::milliseconds{500};

error used_id(execution_id id) {
  return {errc::conflict, "Execution id is already used: " + to_string(id)};
}

error used_key(const std::string& key) {
  return {errc::conflict,
          "Idempotency key is already used with other inputs: " + key};
}

} // namespace

void program_state::check(run& x) {
  book_.check(x);
  if (x.check->key.empty())
    return check_id(x);
  x.check->inputs_hash = hash_of_inputs(*x.record.inputs);
  claim_key(x);
}

// -- the caller's own id ------------------------------------------------------

void program_state::check_id(const run& x) {
  ask_store(
    self_, ctx_, access::read_only,
    [id = x.record.id](store& s) { return s.get_execution(id); },
    [this, id = x.record.id](const result<execution_record>& found) {
      auto* mine = book_.find(id, run_phase::checking);
      if (mine == nullptr)
        return;
      if (found)
        drop(*mine, used_id(id));
      else if (found.error().code != errc::not_found)
        drop(*mine, found.error());
      else
        enqueue(*mine);
    });
}

// -- idempotency keys ---------------------------------------------------------

void program_state::claim_key(run& x) {
  book_.check(x);
  auto& check = *x.check;
  switch (keys_.claim(check.key, x.record.id, check.inputs_hash)) {
    case key_book::place::conflicts:
      return drop(x, used_key(check.key));
    case key_book::place::follows:
      book_.follow(x);
      return;
    case key_book::place::leads:
      break;
  }
  auto claim = idempotency_claim{check.key, check.inputs_hash, x.record};
  ask_store(
    self_, ctx_, access::read_write,
    [claim](store& s) { return s.claim_idempotency_key(claim); },
    [this, id = x.record.id](const result<idempotency_owner>& owner) {
      if (auto* mine = book_.find(id, run_phase::checking))
        on_claimed(*mine, owner);
    });
}

void program_state::on_claimed(run& x, const result<idempotency_owner>& owner) {
  if (!owner) {
    if (owner.error().code != errc::store_unavailable)
      return drop(x, owner.error());
    // The claim may be in the store all the same: the record frees it.
    x.caller.deliver(about(x.record, owner.error()));
    return end(x, fail(owner.error()), clock_now());
  }
  if (owner->inputs_hash != x.check->inputs_hash)
    return drop(x, used_key(x.check->key));
  if (owner->execution != x.record.id)
    return follow_stored(x, owner->execution, first_look);
  if (x.check->given_id)
    return verify_claim(x);
  x.check->claimed = true;
  enqueue(x);
}

void program_state::verify_claim(const run& x) {
  ask_store(
    self_, ctx_, access::read_only,
    [id = x.record.id](store& s) { return s.get_execution(id); },
    [this, id = x.record.id](const result<execution_record>& found) {
      auto* mine = book_.find(id, run_phase::checking);
      if (mine == nullptr)
        return;
      auto own = found && found->node == mine->record.node
                 && found->executed_at == mine->record.executed_at;
      if (!own)
        return on_stored(*mine, id, first_look, found);
      mine->check->claimed = true;
      enqueue(*mine);
    });
}

void program_state::follow_stored(run& x, execution_id owner,
                                  caf::timespan delay) {
  book_.follow(x);
  ask_store(
    self_, ctx_, access::read_only,
    [owner](store& s) { return s.get_execution(owner); },
    [this, id = x.record.id, owner,
     delay](const result<execution_record>& found) {
      if (auto* mine = book_.find(id, run_phase::following))
        on_stored(*mine, owner, delay, found);
    });
}

void program_state::on_stored(run& x, execution_id owner, caf::timespan delay,
                              const result<execution_record>& found) {
  auto holder = holder_of(found);
  if (holder == key_holder::answers) {
    auto outcome = outcome_of(*found);
    return share(x, outcome);
  }
  if (holder == key_holder::gone && found && owner == x.record.id)
    return drop(x, used_id(owner));
  book_.follow(x);
  after(delay, [this, id = x.record.id, owner, delay, holder] {
    auto* mine = book_.find(id, run_phase::following);
    if (mine == nullptr)
      return;
    if (holder == key_holder::gone)
      claim_key(*mine);
    else
      follow_stored(*mine, owner,
                    std::min<caf::timespan>(2 * delay, last_look));
  });
}

// -- leaving ------------------------------------------------------------------

void program_state::drop(run& x, const error& why) {
  x.caller.deliver(why);
  leave(x);
  auto gone = book_.take(x.record.id);
  settle(gone.mapped(), nullptr);
}

void program_state::share(run& x, const result<execution_result>& outcome) {
  x.caller.deliver(outcome);
  leave(x);
  auto gone = book_.take(x.record.id);
  settle(gone.mapped(), &outcome);
}

void program_state::settle(const run& gone,
                           const result<execution_result>* shared) {
  auto followers = gone.check != nullptr
                     ? keys_.release(gone.check->key, gone.record.id)
                     : key_book::runs{};
  auto final = shared != nullptr
               && (*shared || !frees_key(shared->error().code));
  for (auto& id : followers) {
    auto* next = book_.find(id, run_phase::following);
    if (next == nullptr)
      continue;
    if (final)
      share(*next, *shared);
    else
      claim_key(*next);
  }
  quit_when_drained();
}

} // namespace dspex
