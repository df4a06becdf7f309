#pragma once

#include "persistence/postgres/connection.hpp"

namespace dspex {

/// The lease in whose name a batch is written.
struct postgres_fence {
  node_id node{};
  /// 0 asks for no lease.
  int64_t epoch = 0;
};

/// Writes a batch with one statement: all of it or nothing.
///
/// Throws `postgres_failure` like any statement: the SQLSTATE is 23505 when a
/// finished row is there already, 23503 for an unknown program, DX001 when the
/// lease has ended.
/// Batches of one node and lane are written one after the other, also when a
/// broken connection left one of which nobody knows whether it is still under
/// way.
void send_batch(postgres_connection& connection, const postgres_fence& fence,
                const execution_batch& batch);

/// Writes what is not finished yet of a batch, in a transaction of its own.
/// @returns the others as duplicates, or `errc::store_rejected` for an unknown
///          program.
[[nodiscard]] result<batch_result> write_batch(postgres_connection& connection,
                                               const postgres_fence& fence,
                                               const execution_batch& batch);

/// Inserts a live execution whose id nobody may have used; inside a transaction
/// of the caller. Throws `postgres_failure`, with SQLSTATE 23505 if somebody
/// just did.
void insert_live(postgres_connection& connection, const postgres_fence& fence,
                 const execution_record& x);

} // namespace dspex
