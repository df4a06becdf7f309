#pragma once

#include <memory>

#include "persistence/row_logic.hpp"
#include "persistence/sqlite/connection.hpp"
#include "persistence/sqlite/node_lock.hpp"
#include "persistence/store.hpp"

namespace dspex {

/// One connection to a SQLite file.
class sqlite_store : public store {
public:
  /// Opens the file. Throws `SQLite::Exception`.
  /// @param life the sign of life of `node`, held as long as the connection;
  ///        null for `access::read_only`.
  sqlite_store(const sqlite_file& file, access mode, node_id node,
               std::shared_ptr<const node_lock> life);

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
  // Runs `f` in a transaction that is committed if `f` succeeds.
  template <class F>
  auto in_transaction(F f) -> decltype(f()) {
    if (mode_ == access::read_only)
      return fail(opened_read_only());
    return sqlite_in_transaction(connection_, f);
  }

  // Stands before the connection, which must be destroyed first.
  std::shared_ptr<const node_lock> life_;
  sqlite_connection connection_;
  access mode_;
  node_id node_;
};

} // namespace dspex
