// Runs that ask the store before they start: whether the caller's own id is
// free, and whose an idempotency key is.
//
// A key belongs to the run that claimed it in the store, in whatever process.
// Callers with the same key follow that run: within a program without asking
// the store again, else by looking at it with growing delays.

#include <algorithm>
#include <map>
#include <utility>

#include "actors/executions/outcome.hpp"
#include "actors/kit/ask_store.hpp"
#include "actors/program/program.hpp"
#include "signatures/hash.hpp"

namespace dspex {

namespace {

constexpr auto first_look = std::chrono::milliseconds{5};
constexpr auto last_look = std::chrono::milliseconds{500};

// The same value with the members of all objects in the order of their names.
json sorted(const json& x) {
  if (!x.is_structured())
    return x;
  auto result = x.is_array() ? json::array() : json::object();
  if (x.is_array()) {
    for (auto& item : x)
      result.push_back(sorted(item));
    return result;
  }
  auto members = std::map<std::string, const json*>{};
  for (auto& [name, value] : x.items())
    members.emplace(name, &value);
  for (auto& [name, value] : members)
    result[name] = sorted(*value);
  return result;
}

bool frees_key(errc code) {
  return code == errc::overloaded || code == errc::store_unavailable
         || code == errc::interrupted;
}

error used_id(execution_id id) {
  return {errc::conflict, "Execution id is already used: " + to_string(id)};
}

error used_key(const std::string& key) {
  return {errc::conflict,
          "Idempotency key is already used with other inputs: " + key};
}

} // namespace

bool program_state::is_claimed(const run& x) {
  return x.check != nullptr && x.check->claimed;
}

program_state::run* program_state::find_run(execution_id id, phase at) {
  auto i = runs_.find(id);
  return i != runs_.end() && i->second.at == at ? &i->second : nullptr;
}

void program_state::check(run& x) {
  x.at = phase::checking;
  ++waiting_count_;
  if (x.check->key.empty())
    return check_id(x);
  x.check->inputs_hash
    = detail::sha256_hex(dump_json(sorted(*x.record.inputs)));
  claim_key(x);
}

void program_state::proceed(run& x) {
  x.at = phase::accepted;
  --waiting_count_;
  enqueue(x);
}

// -- the caller's own id ------------------------------------------------------

void program_state::check_id(const run& x) {
  ask_store(
    self_, ctx_, access::read_only,
    [id = x.record.id](store& s) { return s.get_execution(id); },
    [this, id = x.record.id](const result<execution_record>& found) {
      auto* mine = find_run(id, phase::checking);
      if (mine == nullptr)
        return;
      if (found)
        drop(*mine, used_id(id));
      else if (found.error().code != errc::not_found)
        drop(*mine, found.error());
      else
        proceed(*mine);
    });
}

// -- idempotency keys ---------------------------------------------------------

void program_state::claim_key(run& x) {
  x.at = phase::checking;
  auto [i, added] = keys_.try_emplace(x.check->key, x.record.id);
  if (!added && i->second != x.record.id)
    return follow(x, runs_.at(i->second));
  auto claim = idempotency_claim{x.check->key, x.check->inputs_hash, x.record};
  ask_store(
    self_, ctx_, access::read_write,
    [claim](store& s) { return s.claim_idempotency_key(claim); },
    [this, id = x.record.id](const result<idempotency_owner>& owner) {
      if (auto* mine = find_run(id, phase::checking))
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
  proceed(x);
}

void program_state::verify_claim(const run& x) {
  ask_store(
    self_, ctx_, access::read_only,
    [id = x.record.id](store& s) { return s.get_execution(id); },
    [this, id = x.record.id](const result<execution_record>& found) {
      auto* mine = find_run(id, phase::checking);
      if (mine == nullptr)
        return;
      auto own = found && found->node == mine->record.node
                 && found->executed_at == mine->record.executed_at;
      if (!own)
        return on_stored(*mine, id, first_look, found);
      mine->check->claimed = true;
      proceed(*mine);
    });
}

void program_state::follow(run& x, run& leader) {
  if (leader.check->inputs_hash != x.check->inputs_hash)
    return drop(x, used_key(x.check->key));
  x.at = phase::following;
  x.check->leader = leader.record.id;
  leader.check->followers.insert(x.record.id);
}

void program_state::follow_stored(run& x, execution_id owner,
                                  caf::timespan delay) {
  x.at = phase::following;
  ask_store(
    self_, ctx_, access::read_only,
    [owner](store& s) { return s.get_execution(owner); },
    [this, id = x.record.id, owner,
     delay](const result<execution_record>& found) {
      if (auto* mine = find_run(id, phase::following))
        on_stored(*mine, owner, delay, found);
    });
}

void program_state::on_stored(run& x, execution_id owner, caf::timespan delay,
                              const result<execution_record>& found) {
  if (found && is_terminal(found->status) && !frees_key(found->error_code)) {
    auto outcome = outcome_of(*found);
    x.caller.deliver(outcome);
    leave_phase(x);
    return forget(x, &outcome);
  }
  if (found && is_terminal(found->status) && owner == x.record.id)
    return drop(x, used_id(owner));
  // Its key is free again, or it is not known yet.
  auto again = (found && is_terminal(found->status))
               || (!found && found.error().code == errc::not_found);
  x.at = phase::following;
  after(delay, [this, id = x.record.id, owner, delay, again] {
    auto* mine = find_run(id, phase::following);
    if (mine == nullptr)
      return;
    if (again)
      claim_key(*mine);
    else
      follow_stored(*mine, owner,
                    std::min<caf::timespan>(2 * delay, last_look));
  });
}

// -- leaving ------------------------------------------------------------------

void program_state::drop(run& x, const error& why) {
  x.caller.deliver(why);
  leave_phase(x);
  forget(x, nullptr);
}

void program_state::forget(const run& x,
                           const result<execution_result>* shared) {
  forget(runs_.find(x.record.id), shared);
}

void program_state::forget(run_table::iterator i,
                           const result<execution_result>* shared) {
  auto id = i->first;
  auto check = std::move(i->second.check);
  runs_.erase(i);
  if (runs_.empty())
    runs_ = run_table{};
  deadlines_.tidy(runs_.size(),
                  [this](execution_id gone) { return !runs_.contains(gone); });
  if (check != nullptr)
    settle_followers(id, *check, shared);
  quit_when_drained();
}

void program_state::settle_followers(execution_id id, const precondition& check,
                                     const result<execution_result>* shared) {
  if (auto i = keys_.find(check.key); i != keys_.end() && i->second == id)
    keys_.erase(i);
  if (auto i = runs_.find(check.leader); i != runs_.end())
    i->second.check->followers.erase(id);
  auto final = shared != nullptr
               && (*shared || !frees_key(shared->error().code));
  for (auto& follower : check.followers) {
    auto* next = find_run(follower, phase::following);
    if (next == nullptr)
      continue;
    next->check->leader = {};
    if (!final) {
      claim_key(*next);
      continue;
    }
    next->caller.deliver(*shared);
    leave_phase(*next);
    forget(*next, shared);
  }
}

} // namespace dspex
