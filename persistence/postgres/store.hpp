#pragma once

#include <memory>

#include "persistence/postgres/lease.hpp"
#include "persistence/row_logic.hpp"
#include "persistence/store.hpp"

namespace dspex {

/// A store in a PostgreSQL database. It connects when it is first used, and
/// again when its connection broke. An outage of the server fails the calls
/// that are made meanwhile with `errc::store_unavailable`, and nothing more.
class postgres_store : public store {
public:
  /// @param life the sign of life of the node, held as long as the object; null
  ///        for `access::read_only`.
  postgres_store(const postgres_target& target,
                 std::shared_ptr<postgres_watchdog> watchdog, access mode,
                 std::shared_ptr<postgres_lease> life);

  // -- signatures -------------------------------------------------------------

  result<signature_record> insert_signature(const signature_record& x) override;
  result<signature_record> get_signature(signature_id id) override;
  result<page<signature_record>>
  list_signatures(const signature_filter& filter,
                  const page_request& where) override;
  result<signature_record>
  transition_signature(signature_id id, signature_action action) override;
  result<signature_record> update_signature(signature_id id,
                                            const signature_update& x) override;
  result<void> destroy_signature(signature_id id) override;

  // -- programs ---------------------------------------------------------------

  result<program_record> insert_program(const program_record& x) override;
  result<program_record>
  find_or_insert_program(const program_record& x) override;
  result<program_record> get_program(program_id id) override;
  result<page<program_record>>
  list_programs(const program_filter& filter,
                const page_request& where) override;
  result<program_record>
  transition_program(program_id id, const program_transition& x) override;
  result<program_record> update_program(program_id id,
                                        const program_update& x) override;
  result<void> destroy_program(program_id id, bool cascade) override;

  // -- executions -------------------------------------------------------------

  result<batch_result> write(const execution_batch& batch) override;
  result<execution_record> insert_execution(const execution_record& x) override;
  result<execution_record> step_execution(execution_id id,
                                          const execution_step& x) override;
  result<idempotency_owner>
  claim_idempotency_key(const idempotency_claim& x) override;
  result<uint64_t> prune(const prune_request& x, size_t limit) override;
  result<execution_record> get_execution(execution_id id) override;
  result<page<execution_record>>
  list_executions(const execution_filter& filter,
                  const page_request& where) override;
  result<program_statistics> get_statistics(program_id id) override;

  // -- liveness ---------------------------------------------------------------

  result<sweep_result> sweep() override;

private:
  // Calls `f` with a connection that is not known to be broken.
  template <class F>
  auto with_connection(F f)
    -> decltype(f(std::declval<postgres_connection&>())) {
    return postgres_guarded([&] {
      if (connection_ && connection_->is_broken())
        connection_.reset();
      if (!connection_)
        connection_ = std::make_unique<postgres_connection>(target_, mode_,
                                                            watchdog_);
      connection_->begin_call();
      return f(*connection_);
    });
  }

  // Calls `f` in a transaction, and again as `postgres_in_transaction` says.
  template <class F>
  auto in_transaction(F f)
    -> decltype(f(std::declval<postgres_connection&>())) {
    if (mode_ == access::read_only)
      return fail(opened_read_only());
    return with_connection([&](postgres_connection& connection) {
      return postgres_in_transaction(connection, [&] { return f(connection); });
    });
  }

  postgres_target target_;
  std::shared_ptr<postgres_watchdog> watchdog_;
  access mode_;
  std::shared_ptr<postgres_lease> life_;
  std::unique_ptr<postgres_connection> connection_;
};

} // namespace dspex
