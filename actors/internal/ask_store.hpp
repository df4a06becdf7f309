#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "actors/node_context.hpp"

namespace dspex {

/// Runs `work(store&)`, which returns a `result<T>`, on a connection of the
/// pool, and then `then(result<T>)` in the actor `self`. `then` is called
/// exactly once unless `self` ends before.
template <class Self, class Work, class Then>
void ask_store(Self* self, const context_ptr& ctx, access mode, Work work,
               Then then) {
  using outcome = std::invoke_result_t<Work&, store&>;
  auto pool = ctx->pool.get();
  if (!pool)
    return then(
      outcome{fail(errc::store_unavailable, "The store is restarting")});
  auto out = std::make_shared<std::optional<outcome>>();
  auto job = store_job{
    mode, [out, work = std::move(work)](store& s) mutable { *out = work(s); }};
  self->request(pool, store_deadline(*ctx), std::move(job))
    .then([out, then](done) mutable { then(std::move(**out)); },
          [then](caf::error& err) mutable {
            auto reason = from_caf(err, errc::store_unavailable);
            if (reason.code == errc::timeout)
              reason = {errc::store_unavailable,
                        "The store did not answer in time"};
            then(outcome{fail(std::move(reason))});
          });
}

} // namespace dspex
