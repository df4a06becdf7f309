#include "dspex/client.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include <caf/send.hpp>

#include "actors/gateway.hpp"
#include "core/log.hpp"
#include "runtime/actor_threads.hpp"
#include "runtime/client/impl.hpp"

namespace dspex {

namespace {

// The one identity of an embedded node.
constexpr auto caller = "system";

// Calls a callback of a user on a thread that runs actors: an exception must
// not end the actor there.
template <class T>
void call_guarded(const std::function<void(result<T>)>& done,
                  result<T>&& outcome) {
  try {
    done(std::move(outcome));
  } catch (const std::exception& ex) {
    log_event(log_level::error, "client",
              std::string{"a callback threw: "} + ex.what());
  }
}

// Makes a callback of a user fit to be called by an actor. A promise may be
// dropped within the call that made it, where a caller that tries again would
// recurse, or under a lock: a task calls back then.
template <class T>
typename promise<T>::informed_callback
guarded(const context_ptr& ctx, std::function<void(result<T>)> done) {
  return [ctx, done = std::move(done)](result<T>&& outcome, bool dropped) {
    if (dropped)
      ctx->tasks.run(
        [done, outcome]() mutable { call_guarded(done, std::move(outcome)); });
    else
      call_guarded(done, std::move(outcome));
  };
}

// The same for pieces of outputs: a callback that threw gets no more of them.
chunk_callback guarded(chunk_callback on_chunk) {
  if (!on_chunk)
    return nullptr;
  return [on_chunk = std::move(on_chunk)](const field_chunk& x) mutable {
    if (!on_chunk)
      return;
    try {
      on_chunk(x);
    } catch (const std::exception& ex) {
      on_chunk = nullptr;
      log_event(log_level::error, "client",
                std::string{"a callback threw: "} + ex.what());
    }
  };
}

} // namespace

// -- waiting ------------------------------------------------------------------

result<void> may_wait() {
  if (on_actor_thread())
    return fail(errc::invalid_transition,
                "A thread that runs actors cannot wait for an answer: use the "
                "asynchronous form of the call");
  return {};
}

result<execution_result> execution_handle::get() {
  using namespace std::chrono_literals;
  if (outcome_.wait_for(0s) != std::future_status::ready)
    if (auto ok = may_wait(); !ok)
      return fail(ok.error());
  return outcome_.get();
}

// -- calls --------------------------------------------------------------------

void client::impl::send(std::string action, json arguments,
                        reply_callback done) const {
  caf::anon_send(
    ctx->gateway.get(),
    action_call{{caller, std::move(action), document{std::move(arguments)}},
                {guarded(ctx, std::move(done)), errc::backend_unavailable,
                 stopping_flag(ctx)}});
}

void client::impl::execute(const record_ref& program, execution_id id,
                           document inputs, document options,
                           execution_callback done,
                           chunk_callback on_chunk) const {
  auto known = program_id{program.id().value_or(uuid{})};
  auto name = known.is_nil() ? program.text() : std::string{};
  auto call = execute_call{
    {caller, std::move(name), id, std::move(inputs), std::move(options)},
    {guarded(ctx, std::move(done)), errc::backend_unavailable,
     stopping_flag(ctx)},
    guarded(std::move(on_chunk)),
    known};
  // A callback within this call could recurse: a task calls back.
  if (auto ok = admit_run(*ctx, call); !ok)
    ctx->tasks.run([answer = std::move(call.answer), why = ok.error()] {
      answer.deliver(why);
    });
}

void client::impl::with_program_id(
  const record_ref& ref, std::function<void(result<program_id>)> then) const {
  if (auto id = program_id::parse(ref.text()))
    return then(*id);
  ask("program.get", one_argument("program", ref), program_record_from_json,
      [then = std::move(then)](const result<program_record>& found) {
        then(found.map([](const program_record& x) { return x.id; }));
      });
}

json one_argument(const char* name, const record_ref& ref) {
  auto out = json::object();
  out[name] = ref.text();
  return out;
}

void add(json& arguments, const page_request& where) {
  arguments["limit"] = where.limit;
  if (!where.cursor.empty())
    arguments["cursor"] = where.cursor;
}

result<void> no_value(const json&) {
  return {};
}

// -- any action ---------------------------------------------------------------

client::client(std::shared_ptr<impl> ptr) : impl_(std::move(ptr)) {
}

result<json> client::call(const std::string& action, json arguments) const {
  return wait(*this, &client::call_async, action, std::move(arguments));
}

future_result<json> client::call_async(const std::string& action,
                                       json arguments) const {
  return impl_->ask(action, std::move(arguments),
                    [](const json& x) -> result<json> { return x; });
}

void client::call_async(const std::string& action, json arguments,
                        call_callback done) const {
  impl_->ask(
    action, std::move(arguments),
    [](const json& x) -> result<json> { return x; }, std::move(done));
}

} // namespace dspex
