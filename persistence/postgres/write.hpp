#pragma once

#include "persistence/postgres/connection.hpp"

namespace dspex {

/// The lease under which a batch is written.
struct postgres_fence {
  node_id node{};
  /// The epoch of the lease; 0 demands no lease.
  int64_t epoch = 0;
};

/// Writes a batch with one statement: all of it or nothing.
///
/// Throws `postgres_failure` like any statement: the SQLSTATE is 23505 when a
/// finished row is there already, 23503 for an unknown program, and DX001 when
/// the lease has ended.
///
/// Batches of one node and lane are written one after the other. A connection
/// that broke may have left a batch under way; the next batch waits for it.
void send_batch(postgres_connection& connection, const postgres_fence& fence,
                const execution_batch& batch);

/// Writes the rows of a batch that are not finished yet, in a transaction of
/// its own.
/// @returns the other rows as duplicates, or `errc::store_rejected` for an
///          unknown program.
[[nodiscard]] result<batch_result> write_batch(postgres_connection& connection,
                                               const postgres_fence& fence,
                                               const execution_batch& batch);

/// Inserts a live execution with an unused id, inside a transaction of the
/// caller. Throws `postgres_failure`, with the SQLSTATE 23505 if another
/// transaction has just used the id.
void insert_live(postgres_connection& connection, const postgres_fence& fence,
                 const execution_record& x);

} // namespace dspex
