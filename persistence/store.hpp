#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/lifecycle.hpp"
#include "dspex/records.hpp"

namespace dspex {

/// A change of the lifecycle state of a program.
struct program_transition {
  program_action action = program_action::initialize;
  /// The generation that the matching `initialize` returned; set for
  /// `become_ready` and `become_error`. The late reply of an earlier attempt
  /// has another generation and changes nothing (`errc::conflict`).
  std::optional<int64_t> expected_generation{};
  /// The node that owns the attempt; set for `initialize` and `reinitialize`.
  node_id node{};
  /// Replaces the configuration of the program; for `reinitialize` only.
  std::optional<document> configuration{};
  /// Set for `become_ready`.
  std::string backend_program_id{};
  /// Set for `become_error`, like the message.
  errc error_code = errc::none;
  std::string error_message{};
};

/// New values for the free attributes of a signature; unset ones stay.
struct signature_update {
  std::optional<std::string> name{};
  std::optional<std::string> description{};
};

/// New values for the free attributes of a program; unset ones stay.
struct program_update {
  std::optional<std::string> name{};
  /// Replaces the old configuration as a whole.
  std::optional<document> configuration{};
};

/// A step of an execution whose caller runs the model itself.
struct execution_step {
  execution_action action = execution_action::mark_running;
  /// Set for `mark_completed`, and valid against the signature.
  document outputs{};
  /// Set for `mark_completed` and `mark_failed`.
  int64_t duration_us = 0;
  /// Set for `mark_failed`, like the message.
  errc error_code = errc::backend_failed;
  std::string error_message{};
};

/// A claim that makes a request run once, however often it is sent.
struct idempotency_claim {
  /// The key that the caller chose; its scope is the program of `execution`.
  std::string key;
  /// Tells a repeated request from another one with the same key.
  std::string inputs_hash;
  /// The execution that stands for the key. It has not ended, and its node runs
  /// it.
  execution_record execution;
};

/// The holder of an idempotency key.
struct idempotency_owner {
  /// Another execution than that of the claim if the key was taken before.
  execution_id execution;
  std::string inputs_hash;

  friend bool operator==(const idempotency_owner&, const idempotency_owner&)
    = default;
};

/// The time for which an idempotency key holds, counted from the claim.
constexpr auto idempotency_period = std::chrono::hours{24};

/// The number of executions that one transaction drops. More at once would make
/// commits wait.
constexpr size_t prune_batch = 1000;

/// Selects the finished executions to drop.
struct prune_request {
  /// Drops executions that were accepted before this time.
  timestamp older_than;
  /// Drops executions of this program; of all programs if unset.
  std::optional<program_id> program{};
};

/// The rows that leave the tracker in one transaction.
struct execution_batch {
  /// Batches of one node and lane are written one after the other, whatever
  /// connections they take. A connection may break and leave an attempt under
  /// way; the next attempt waits for it.
  uint32_t lane = 0;
  /// Executions that have been in flight for a while. Each is inserted into the
  /// live table, or replaced there, unless it is already terminal.
  std::vector<execution_record> live{};
  /// Executions that have ended. Each is inserted once; one whose id is already
  /// terminal in the store is left as it is and counts nothing.
  std::vector<execution_record> finished{};
};

struct batch_result {
  /// The ids in `finished` that were terminal before.
  std::vector<execution_id> duplicates;
};

/// The numbers of executions and programs that a sweep closed.
struct sweep_result {
  uint64_t executions = 0;
  uint64_t programs = 0;
};

/// One connection to a store: records and batches in, records out.
///
/// Every call blocks. If another connection holds a lock, the call waits for at
/// most the timeout of the store and then fails with `errc::store_unavailable`.
/// Each write is one transaction: after an error nothing of it is there, except
/// that a commit which failed with `store_unavailable` may be in doubt. Every
/// write may be sent again.
///
/// Records are kept as they are given, times included; only transitions and
/// `sweep` set `updated_at`. A record that no store can hold (U+0000, bad
/// UTF-8, nesting beyond 128, a blank name) is refused as
/// `errc::store_rejected`, which names the column. A read-only connection
/// refuses writes.
///
/// An object is used by one thread at a time. No function throws.
class store {
public:
  virtual ~store() = default;

  // -- signatures -------------------------------------------------------------

  /// Inserts the record, or returns the one that already has its module and
  /// version, unchanged.
  virtual result<signature_record> insert_signature(const signature_record& x)
    = 0;

  /// Returns `errc::not_found` if no record has the id, like all functions that
  /// take one.
  virtual result<signature_record> get_signature(signature_id id) = 0;

  virtual result<page<signature_record>>
  list_signatures(const signature_filter& filter, const page_request& where)
    = 0;

  /// Applies the lifecycle table atomically and returns the changed record.
  virtual result<signature_record>
  transition_signature(signature_id id, signature_action action) = 0;

  virtual result<signature_record>
  update_signature(signature_id id, const signature_update& x) = 0;

  /// Refused as `errc::conflict` while a program refers to the signature.
  virtual result<void> destroy_signature(signature_id id) = 0;

  // -- programs ---------------------------------------------------------------

  /// Inserts the record, or returns the one that already has its id. The insert
  /// is refused if the signature is deprecated (`invalid_transition`) or
  /// unknown
  /// (`not_found`). If the record is ephemeral, the program that is returned
  /// may also be an ephemeral one with the same signature, adapter type and
  /// text of the configuration that is not archived.
  virtual result<program_record> insert_program(const program_record& x) = 0;

  /// Returns the program that `x` would only repeat, or inserts `x`, in one
  /// transaction. A program is repeated by one with the same name, signature,
  /// adapter type and configuration, unless it is ephemeral, `archived` or in
  /// `error`.
  virtual result<program_record> find_or_insert_program(const program_record& x)
    = 0;

  virtual result<program_record> get_program(program_id id) = 0;

  virtual result<page<program_record>>
  list_programs(const program_filter& filter, const page_request& where) = 0;

  /// Applies the lifecycle table atomically, adds one to the generation and
  /// returns the changed record. The error fields are set only in `error`, and
  /// `owner_node` only while initializing. `reinitialize` and `archive` keep
  /// `backend_program_id`, so that the caller can delete the old backend
  /// program; `become_error` clears it.
  virtual result<program_record>
  transition_program(program_id id, const program_transition& x) = 0;

  /// Checks the lifecycle with `check_rename` and `check_configure`; the
  /// generation stays. Refused as `errc::conflict` if another ephemeral program
  /// has the configuration.
  virtual result<program_record>
  update_program(program_id id, const program_update& x) = 0;

  /// Checks the lifecycle with `check_destroy`. Refused as `errc::conflict`
  /// while a node runs an execution of the program.
  /// @param cascade destroys the executions of the program, too, in the same
  ///        transaction; without it, a program that has any is refused as
  ///        `errc::conflict`.
  virtual result<void> destroy_program(program_id id, bool cascade) = 0;

  // -- executions -------------------------------------------------------------

  /// Writes rows, program counters and duration histograms in one durable
  /// transaction. Refused as `errc::store_rejected` if a row can never be
  /// written, and as `errc::interrupted` if a row belongs to a time for which
  /// the node has been declared dead. The caller bisects to find that row.
  virtual result<batch_result> write(const execution_batch& batch) = 0;

  /// Inserts an execution whose caller runs the model itself: it is pending,
  /// and its node is nil. Refused as `errc::conflict` if another record uses
  /// the id, and if `check_new_execution` refuses the state of the program.
  virtual result<execution_record> insert_execution(const execution_record& x)
    = 0;

  /// Applies the lifecycle table atomically and returns the changed record. If
  /// the execution ends, the counters of its program move in the same
  /// transaction. Refused as `errc::conflict` if a node runs the execution.
  virtual result<execution_record>
  step_execution(execution_id id, const execution_step& x) = 0;

  /// Claims the key and inserts the execution as a live one, in one durable
  /// transaction; or finds the holder of the key, and changes nothing.
  ///
  /// A key is free again after `idempotency_period`, counted between the
  /// `executed_at` of the two executions; when its execution ended as
  /// `overloaded`, `store_unavailable` or `interrupted`; and when its execution
  /// was pruned. Refused as `errc::conflict` if the id of the execution is
  /// used, and as `errc::not_found` if the program is unknown.
  virtual result<idempotency_owner>
  claim_idempotency_key(const idempotency_claim& x) = 0;

  /// Drops finished executions, oldest first and at most `limit` of them. The
  /// counters of their programs stay, and count them as pruned.
  /// @returns the number of dropped executions; less than `limit` if nothing is
  ///          left to drop.
  virtual result<uint64_t> prune(const prune_request& x, size_t limit) = 0;

  /// Finds an execution, live or terminal.
  virtual result<execution_record> get_execution(execution_id id) = 0;

  virtual result<page<execution_record>>
  list_executions(const execution_filter& filter, const page_request& where)
    = 0;

  /// Reads the statistics of a program. Their `in_progress` counts live rows
  /// only; the tracker adds the executions that it holds.
  virtual result<program_statistics> get_statistics(program_id id) = 0;

  // -- liveness ---------------------------------------------------------------

  /// Closes the work that dead nodes left: unfinished executions become
  /// `failed` and initializing programs `error`, both with `errc::interrupted`.
  /// The work of a live node is never touched. Neither are executions whose
  /// node is nil, because their callers run the model. Idempotency keys that
  /// have expired are dropped, too.
  virtual result<sweep_result> sweep() = 0;
};

/// A migration as `migrate status` shows it.
struct migration_row {
  uint32_t number = 0;
  std::string name;
  /// Unset if the migration is not applied.
  std::optional<timestamp> applied_at;
};

/// The migrations of a store after a call that changes or reads them.
struct migration_report {
  /// Every migration that this build knows, as it is now.
  std::vector<migration_row> rows;
  /// The number of migrations that the call applied or took back, or would have
  /// in a dry run.
  uint32_t changed = 0;
};

/// What a store is opened for.
enum class access {
  /// Opens without a sign of life, sweeps nothing and makes no file.
  read_only,
  read_write,
};

/// Tells which store to open, and how.
struct database_options {
  /// `memory:`, `sqlite:FILE`, `postgresql://USER@HOST:PORT/DATABASE`.
  std::string url;
  dspex::access access = dspex::access::read_write;
  /// The node that opens the store. Its sign of life is held as long as the
  /// database or one of its read-write connections lives. A node opens a store
  /// once at a time (`errc::conflict`).
  node_id node{};
  /// The time to wait for a lock that another connection holds.
  std::chrono::milliseconds timeout{5000};
  /// Whether a store that does not exist is made, with its schema. An existing
  /// store with an older schema is never touched; `migrate up` changes it.
  bool create = true;
  /// The time for which the node counts as living after its last sign of life,
  /// on PostgreSQL. The node gives one three times as often.
  std::chrono::milliseconds lease{15000};
};

/// A store as a whole: it gives out connections, knows the schema, and holds
/// the sign of life of the node. Thread safe. Connections may outlive it.
class database {
public:
  virtual ~database() = default;

  virtual result<std::unique_ptr<store>> connect(access mode) = 0;

  /// Returns how many connections can usefully write at the same time (1 for
  /// SQLite, 2 for PostgreSQL).
  [[nodiscard]] virtual size_t max_writers() const noexcept = 0;

  /// Returns whether a connection may wait for a disk or a network, for which
  /// it needs a thread of its own.
  [[nodiscard]] virtual bool blocks() const noexcept = 0;
};

/// Opens the store behind `options.url` and checks its schema.
///
/// The error is `store_unavailable` for a file that is no database, for an
/// older schema (with the details `{"hint": "dspex migrate up"}`), for a newer
/// schema and for a lock that is not released; `not_found` for a file or
/// directory that does not exist; and `invalid_option` for an unknown scheme.
/// No error shows the password of a URL. Opening sweeps nothing; the first
/// thing to do with a read-write connection is a sweep.
[[nodiscard]] result<std::unique_ptr<database>>
open_database(const database_options& options);

/// Tells how far to migrate.
struct migrate_options {
  /// The last migration that shall be applied: 0 for none, and the newest if
  /// unset. Refused as `errc::invalid_option` if it does not exist.
  std::optional<uint32_t> to{};
  /// Whether the call only reports what it would do.
  bool dry_run = false;
};

/// Brings the schema up to date. If several processes call it at once, one
/// applies the migrations and all succeed.
[[nodiscard]] result<migration_report>
migrate_up(const database_options& options, const migrate_options& how = {});

/// Takes back every migration after `how.to`, newest first, each in one
/// transaction. Refused while another process has the store open.
/// @pre `how.to` is set
[[nodiscard]] result<migration_report>
migrate_down(const database_options& options, const migrate_options& how);

/// One difference between a schema and what the migrations make.
struct schema_drift {
  /// The part of the schema, e.g. `table executions`.
  std::string object;
  /// The rest of the sentence, e.g. `is missing`.
  std::string problem;

  friend bool operator==(const schema_drift&, const schema_drift&) = default;
};

/// Compares the schema with the one that the applied migrations make. The list
/// is empty if they agree. Changes nothing.
[[nodiscard]] result<std::vector<schema_drift>>
verify_schema(const database_options& options);

/// Reads which migrations are applied. Changes nothing.
[[nodiscard]] result<migration_report>
migration_status(const database_options& options);

} // namespace dspex
