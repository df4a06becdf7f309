#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "actors/kit/restarting.hpp"
#include "actors/node/context.hpp"

namespace dspex {

/// Runs `work(store&)`, which returns a `result<T>`, on a connection of the
/// pool, and then `then(result<T>)` in the actor `self`. `then` is called
/// exactly once unless `self` ends before; with `store_unavailable` if the
/// store has not answered after `store_deadline`.
template <class Self, class Work, class Then>
void ask_store(Self* self, const context_ptr& ctx, access mode, Work work,
               Then then) {
  using outcome = std::invoke_result_t<Work&, store&>;
  auto pool = ctx->pool.get();
  if (!pool)
    return then(outcome{fail(restarting("store", errc::store_unavailable))});
  auto out = std::make_shared<std::optional<outcome>>();
  auto job = store_job{
    mode, [out, work = std::move(work)](store& s) mutable { *out = work(s); }};
  // The pool keeps the deadline: CAF never cancels the timer of a request that
  // was answered.
  self->request(pool, caf::infinite, std::move(job))
    .then([out, then](done) mutable { then(std::move(**out)); },
          [then](caf::error& err) mutable {
            then(outcome{fail(from_caf(err, errc::store_unavailable))});
          });
}

} // namespace dspex
