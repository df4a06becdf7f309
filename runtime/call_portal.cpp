#include "runtime/call_portal.hpp"

#include <utility>

#include "actors/internal/handlers.hpp"

namespace dspex {

namespace {

// Each leaves a timer behind that nothing cancels: no longer than needed.
// Initialization has a limit of its own, an hour at most.
std::chrono::minutes longest(const std::string& action) {
  return action == "program.initialize" ? std::chrono::minutes{70}
                                        : std::chrono::minutes{1};
}

} // namespace

call_portal_actor::behavior_type
call_portal(call_portal_actor::stateful_pointer<call_portal_state> self,
            context_ptr ctx) {
  set_handlers(self);
  return {
    [self, ctx](action_call& call) {
      auto gateway = ctx->gateway.get();
      auto done = std::move(call.done);
      if (!gateway && ctx->stopping)
        return done(fail(errc::shutting_down, "The node is stopping"));
      if (!gateway)
        return done(
          fail(errc::backend_unavailable, "The gateway is restarting"));
      auto limit = longest(call.request.action);
      self->request(gateway, limit, std::move(call.request))
        .then([done](document& reply) { done(std::move(reply)); },
              [done, ctx](caf::error& err) {
                // An actor that stopped before it came to the request says
                // nothing.
                done(fail(from_caf(err, ctx->stopping
                                          ? errc::shutting_down
                                          : errc::backend_unavailable)));
              });
    },
    [self, ctx](execute_call& call) {
      // Without a gateway the call is dropped, and thereby answered.
      if (auto gateway = ctx->gateway.get())
        self->send(gateway, std::move(call));
    },
  };
}

} // namespace dspex
