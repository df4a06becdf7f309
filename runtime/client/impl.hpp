#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "actors/node/context.hpp"
#include "dspex/client.hpp"

namespace dspex {

// -- waiting ------------------------------------------------------------------

/// Refuses to wait for an answer on a thread that runs actors.
[[nodiscard]] result<void> may_wait();

/// Makes the waiting form of a call from its asynchronous one.
template <class T, class... Params, class... Args>
result<T> wait(const client& self,
               future_result<T> (client::*call)(Params...) const,
               Args&&... args) {
  if (auto ok = may_wait(); !ok)
    return fail(ok.error());
  return (self.*call)(std::forward<Args>(args)...).get();
}

/// A future, and the callback that makes it ready.
template <class T>
struct pending {
  std::shared_ptr<std::promise<result<T>>> promise
    = std::make_shared<std::promise<result<T>>>();
  future_result<T> future = promise->get_future();

  [[nodiscard]] std::function<void(result<T>)> done() const {
    return
      [p = promise](result<T> outcome) { p->set_value(std::move(outcome)); };
  }
};

// -- calls --------------------------------------------------------------------

/// What the copies of a client share, and how every call is made.
struct client::impl {
  using reply_callback = std::function<void(result<document>)>;

  /// Asks for an action. `done` is called once, from a thread that runs actors
  /// and never within this call. What it throws is logged.
  void send(std::string action, json arguments, reply_callback done) const;

  /// Asks for an action whose reply `read(const json&)` turns into a
  /// `result<T>`.
  template <class Read>
  auto ask(std::string action, json arguments, Read read) const {
    using outcome = std::invoke_result_t<Read&, const json&>;
    auto answer = pending<typename outcome::value_type>{};
    ask(std::move(action), std::move(arguments), std::move(read),
        answer.done());
    return std::move(answer.future);
  }

  template <class Read, class Done>
  void ask(std::string action, json arguments, Read read, Done done) const {
    send(
      std::move(action), std::move(arguments),
      [read = std::move(read), done = std::move(done)](result<document> reply) {
        done(reply.and_then([&](const document& x) { return read(*x); }));
      });
  }

  /// Runs a program. `done` is called as that of `send` is.
  void execute(const record_ref& program, execution_id id, document inputs,
               document options, execution_callback done,
               chunk_callback on_chunk = {}) const;

  /// Finds the id behind an id or unique name.
  void with_program_id(const record_ref& ref,
                       std::function<void(result<program_id>)> then) const;

  context_ptr ctx;
};

// -- arguments and replies ----------------------------------------------------

/// Returns `{name: ref}`.
[[nodiscard]] json one_argument(const char* name, const record_ref& ref);

/// Adds a value unless it is unset; what is no text is rendered as one.
template <class T>
void add(json& arguments, const char* name, const std::optional<T>& value) {
  if (!value)
    return;
  if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, json>)
    arguments[name] = *value;
  else
    arguments[name] = std::string{to_string(*value)};
}

void add(json& arguments, const page_request& where);

/// Reads a reply without content.
[[nodiscard]] result<void> no_value(const json& reply);

/// Reads `{"items", "next"}` with `read` for each item.
template <class T>
auto page_of(result<T> (*read)(const json&)) {
  return [read](const json& reply) -> result<page<T>> {
    auto out = page<T>{};
    for (auto& x : reply["items"]) {
      auto item = read(x);
      if (!item)
        return fail(item.error());
      out.items.push_back(std::move(*item));
    }
    if (auto& next = reply["next"]; next.is_string())
      out.next = next.get<std::string>();
    return out;
  };
}

} // namespace dspex
