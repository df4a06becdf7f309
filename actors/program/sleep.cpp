// The other half stands in actors/program_manager/sleep.cpp, with the picture.

#include "actors/program/program.hpp"

namespace dspex {

void program_state::touch(time_point t) {
  last_used_ = t;
}

bool program_state::is_idle() const {
  // The end of an attempt of ours is still to be recorded.
  auto initializes = facts_.record.status == program_status::initializing
                     && facts_.record.owner_node == ctx_->node;
  return book_.empty() && keys_.empty() && watch_.empty()
         && waiting_for_backend_.empty() && !initializes
         && open_actions_.use_count() == 1 && !draining_ && !stopping_;
}

void program_state::on_idle_tick() {
  auto manager = ctx_->manager.get();
  if (!manager)
    return;
  auto limit = ctx_->config.limits.program_idle;
  auto t = clock_now();
  if (!is_idle())
    self_->send(manager, look_again{t + limit});
  else if (last_used_ + limit > t)
    self_->send(manager, look_again{last_used_ + limit});
  else
    self_->send(manager, sleep_request{facts_.record.id});
}

void program_state::on_fall_asleep() {
  if (is_idle())
    return self_->quit();
  if (auto manager = ctx_->manager.get())
    self_->send(manager, stay_awake{facts_.record.id});
}

} // namespace dspex
