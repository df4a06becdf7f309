#include "actors/program/claims.hpp"

#include <utility>

#include "actors/executions/outcome.hpp"
#include "actors/kit/ask_store.hpp"
#include "core/backoff.hpp"
#include "core/lifecycle.hpp"

namespace dspex {

namespace {

// How long a run waits before it reads the row of the run that it follows once
// more.
constexpr auto reads = backoff{.initial = std::chrono::milliseconds{5},
                               .max = std::chrono::milliseconds{500}};

error used_key(const std::string& key) {
  return {errc::conflict,
          "Idempotency key is already used with other inputs: " + key};
}

} // namespace

void run_claims::ask(run& x) {
  core_.book.check(x);
  if (x.check->key.empty())
    return check_id(x);
  x.check->inputs_hash = hash_of_inputs(*x.record.inputs);
  claim_key(x);
}

void run_claims::read(execution_id id, const run& asker,
                      std::function<void(run&, const row&)> then) {
  ask_store(
    core_.self, core_.ctx, access::read_only,
    [id](store& s) { return s.get_execution(id); },
    [this, asker = asker.record.id, at = asker.at,
     then = std::move(then)](const row& found) {
      if (auto* x = core_.book.find(asker, at))
        then(*x, found);
    });
}

void run_claims::check_id(const run& x) {
  read(x.record.id, x, [this](run& mine, const row& found) {
    if (found)
      then_.drop(mine, id_is_taken(mine.record.id));
    else if (found.error().code != errc::not_found)
      then_.drop(mine, found.error());
    else
      then_.enqueue(mine);
  });
}

void run_claims::claim_key(run& x) {
  core_.book.check(x);
  auto& check = *x.check;
  switch (keys_.claim(check.key, x.record.id, check.inputs_hash)) {
    case key_book::place::conflicts:
      return then_.drop(x, used_key(check.key));
    case key_book::place::follows:
      return step_aside(x);
    case key_book::place::leads:
      break;
  }
  auto claim = idempotency_claim{check.key, check.inputs_hash, x.record};
  ask_store(
    core_.self, core_.ctx, access::read_write,
    [claim](store& s) { return s.claim_idempotency_key(claim); },
    [this, id = x.record.id](const result<idempotency_owner>& owner) {
      if (auto* mine = core_.book.find(id, run_phase::checking))
        on_claimed(*mine, owner);
    });
}

void run_claims::on_claimed(run& x, const result<idempotency_owner>& owner) {
  if (!owner) {
    if (owner.error().code == errc::store_unavailable)
      return then_.abandon(x, owner.error());
    return then_.drop(x, owner.error());
  }
  if (owner->inputs_hash != x.check->inputs_hash)
    return then_.drop(x, used_key(x.check->key));
  if (owner->execution != x.record.id)
    return follow_stored(x, owner->execution, 1);
  if (x.check->given_id)
    return verify_claim(x);
  x.check->claimed = true;
  then_.enqueue(x);
}

void run_claims::step_aside(run& x) {
  core_.book.follow(x);
  x.in_flight->step_aside();
}

void run_claims::verify_claim(const run& x) {
  read(x.record.id, x, [this](run& mine, const row& found) {
    auto own = found && found->node == mine.record.node
               && found->executed_at == mine.record.executed_at;
    if (!own)
      return on_stored(mine, mine.record.id, 1, found);
    mine.check->claimed = true;
    then_.enqueue(mine);
  });
}

void run_claims::follow_stored(run& x, execution_id owner, size_t count) {
  step_aside(x);
  read(owner, x, [this, owner, count](run& mine, const row& found) {
    on_stored(mine, owner, count, found);
  });
}

void run_claims::on_stored(run& x, execution_id owner, size_t count,
                           const row& found) {
  auto holder = holder_of(found);
  if (holder == key_holder::answers)
    return then_.share(x, outcome_of(*found));
  if (holder == key_holder::gone && found && owner == x.record.id)
    return then_.drop(x, id_is_taken(owner));
  step_aside(x);
  core_.after(reads.delay(count),
              [this, id = x.record.id, owner, count, holder] {
                auto* mine = core_.book.find(id, run_phase::following);
                if (mine == nullptr)
                  return;
                if (holder == key_holder::gone)
                  claim_key(*mine);
                else
                  follow_stored(*mine, owner, count + 1);
              });
}

void run_claims::settle(const run& gone,
                        const result<execution_result>* shared) {
  if (gone.check == nullptr)
    return;
  auto final = shared != nullptr
               && (*shared || !frees_key(shared->error().code));
  for (auto& id : keys_.release(gone.check->key, gone.record.id)) {
    auto* next = core_.book.find(id, run_phase::following);
    if (next == nullptr)
      continue;
    if (final)
      then_.share(*next, *shared);
    else
      claim_key(*next);
  }
}

} // namespace dspex
