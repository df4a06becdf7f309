#include "actors/program_manager/program_manager.hpp"

#include <utility>

#include "actors/actions/arguments.hpp"
#include "actors/actions/table.hpp"
#include "actors/executions/lookup.hpp"
#include "actors/kit/ask_store.hpp"
#include "actors/kit/handlers.hpp"
#include "actors/program/program.hpp"

namespace dspex {

namespace {

// How many kinds of programs are cached. At this limit the cache is emptied and
// fills again.
constexpr size_t max_kinds = 1000;

} // namespace

program_manager_state::~program_manager_state() {
  // A program that has not ended in an ordered stop will not end by itself, so
  // it is killed.
  auto reason = stopping_ ? caf::exit_reason::kill
                          : caf::exit_reason::user_shutdown;
  for (auto& [id, handle] : awake_) {
    ctx_->awake.remove(id);
    send_stop(handle, reason);
  }
}

program_manager_actor::behavior_type program_manager_state::init(
  program_manager_actor::stateful_pointer<program_manager_state> self,
  context_ptr ctx) {
  self_ = self;
  ctx_ = std::move(ctx);
  set_handlers(self);
  self->set_down_handler(
    [this](caf::scheduled_actor*, caf::down_msg& msg) { on_down(msg.source); });
  self->set_exit_handler([this](caf::scheduled_actor*, caf::exit_msg& msg) {
    stopping_ = std::move(msg.reason);
    for (auto& [_, callbacks] : std::exchange(waking_, {}))
      for (auto& f : callbacks)
        f(fail(errc::shutting_down, "The node is stopping"));
    if (awake_.empty())
      return self_->quit(*stopping_);
    for (auto& [_, handle] : awake_)
      send_stop(handle, caf::exit_reason::user_shutdown);
  });
  // CAF tries the handlers one after the other, so the one that every run needs
  // comes first.
  return {
    [this](execute_call& call) { execute(std::move(call)); },
    [this](const action_call& call) { act(call); },
    [this](const look_again& msg) {
      check_idle(caf::actor_cast<caf::actor_addr>(self_->current_sender()),
                 msg.at);
    },
    [this](const idle_tick&) { on_idle_tick(); },
    [this](const sleep_request& msg) { on_sleep_request(msg.id); },
    [this](const stay_awake& msg) { on_stay_awake(msg.id); },
    [this](const which_children&) {
      auto result = children{};
      for (auto& [id, handle] : awake_)
        result.items.push_back(
          {to_string(id), caf::actor_cast<caf::actor>(handle), 1, false});
      return result;
    },
  };
}

void program_manager_state::execute(execute_call call) {
  auto id = call.program;
  auto ref = call.request.program;
  auto then = [this,
               call = std::move(call)](result<program_actor> found) mutable {
    if (found)
      self_->send(*found, std::move(call));
    else
      call.answer.deliver(found.error());
  };
  if (id.is_nil())
    with_program(ref, std::move(then));
  else
    wake(id, std::move(then));
}

void program_manager_state::act(const action_call& call) {
  using me = program_manager_state;
  static constexpr action_handler<me> table[] = {
    {"program.create", &me::create},
    {"program.get", &me::get},
    {"program.list", &me::list},
    {"program.stats", &me::statistics},
    {"program.quick_execute", &me::quick_execute},
  };
  static_assert(covers(table, action_owner::manager));
  if (carry_out(*this, table, call))
    return;
  with_program(text_or(call.arguments(), "program"),
               [this, call](const result<program_actor>& found) {
                 if (found)
                   self_->send(*found, call);
                 else
                   call.answer.deliver(found.error());
               });
}

// -- reads --------------------------------------------------------------------

void program_manager_state::get(const action_call& call) {
  resolve(text_or(call.arguments(), "program"),
          [this, answer = call.answer](result<program_id> id) {
            if (!id)
              return answer.deliver(id.error());
            ask_store(
              self_, ctx_, access::read_only,
              [id = *id](store& s) { return s.get_program(id); },
              [answer](const result<program_record>& outcome) {
                answer.deliver(outcome.map([](const program_record& x) {
                  return document{to_json(x)};
                }));
              });
          });
}

void program_manager_state::list(const action_call& call) {
  auto filter = program_filter_from(call.arguments());
  if (!filter)
    return call.answer.deliver(filter.error());
  auto where = page_request_from(call.arguments());
  if (!where)
    return call.answer.deliver(where.error());
  ask_store(
    self_, ctx_, access::read_only,
    [filter = *filter, where = *where](store& s) {
      return s.list_programs(filter, where);
    },
    [answer = call.answer](const result<page<program_record>>& outcome) {
      answer.deliver(outcome.map(
        [](const page<program_record>& x) { return document{to_json(x)}; }));
    });
}

void program_manager_state::statistics(const action_call& call) {
  resolve(
    text_or(call.arguments(), "program"), [this, call](result<program_id> id) {
      auto& answer = call.answer;
      auto tracker = ctx_->tracker.get();
      if (!id)
        return answer.deliver(id.error());
      if (!tracker)
        return answer.deliver(restarting("tracker", errc::store_unavailable));
      auto arguments = json::object();
      arguments["program"] = to_string(*id);
      self_
        ->request(tracker, 2 * store_deadline(*ctx_),
                  action_request{call.request.caller, call.request.action,
                                 document{std::move(arguments)}})
        .then([answer](document& x) { answer.deliver(x); },
              [answer](caf::error& err) {
                answer.deliver(from_caf(err, errc::backend_unavailable));
              });
    });
}

// -- waking -------------------------------------------------------------------

void program_manager_state::resolve(
  const std::string& ref, std::function<void(result<program_id>)> then) {
  if (auto id = program_id::parse(ref))
    return then(*id);
  ask_store(
    self_, ctx_, access::read_only,
    [ref](store& s) { return find_program(s, ref); },
    [then](const result<program_record>& found) {
      then(found.map([](const program_record& x) { return x.id; }));
    });
}

void program_manager_state::with_program(const std::string& ref,
                                         program_callback then) {
  if (auto id = program_id::parse(ref))
    return wake(*id, std::move(then));
  resolve(ref, [this, then = std::move(then)](result<program_id> id) {
    if (id)
      wake(*id, then);
    else
      then(fail(id.error()));
  });
}

void program_manager_state::wake(program_id id, program_callback then) {
  if (stopping_)
    return then(fail(errc::shutting_down, "The node is stopping"));
  if (auto i = falling_asleep_.find(id); i != falling_asleep_.end())
    return i->second.push_back(std::move(then));
  if (auto i = awake_.find(id); i != awake_.end())
    return then(i->second);
  auto& waiting = waking_[id];
  waiting.push_back(std::move(then));
  if (waiting.size() > 1)
    return;
  struct found {
    program_record program;
    dspex::any_signature signature;
  };
  ask_store(
    self_, ctx_, access::read_only,
    [id](store& s) -> result<found> {
      auto program = s.get_program(id);
      if (!program)
        return fail(program.error());
      auto sig = signature_of(s, *program);
      if (!sig)
        return fail(sig.error());
      return found{std::move(*program), std::move(*sig)};
    },
    [this, id](result<found> outcome) {
      auto handle = outcome.and_then(
        [this](found& x) { return spawn(std::move(x.program), x.signature); });
      if (handle) {
        awake_[id] = *handle;
        by_address_[handle->address()] = id;
        self_->monitor<caf::message_priority::high>(*handle);
        check_idle(handle->address(),
                   clock_now() + ctx_->config.limits.program_idle);
      }
      auto callbacks = std::move(waking_[id]);
      waking_.erase(id);
      for (auto& f : callbacks)
        f(handle);
      // From now on clients send their runs to the program directly. Those must
      // not overtake the ones that have waited here.
      if (handle)
        ctx_->awake.add(id, *handle);
    });
}

program_manager_state::program_kind
program_manager_state::kind_of(const program_record& program,
                               const any_signature& sig) {
  // The content, module and version of a signature never change, so programs
  // can share them.
  auto key = std::pair{program.signature.id, program.adapter_type};
  if (auto i = kinds_.find(key); i != kinds_.end())
    return i->second;
  auto metadata = json::object();
  metadata["adapter_type"] = program.adapter_type;
  metadata["module"] = program.signature.module;
  metadata["version"] = program.signature.version;
  if (kinds_.size() >= max_kinds)
    kinds_.clear();
  auto out = program_kind{sig, document{std::move(metadata)}};
  kinds_.emplace(std::move(key), out);
  return out;
}

result<program_actor> program_manager_state::spawn(program_record record,
                                                   const any_signature& sig) {
  if (stopping_)
    return fail(errc::shutting_down, "The node is stopping");
  if (ctx_->adapters.count(record.adapter_type) == 0)
    return fail(errc::invalid_option,
                "This node has no adapter " + record.adapter_type);
  auto configuration = parse_program_configuration(*record.configuration);
  if (!configuration)
    return fail(configuration.error());
  auto kind = kind_of(record, sig);
  return self_->home_system().spawn(
    program, ctx_,
    program_facts{std::move(record), std::move(kind.signature),
                  std::move(*configuration), std::move(kind.metadata)});
}

void program_manager_state::on_down(const caf::actor_addr& who) {
  auto i = by_address_.find(who);
  if (i == by_address_.end())
    return;
  auto id = i->second;
  ctx_->awake.remove(id);
  awake_.erase(id);
  by_address_.erase(i);
  if (auto waiting = falling_asleep_.extract(id))
    for (auto& f : waiting.mapped())
      wake(id, std::move(f));
  if (stopping_ && awake_.empty())
    self_->quit(*stopping_);
}

program_manager_actor::behavior_type program_manager(
  program_manager_actor::stateful_pointer<program_manager_state> self,
  context_ptr ctx) {
  return self->state.init(self, std::move(ctx));
}

} // namespace dspex
