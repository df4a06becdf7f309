#pragma once

#include <memory>

#include "persistence/node_lock.hpp"
#include "persistence/sqlite_connection.hpp"
#include "persistence/store.hpp"

namespace dspex {

/// One connection to a SQLite file.
class sqlite_store : public store {
public:
  /// @param life the sign of life of `node`, held as long as the connection;
  ///        null for `access::read_only`.
  /// Throws `SQLite::Exception`.
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

  // -- programs ---------------------------------------------------------------

  result<program_record> insert_program(const program_record& x) override;
  result<program_record> get_program(program_id id) override;
  result<page<program_record>>
  list_programs(const program_filter& filter,
                const page_request& where) override;
  result<program_record>
  transition_program(program_id id, const program_transition& x) override;

  // -- executions -------------------------------------------------------------

  result<batch_result> write(const execution_batch& batch) override;
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
      return fail(opened_for_reading());
    return guarded(connection_.file(), [&]() -> decltype(f()) {
      auto change = sqlite_transaction{connection_,
                                       sqlite_transaction::kind::write};
      auto out = f();
      if (out)
        change.commit();
      return out;
    });
  }

  [[nodiscard]] static error opened_for_reading();

  std::optional<signature_record> find_signature(signature_id id);
  std::optional<program_record> find_program(program_id id);
  result<program_record> change_program(program_id id,
                                        const program_transition& x);

  // Writes a batch inside a transaction of the caller.
  result<batch_result> write_rows(const execution_batch& batch);
  result<void> require_programs(const execution_batch& batch);
  batch_result insert_finished(const std::vector<execution_record>& rows);
  void put_live(const std::vector<execution_record>& rows);

  // Nodes other than this one that may have left work.
  std::vector<node_id> foreign_nodes();
  // Closes at most 1000 of a node's executions in one transaction.
  result<uint64_t> close_executions(node_id node);
  result<uint64_t> close_programs(node_id node);

  // Before the connection, which must go first.
  std::shared_ptr<const node_lock> life_;
  sqlite_connection connection_;
  access mode_;
  node_id node_;
};

} // namespace dspex
