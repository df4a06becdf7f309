#pragma once

#include <cstdint>
#include <utility>

#include "actors/kit/ask_store.hpp"

namespace dspex {

/// Drops executions batch by batch, so that no transaction is long, and then
/// calls `done(result<void>, uint64_t dropped)` in the actor `self`. Batches
/// before the one that failed stay dropped.
/// @param dropped how many were dropped so far.
template <class Self, class Done>
void prune_all(Self* self, const context_ptr& ctx, prune_request x, Done done,
               uint64_t dropped = 0) {
  ask_store(
    self, ctx, access::read_write,
    [x](store& s) { return s.prune(x, prune_batch); },
    [self, ctx, x, done, dropped](const result<uint64_t>& batch) {
      if (!batch)
        return done(result<void>{fail(batch.error())}, dropped);
      auto all = dropped + *batch;
      if (*batch == prune_batch)
        return prune_all(self, ctx, x, done, all);
      done(result<void>{}, all);
    });
}

} // namespace dspex
