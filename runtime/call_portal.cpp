#include "runtime/call_portal.hpp"

#include <utility>

#include "actors/internal/handlers.hpp"

namespace dspex {

namespace {

// Longer than any deadline of a run (`timeout_ms` is an hour at most) or of a
// lifecycle action: it only catches a fault of ours.
constexpr auto longest_call = std::chrono::minutes{120};

template <class Reply, class Self, class Call>
void forward(Self* self, const context_ptr& ctx, Call& call) {
  auto gateway = ctx->gateway.get();
  auto done = std::move(call.done);
  if (!gateway && ctx->stopping)
    return done(fail(errc::shutting_down, "The node is stopping"));
  if (!gateway)
    return done(fail(errc::backend_unavailable, "The gateway is restarting"));
  self->request(gateway, longest_call, std::move(call.request))
    .then([done](Reply& reply) { done(std::move(reply)); },
          [done, ctx](caf::error& err) {
            // An actor that stopped before it came to the request says nothing.
            done(fail(from_caf(err, ctx->stopping ? errc::shutting_down
                                                  : errc::backend_unavailable)));
          });
}

} // namespace

call_portal_actor::behavior_type
call_portal(call_portal_actor::stateful_pointer<call_portal_state> self,
            context_ptr ctx) {
  set_handlers(self);
  return {
    [self, ctx](action_call& call) { forward<document>(self, ctx, call); },
    [self, ctx](execute_call& call) {
      forward<execution_result>(self, ctx, call);
    },
  };
}

} // namespace dspex
