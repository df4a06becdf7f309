#include "actors/gateway.hpp"

#include <chrono>
#include <string_view>
#include <utility>

#include <caf/send.hpp>

#include "actors/kit/handlers.hpp"
#include "dspex/domain.hpp"

namespace dspex {

namespace {

error restarting(std::string_view who) {
  return {errc::backend_unavailable,
          "The " + std::string{who} + " is restarting"};
}

template <class Self, class Handle>
caf::result<document> hand_on(Self* self, const Handle& dest,
                              std::string_view who, action_request& request) {
  if (!dest)
    return to_caf(restarting(who));
  return self->delegate(dest, std::move(request));
}

result<void> may_act(const node_context& ctx, const action_request& request) {
  if (auto ok = check_arguments(request.action, *request.arguments); !ok)
    return ok;
  auto* what = find_action(request.action);
  if (auto ok = ctx.may(request.caller, *what); !ok)
    return ok;
  if (ctx.stopping && what->kind != action_kind::read
      && request.action != "execution.cancel")
    return fail(errc::shutting_down, "The node is stopping");
  return {};
}

result<void> may_execute(const node_context& ctx,
                         const execute_request& request) {
  static const auto& what = *find_action("program.execute");
  if (auto ok = ctx.may(request.caller, what); !ok)
    return ok;
  if (ctx.stopping)
    return fail(errc::shutting_down, "The node is stopping");
  return {};
}

// What has no limit but those of programs (an hour at most) or of history.
bool may_take_long(const std::string& action) {
  return action == "program.initialize" || action == "program.reinitialize"
         || action == "execution.prune";
}

} // namespace

void send_run(const node_context& ctx, execute_call call) {
  if (auto ok = may_execute(ctx, call.request); !ok)
    return call.answer.deliver(ok.error());
  auto send = [&](const auto& dest) { caf::anon_send(dest, std::move(call)); };
  if (call.program.is_nil())
    if (auto id = program_id::parse(call.request.program))
      call.program = *id;
  if (ctx.awake.reach(call.program, send))
    return;
  if (auto manager = ctx.manager.get())
    return send(manager);
  call.answer.deliver(restarting("program manager"));
}

local_gateway_actor::behavior_type
gateway(local_gateway_actor::stateful_pointer<gateway_state> self,
        context_ptr ctx) {
  set_handlers(self);
  return {
    [self, ctx](action_request& request) -> caf::result<document> {
      if (auto ok = may_act(*ctx, request); !ok)
        return to_caf(ok.error());
      auto resource
        = std::string_view{request.action}.substr(0, request.action.find('.'));
      if (resource == "signature")
        return hand_on(self, ctx->registry.get(), "signature registry",
                       request);
      auto goes_after_run = request.action == "execution.cancel"
                            && request.arguments->contains("program");
      if (resource == "program" || goes_after_run)
        return hand_on(self, ctx->manager.get(), "program manager", request);
      return hand_on(self, ctx->tracker.get(), "tracker", request);
    },
    [self, ctx](execute_request& request) -> caf::result<execution_result> {
      auto answer = make_promise<execution_result>(self,
                                                   errc::backend_unavailable);
      send_run(*ctx, {std::move(request), std::move(answer)});
      return caf::delegated<execution_result>{};
    },
    [self, ctx](action_call& call) {
      // A run, with a deadline of its own.
      if (call.request.action == "program.quick_execute") {
        if (auto ok = may_act(*ctx, call.request); !ok)
          return call.answer.deliver(ok.error());
        if (auto manager = ctx->manager.get())
          return self->send(manager, std::move(call));
        return call.answer.deliver(restarting("program manager"));
      }
      // Each leaves a timer behind that nothing cancels: no longer than needed.
      auto limit = may_take_long(call.request.action) ? std::chrono::minutes{70}
                                                      : std::chrono::minutes{1};
      self->request(local_gateway_actor{self}, limit, std::move(call.request))
        .then(
          [answer = call.answer](document& reply) { answer.deliver(reply); },
          [answer = call.answer, ctx](caf::error& err) {
            // An actor that stopped before it came to the request says
            // nothing.
            answer.deliver(from_caf(err, ctx->stopping
                                           ? errc::shutting_down
                                           : errc::backend_unavailable));
          });
    },
  };
}

} // namespace dspex
