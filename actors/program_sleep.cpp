// How a program that nobody uses goes to sleep, at both ends:
//
//     program                      manager
//        |      sleep_request         |
//        |--------------------------->|  from here on requests for it wait
//        |       fall_asleep          |
//        |<---------------------------|
//        | ends                       |
//        |--------------------------->|  those that wait wake it from the store
//
// What the manager sent before `fall_asleep` arrives before it. A program that
// has work by then answers `stay_awake` instead, and the manager sends it what
// waits. So no request meets an ended program, and a program never has two
// actors.

#include <utility>

#include "actors/program.hpp"
#include "actors/program_manager.hpp"

namespace dspex {

// -- the program --------------------------------------------------------------

void program_state::touch() {
  last_used_ = clock_now();
}

bool program_state::is_idle() const {
  // The end of an attempt of ours is still to be recorded.
  auto initializes = record_.status == program_status::initializing
                     && record_.owner_node == ctx_->node;
  return runs_.empty() && waiting_for_record_.empty()
         && waiting_for_backend_.empty() && !initializes
         && open_actions_.use_count() == 1 && !draining_ && !stopping_;
}

void program_state::look_again_after(caf::timespan delay) {
  self_->delayed_send(self_, delay, idle_tick{});
}

void program_state::on_idle_tick() {
  auto limit = caf::timespan{ctx_->config.limits.program_idle};
  auto idle_for = caf::timespan{clock_now() - last_used_};
  auto manager = ctx_->manager.get();
  if (!is_idle() || !manager)
    look_again_after(limit);
  else if (idle_for < limit)
    look_again_after(limit - idle_for);
  else
    self_->send(manager, sleep_request{record_.id});
}

void program_state::on_fall_asleep() {
  if (is_idle())
    return self_->quit();
  look_again_after(ctx_->config.limits.program_idle);
  if (auto manager = ctx_->manager.get())
    self_->send(manager, stay_awake{record_.id});
}

// -- the manager --------------------------------------------------------------

void program_manager_state::on_sleep_request(program_id id) {
  auto program = awake_sender(id);
  if (!program)
    return;
  falling_asleep_.try_emplace(id);
  self_->send(program, fall_asleep{});
}

void program_manager_state::on_stay_awake(program_id id) {
  auto program = awake_sender(id);
  if (!program)
    return;
  if (auto waiting = falling_asleep_.extract(id))
    for (auto& f : waiting.mapped())
      f(program);
}

program_actor program_manager_state::awake_sender(program_id id) const {
  auto i = awake_.find(id);
  if (i == awake_.end() || i->second.address() != self_->current_sender())
    return {};
  return i->second;
}

} // namespace dspex
