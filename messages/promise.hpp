#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <caf/typed_response_promise.hpp>

#include "dspex/error.hpp"
#include "dspex/protocol.hpp"

namespace dspex {

/// The duty to answer a caller, which is always done.
///
/// CAF forgets the response promises of an actor that dies: the caller would
/// only see its own timeout. This one answers when its last copy goes away, be
/// it in the state of a crashed actor, in its mailbox, or in the handler of a
/// reply that never came. Copies share one answer. A promise may move from
/// actor to actor, but only one of them at a time may use it.
template <class T>
class promise {
public:
  using callback = std::function<void(result<T>)>;

  /// Also receives whether the promise was dropped, so that it may be called in
  /// any place where a last copy goes away: while an actor ends, or within the
  /// call that sent the request to an actor that has ended.
  using informed_callback = std::function<void(result<T>, bool dropped)>;

  promise() = default;

  /// For a caller that sent a CAF request.
  /// @param if_dropped the code of the answer if no other is given.
  promise(caf::typed_response_promise<T> inner, errc if_dropped)
    : shared_(std::make_shared<shared>()) {
    // CAF's own `deliver` runs on the execution unit of the actor that made the
    // promise, which is not ours when the request was handed on.
    shared_->answer = [inner](result<T> outcome, bool) mutable {
      caf::response_promise& request = inner;
      if (!request.source())
        return;
      auto reply = outcome ? caf::make_message(std::move(*outcome))
                           : caf::make_message(to_caf(outcome.error()));
      request.source()->enqueue(nullptr, request.id().response_id(),
                                std::move(reply), nullptr);
    };
    shared_->if_dropped = if_dropped;
  }

  /// For a caller that is no actor.
  /// @param answer called once, from any thread.
  /// @param if_dropped the code of the answer if no other is given.
  /// @param stopping once it is set, that code is `shutting_down`; may be null.
  promise(callback answer, errc if_dropped,
          std::shared_ptr<const std::atomic<bool>> stopping)
    : promise([answer = std::move(answer)](
                result<T> outcome, bool) { answer(std::move(outcome)); },
              if_dropped, std::move(stopping)) {
  }

  promise(informed_callback answer, errc if_dropped,
          std::shared_ptr<const std::atomic<bool>> stopping)
    : shared_(std::make_shared<shared>()) {
    shared_->answer = std::move(answer);
    shared_->if_dropped = if_dropped;
    shared_->stopping = std::move(stopping);
  }

  void deliver(result<T> outcome) const {
    if (pending())
      std::exchange(shared_->answer, nullptr)(std::move(outcome), false);
  }

  void deliver(T value) const {
    deliver(result<T>{std::move(value)});
  }

  void deliver(const error& err) const {
    deliver(result<T>{fail(err)});
  }

  /// Sets the code of the answer if no other is given.
  /// @pre pending
  void if_dropped(errc code) const {
    shared_->if_dropped = code;
  }

  /// Keeps `x` until the answer is given.
  /// @pre pending
  void hold(std::shared_ptr<const void> x) const {
    shared_->answer = [x = std::move(x), inner = std::move(shared_->answer)](
                        result<T> outcome, bool dropped) {
      inner(std::move(outcome), dropped);
    };
  }

  [[nodiscard]] bool pending() const {
    return shared_ != nullptr && shared_->answer != nullptr;
  }

private:
  struct shared {
    shared() = default;
    shared(const shared&) = delete;
    shared& operator=(const shared&) = delete;

    ~shared() {
      if (answer != nullptr)
        answer(fail(why_dropped()), true);
    }

    [[nodiscard]] error why_dropped() const {
      if (stopping != nullptr && *stopping)
        return {errc::shutting_down, "The node is stopping"};
      return {if_dropped, "The actor that held the request ended before it "
                          "could answer"};
    }

    informed_callback answer;
    errc if_dropped = errc::internal;
    std::shared_ptr<const std::atomic<bool>> stopping;
  };

  std::shared_ptr<shared> shared_;
};

/// Makes the promise for the request that `self` handles at present.
template <class T, class Self>
promise<T> make_promise(Self* self, errc if_dropped) {
  return {self->template make_response_promise<T>(), if_dropped};
}

} // namespace dspex
