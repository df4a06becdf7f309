#include "actors/program/core.hpp"

#include <utility>

#include "actors/kit/restarting.hpp"

namespace dspex {

program_core::time_point program_core::clock_now() const {
  return self->home_system().clock().now();
}

void program_core::after(caf::timespan delay,
                         std::function<void()> task) const {
  self->delayed_send(self, delay, delayed_task{std::move(task)});
}

adapter_actor program_core::front() const {
  return ctx->adapters.at(facts.record.adapter_type).get();
}

error program_core::end_of_service() const {
  if (ctx->stopping)
    return {errc::shutting_down, "The node is stopping"};
  return restarting("program manager");
}

void program_core::delete_backend(const backend_slot::unused_id& id) const {
  if (!id)
    return;
  // An adapter that is restarting has forgotten its programs anyway.
  if (auto dest = front())
    self->send(dest, backend_delete{*id});
}

} // namespace dspex
