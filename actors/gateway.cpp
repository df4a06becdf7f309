#include "actors/gateway.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <caf/send.hpp>

#include "actors/actions/table.hpp"
#include "actors/kit/handlers.hpp"
#include "actors/kit/restarting.hpp"
#include "dspex/domain.hpp"

namespace dspex {

namespace {

// -- permission ---------------------------------------------------------------

result<void> may_do(const node_context& ctx, const std::string& caller,
                    const action& what) {
  if (auto ok = ctx.may(caller, what); !ok)
    return ok;
  if (ctx.stopping && what.kind != action_kind::read
      && what.trait != action_trait::while_stopping)
    return fail(errc::shutting_down, "The node is stopping");
  return {};
}

// The row of an action that the caller may do, with these arguments.
result<const action*> admit(const node_context& ctx, const action_call& call) {
  auto* what = find_action(call.request.action);
  if (what == nullptr)
    return fail(unknown_action(call));
  return check_arguments(*what, call.arguments())
    .and_then([&] { return may_do(ctx, call.request.caller, *what); })
    .map([&] { return what; });
}

// -- deadlines ----------------------------------------------------------------

std::optional<std::chrono::minutes> limit_of(action_deadline x) {
  switch (x) {
    case action_deadline::quick:
      return std::chrono::minutes{1};
    case action_deadline::slow:
      return std::chrono::minutes{70};
    case action_deadline::run:
      break;
  }
  return std::nullopt;
}

// A call that two actors may answer: the one that carries it out, and the
// gateway when that takes too long. The first answer counts.
class timed_call {
public:
  explicit timed_call(promise<document> caller) : caller_(std::move(caller)) {
  }

  void answer(result<document> outcome) {
    if (!answered_.test_and_set())
      caller_.deliver(std::move(outcome));
  }

private:
  promise<document> caller_;
  std::atomic_flag answered_;
};

// Sees to it that the caller has an answer after `limit`. The timer does not
// keep the call: one that is dropped is answered at once.
promise<document>
with_deadline(local_gateway_actor::pointer self, const context_ptr& ctx,
              promise<document> caller, std::chrono::minutes limit) {
  auto call = std::make_shared<timed_call>(std::move(caller));
  auto expire = [late = std::weak_ptr{call}] {
    if (auto x = late.lock())
      x->answer(fail(errc::timeout, "No answer within the deadline"));
  };
  self->delayed_send(self, limit, delayed_task{std::move(expire)});
  return {
    [call](result<document> outcome) { call->answer(std::move(outcome)); },
    errc::backend_unavailable, stopping_flag(ctx)};
}

// -- routes -------------------------------------------------------------------

template <class Handle>
void hand_on(const slot<Handle>& place, std::string_view who,
             action_call&& call) {
  if (auto dest = place.get())
    caf::anon_send(dest, std::move(call));
  else
    call.answer.deliver(restarting(who));
}

void act(local_gateway_actor::pointer self, const context_ptr& ctx,
         action_call&& call) {
  auto what = admit(*ctx, call);
  if (!what)
    return call.answer.deliver(what.error());
  if (auto limit = limit_of((*what)->deadline))
    call.answer = with_deadline(self, ctx, std::move(call.answer), *limit);
  switch ((*what)->owner) {
    case action_owner::registry:
      return hand_on(ctx->registry, "signature registry", std::move(call));
    case action_owner::manager:
    case action_owner::program:
      return hand_on(ctx->manager, "program manager", std::move(call));
    case action_owner::tracker:
      if (auto tracker = ctx->tracker.get())
        self
          ->request(tracker, std::chrono::minutes{70}, std::move(call.request))
          .then([answer = call.answer](document& x) { answer.deliver(x); },
                [answer = call.answer](caf::error& err) {
                  answer.deliver(from_caf(err, errc::backend_unavailable));
                });
      else
        call.answer.deliver(restarting("tracker"));
  }
}

} // namespace

result<void> admit_run(node_context& ctx, execute_call& call) {
  static const auto& what = *find_action("program.execute");
  if (auto ok = may_do(ctx, call.request.caller, what); !ok)
    return ok;
  // The run is visible before it is under way, so that whatever its caller asks
  // about it finds it.
  if (!call.request.id.is_nil())
    call.run = ctx.in_flight.add(call.request.id);
  auto send = [&](const auto& dest) { caf::anon_send(dest, std::move(call)); };
  if (call.program.is_nil())
    if (auto id = program_id::parse(call.request.program))
      call.program = *id;
  if (ctx.awake.reach(call.program, send))
    return {};
  auto manager = ctx.manager.get();
  if (!manager)
    return fail(restarting("program manager"));
  send(manager);
  return {};
}

void send_run(node_context& ctx, execute_call call) {
  if (auto ok = admit_run(ctx, call); !ok)
    call.answer.deliver(ok.error());
}

local_gateway_actor::behavior_type
gateway(local_gateway_actor::stateful_pointer<gateway_state> self,
        context_ptr ctx) {
  set_handlers(self);
  return {
    [self, ctx](action_request& request) -> caf::result<document> {
      auto answer = make_promise<document>(self, errc::backend_unavailable);
      act(self, ctx, {std::move(request), std::move(answer)});
      return caf::delegated<document>{};
    },
    [self, ctx](execute_request& request) -> caf::result<execution_result> {
      auto answer = make_promise<execution_result>(self,
                                                   errc::backend_unavailable);
      send_run(*ctx, {std::move(request), std::move(answer)});
      return caf::delegated<execution_result>{};
    },
    [self, ctx](action_call& call) { act(self, ctx, std::move(call)); },
    [](const delayed_task& msg) { msg.run(); },
  };
}

} // namespace dspex
