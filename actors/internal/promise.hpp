#pragma once

#include <memory>
#include <string>
#include <utility>

#include <caf/typed_response_promise.hpp>

#include "dspex/error.hpp"
#include "dspex/protocol.hpp"

namespace dspex {

/// A response promise that is always answered.
///
/// CAF forgets the promises of an actor that dies: the caller would only see
/// its own timeout. This one answers when its last copy goes away, be it in the
/// state of a crashed actor or in the handler of a reply that never came.
template <class T>
class promise {
public:
  promise() = default;

  /// @param if_dropped what the caller hears if nobody answers.
  promise(caf::typed_response_promise<T> inner, errc if_dropped)
    : shared_(std::make_shared<shared>(std::move(inner), if_dropped)) {
  }

  void deliver(T value) const {
    if (pending())
      shared_->inner.deliver(std::move(value));
  }

  void deliver(const error& err) const {
    if (pending())
      shared_->inner.deliver(to_caf(err));
  }

  void deliver(result<T> outcome) const {
    if (outcome)
      deliver(std::move(*outcome));
    else
      deliver(outcome.error());
  }

  [[nodiscard]] bool pending() const {
    return shared_ != nullptr && shared_->inner.pending();
  }

  /// Hands the request on: whoever is behind `dest` answers in our stead.
  template <class Handle, class... Ts>
  void delegate(const Handle& dest, Ts&&... xs) const {
    shared_->inner.delegate(dest, std::forward<Ts>(xs)...);
  }

private:
  struct shared {
    shared(caf::typed_response_promise<T> x, errc code)
      : inner(std::move(x)), if_dropped(code) {
    }

    shared(const shared&) = delete;
    shared& operator=(const shared&) = delete;

    ~shared() {
      if (inner.pending())
        inner.deliver(to_caf(
          {if_dropped, "The actor that held the request ended before it "
                       "could answer"}));
    }

    caf::typed_response_promise<T> inner;
    errc if_dropped;
  };

  std::shared_ptr<shared> shared_;
};

/// Makes the promise for the request that `self` handles at present. The
/// handler then returns it as `caf::result<T>` by `as_result`.
template <class T, class Self>
promise<T> make_promise(Self* self, errc if_dropped) {
  return {self->template make_response_promise<T>(), if_dropped};
}

} // namespace dspex
