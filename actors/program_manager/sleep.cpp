// How an unused program goes to sleep, at both ends:
//
//     program                      manager
//        |         idle_tick          |
//        |<---------------------------|  one timer serves all programs
//        |      sleep_request         |
//        |--------------------------->|  from now on its requests wait
//        |       fall_asleep          |
//        |<---------------------------|
//        | ends                       |
//        |--------------------------->|  waiting requests wake it again
//
// A program that was used answers the first message with `look_again`.
//
// The manager takes the program out of `awake_programs` before it sends
// `fall_asleep`, so every request that was sent to the program directly has
// arrived before that message. A program that has work by then answers with
// `stay_awake` instead of ending, and the manager sends it the waiting
// requests. So no request meets an ended program, and a program never has two
// actors.

#include <utility>

#include "actors/program_manager/program_manager.hpp"

namespace dspex {

void program_manager_state::check_idle(const caf::actor_addr& program,
                                       time_point t) {
  idle_checks_.emplace(t, program);
  arm_idle_tick();
}

void program_manager_state::arm_idle_tick() {
  if (idle_checks_.empty())
    return;
  auto first = idle_checks_.top().first;
  if (armed_for_ && *armed_for_ <= first)
    return;
  armed_for_ = first;
  self_->scheduled_send(self_, first, idle_tick{});
}

void program_manager_state::on_idle_tick() {
  armed_for_.reset();
  auto t = clock_now();
  for (; !idle_checks_.empty() && idle_checks_.top().first <= t;
       idle_checks_.pop())
    if (auto i = by_address_.find(idle_checks_.top().second);
        i != by_address_.end())
      self_->send(awake_.at(i->second), idle_tick{});
  arm_idle_tick();
}

void program_manager_state::on_sleep_request(program_id id) {
  auto program = awake_sender(id);
  if (!program)
    return;
  falling_asleep_.try_emplace(id);
  ctx_->awake.remove(id);
  self_->send(program, fall_asleep{});
}

void program_manager_state::on_stay_awake(program_id id) {
  auto program = awake_sender(id);
  if (!program)
    return;
  check_idle(program.address(), clock_now() + ctx_->config.limits.program_idle);
  if (auto waiting = falling_asleep_.extract(id))
    for (auto& f : waiting.mapped())
      f(program);
  ctx_->awake.add(id, program);
}

program_manager_state::time_point program_manager_state::clock_now() const {
  return self_->home_system().clock().now();
}

program_actor program_manager_state::awake_sender(program_id id) const {
  auto i = awake_.find(id);
  if (i == awake_.end() || i->second.address() != self_->current_sender())
    return {};
  return i->second;
}

} // namespace dspex
