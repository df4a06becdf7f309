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

/// A change of a program's lifecycle state.
struct program_transition {
  program_action action = program_action::initialize;
  /// Set for `become_ready` and `become_error`: the generation that the
  /// matching `initialize` returned. A late reply of an earlier attempt does
  /// not match and changes nothing (`errc::conflict`).
  std::optional<int64_t> expected_generation{};
  /// Set for `initialize` and `reinitialize`: who owns the attempt.
  node_id node{};
  /// For `reinitialize`: replaces the program's configuration.
  std::optional<document> configuration{};
  /// For `become_ready`.
  std::string backend_program_id{};
  /// For `become_error`.
  errc error_code = errc::none;
  std::string error_message{};
};

/// New values of a signature's free attributes; unset ones stay.
struct signature_update {
  std::optional<std::string> name{};
  std::optional<std::string> description{};
};

/// New values of a program's free attributes; unset ones stay.
struct program_update {
  std::optional<std::string> name{};
  /// Replaces the old one as a whole.
  std::optional<document> configuration{};
};

/// A step of an execution whose model its caller runs.
struct execution_step {
  execution_action action = execution_action::mark_running;
  /// For `mark_completed`; valid against the signature.
  document outputs{};
  /// For `mark_completed` and `mark_failed`.
  int64_t duration_us = 0;
  /// For `mark_failed`.
  errc error_code = errc::backend_failed;
  std::string error_message{};
};

/// Makes sure that a request is run once, however often it is sent.
struct idempotency_claim {
  /// Chosen by the caller; its scope is the program of `execution`.
  std::string key;
  /// Tells a repeated request from another one with the same key.
  std::string inputs_hash;
  /// Stands for the key while it lasts: not terminal, with the node that runs
  /// it.
  execution_record execution;
};

/// Who holds an idempotency key.
struct idempotency_owner {
  /// Differs from the claim's if somebody was there before.
  execution_id execution;
  std::string inputs_hash;

  friend bool operator==(const idempotency_owner&, const idempotency_owner&)
    = default;
};

/// How long an idempotency key holds, from the claim on.
constexpr auto idempotency_period = std::chrono::hours{24};

/// How many executions one transaction drops, so that commits do not wait.
constexpr size_t prune_batch = 1000;

/// Which finished executions to drop.
struct prune_request {
  /// Accepted before this time.
  timestamp older_than;
  /// All programs unless set.
  std::optional<program_id> program{};
};

/// What leaves the tracker in one transaction.
struct execution_batch {
  /// Batches of a node with one number are written one after the other,
  /// whatever connections they take: an attempt of which nobody knows whether
  /// it is still under way is never overtaken.
  uint32_t lane = 0;
  /// In flight for more than a second: inserted into, or replaced in, the live
  /// table, unless the execution is already terminal.
  std::vector<execution_record> live{};
  /// Terminal rows, inserted once; a row whose id is already terminal is left
  /// as it is and counts nothing.
  std::vector<execution_record> finished{};
};

struct batch_result {
  /// Ids in `finished` that were terminal before.
  std::vector<execution_id> duplicates;
};

/// What a sweep closed.
struct sweep_result {
  uint64_t executions = 0;
  uint64_t programs = 0;
};

/// One connection to a store: records and batches in, records out.
///
/// Every call blocks, for at most the store's timeout when somebody else holds
/// a lock, and then fails with `errc::store_unavailable`. Each write is one
/// transaction: after an error nothing of it is there, except that a
/// `store_unavailable` commit may be in doubt; every write may be sent again.
/// Records are kept as they are given, times included; only transitions and
/// `sweep` set `updated_at`. What no store can hold (U+0000, bad UTF-8, nesting
/// beyond 128, a blank name) is `errc::store_rejected`, naming the column. A
/// read-only connection refuses writes. An object is used by one thread at a
/// time. Never throws.
class store {
public:
  virtual ~store() = default;

  // -- signatures -------------------------------------------------------------

  /// Inserts the record, or returns the one that already has its (module,
  /// version), unchanged.
  virtual result<signature_record> insert_signature(const signature_record& x)
    = 0;

  /// `errc::not_found` if there is none.
  virtual result<signature_record> get_signature(signature_id id) = 0;

  virtual result<page<signature_record>>
  list_signatures(const signature_filter& filter, const page_request& where)
    = 0;

  /// Applies the lifecycle table atomically and returns the changed record.
  virtual result<signature_record>
  transition_signature(signature_id id, signature_action action) = 0;

  virtual result<signature_record>
  update_signature(signature_id id, const signature_update& x) = 0;

  /// `errc::conflict` while a program refers to it.
  virtual result<void> destroy_signature(signature_id id) = 0;

  // -- programs ---------------------------------------------------------------

  /// Inserts the record, or returns the one that already has its id; refused
  /// when the signature is deprecated (`invalid_transition`) or unknown
  /// (`not_found`). An ephemeral one is found again by signature, adapter type
  /// and the text of its configuration, unless that one is archived.
  virtual result<program_record> insert_program(const program_record& x) = 0;

  /// Returns the program that `x` would only repeat, or inserts `x`, in one
  /// transaction. That has the same name, signature, adapter type and
  /// configuration, and is neither ephemeral nor `archived` nor in `error`.
  virtual result<program_record> find_or_insert_program(const program_record& x)
    = 0;

  virtual result<program_record> get_program(program_id id) = 0;

  virtual result<page<program_record>>
  list_programs(const program_filter& filter, const page_request& where) = 0;

  /// Applies the lifecycle table atomically, adds one to the generation and
  /// returns the changed record. Error fields stand only in `error`,
  /// `owner_node` only while initializing. `reinitialize` and `archive` keep
  /// `backend_program_id`, so that the old one can be deleted; `become_error`
  /// clears it.
  virtual result<program_record>
  transition_program(program_id id, const program_transition& x) = 0;

  /// Checks the lifecycle as `check_rename` and `check_configure` say; the
  /// generation stays. `errc::conflict` if another ephemeral program has the
  /// configuration.
  virtual result<program_record>
  update_program(program_id id, const program_update& x) = 0;

  /// Checks the lifecycle as `check_destroy` says; `errc::conflict` while a
  /// node runs an execution of it.
  /// @param cascade takes its executions with it, in the same transaction;
  ///        without it they are `errc::conflict`.
  virtual result<void> destroy_program(program_id id, bool cascade) = 0;

  // -- executions -------------------------------------------------------------

  /// Writes rows, program counters and duration histograms in one durable
  /// transaction. `errc::store_rejected` if a row can never be written, and
  /// `errc::interrupted` if one belongs to a time for which the node has been
  /// declared dead: the caller bisects to find it.
  virtual result<batch_result> write(const execution_batch& batch) = 0;

  /// Inserts an execution of a caller that runs the model itself: pending, of
  /// the nil node. `errc::conflict` if the id is used by another record;
  /// refused as `check_new_execution` says.
  virtual result<execution_record> insert_execution(const execution_record& x)
    = 0;

  /// Applies the lifecycle table atomically and returns the changed record; a
  /// terminal one moves with the program's counters in the same transaction.
  /// `errc::conflict` if a node runs the execution.
  virtual result<execution_record>
  step_execution(execution_id id, const execution_step& x) = 0;

  /// Claims the key and inserts the execution as a live one, in one durable
  /// transaction; or finds who holds the key, and changes nothing. A key is
  /// free again after `idempotency_period`, counted between the `executed_at`
  /// of the two executions; when its execution ended as `overloaded`,
  /// `store_unavailable` or `interrupted`; and when that was pruned.
  /// `errc::conflict` if the execution's id is used, `errc::not_found` for an
  /// unknown program.
  virtual result<idempotency_owner>
  claim_idempotency_key(const idempotency_claim& x) = 0;

  /// Drops finished executions, oldest first and at most `limit` of them; the
  /// program's counters stay, and count them as pruned.
  /// @returns how many; less than `limit` if nothing is left to drop.
  virtual result<uint64_t> prune(const prune_request& x, size_t limit) = 0;

  /// Live or terminal.
  virtual result<execution_record> get_execution(execution_id id) = 0;

  virtual result<page<execution_record>>
  list_executions(const execution_filter& filter, const page_request& where)
    = 0;

  /// `in_progress` counts live rows only; the tracker adds what it holds.
  virtual result<program_statistics> get_statistics(program_id id) = 0;

  // -- liveness ---------------------------------------------------------------

  /// Closes what dead nodes left: unfinished executions become `failed`,
  /// initializing programs `error`, both with `errc::interrupted`. A live
  /// node's work is never touched, nor are executions whose node is nil: those
  /// belong to callers that run the model themselves. Idempotency keys that
  /// have expired go, too.
  virtual result<sweep_result> sweep() = 0;
};

/// One migration as `migrate status` shows it.
struct migration_row {
  uint32_t number = 0;
  std::string name;
  /// Unset if not applied.
  std::optional<timestamp> applied_at;
};

struct migration_report {
  /// Every migration that this build knows, as it is now.
  std::vector<migration_row> rows;
  /// How many this call applied or took back, or would have in a dry run.
  uint32_t changed = 0;
};

enum class access {
  /// Takes no sign of life, sweeps nothing, makes no file.
  read_only,
  read_write,
};

struct database_options {
  /// `memory:`, `sqlite:FILE`, `postgresql://USER@HOST:PORT/DATABASE`.
  std::string url;
  dspex::access access = dspex::access::read_write;
  /// The node that opens it; its sign of life is held as long as the database
  /// or one of its read-write connections lives. A node opens a store once at
  /// a time (`errc::conflict`).
  node_id node{};
  /// How long to wait for somebody else's lock.
  std::chrono::milliseconds timeout{5000};
  /// Makes a new store and its schema when it does not exist. Never touches an
  /// existing store with an older schema: that is what `migrate up` is for.
  bool create = true;
  /// On PostgreSQL, how long the node counts as living after its last sign of
  /// life; it gives one three times as often.
  std::chrono::milliseconds lease{15000};
};

/// A store as a whole: gives out connections, knows the schema, and holds the
/// node's sign of life. Thread safe. Connections may outlive it.
class database {
public:
  virtual ~database() = default;

  virtual result<std::unique_ptr<store>> connect(access mode) = 0;

  /// How many connections can usefully write at the same time (1 for SQLite,
  /// 2 for PostgreSQL).
  [[nodiscard]] virtual size_t max_writers() const noexcept = 0;

  /// Whether a connection may wait for a disk or a network: then it needs a
  /// thread of its own.
  [[nodiscard]] virtual bool blocks() const noexcept = 0;
};

/// Opens the store behind `options.url` and checks its schema.
///
/// Errors say what and where: not a database, an older schema (details
/// `{"hint": "dspex migrate up"}`), a newer schema, locked by somebody else
/// (all `store_unavailable`), no such file or directory (`not_found`), an
/// unknown scheme (`invalid_option`). A password in a URL is never shown.
/// Nothing is swept: that is the first thing to do with a read-write
/// connection.
[[nodiscard]] result<std::unique_ptr<database>>
open_database(const database_options& options);

/// How far to migrate.
struct migrate_options {
  /// The last migration that shall be applied, 0 for none of them; the newest
  /// unless set. `errc::invalid_option` for one that does not exist.
  std::optional<uint32_t> to{};
  /// Reports what would be done and changes nothing.
  bool dry_run = false;
};

/// Brings the schema up to date; several processes may call it at once: one
/// applies, all succeed.
[[nodiscard]] result<migration_report>
migrate_up(const database_options& options, const migrate_options& how = {});

/// Takes back every migration after `how.to`, newest first, each in one
/// transaction. Refused while another process has the store open.
/// @pre `how.to` is set
[[nodiscard]] result<migration_report>
migrate_down(const database_options& options, const migrate_options& how);

/// One difference between a schema and what the migrations make.
struct schema_drift {
  /// E.g. `table executions` or `index executions_by_program`.
  std::string object;
  /// E.g. `is missing`.
  std::string problem;

  friend bool operator==(const schema_drift&, const schema_drift&) = default;
};

/// Compares the schema with what the applied migrations make; empty if they
/// agree. Changes nothing.
[[nodiscard]] result<std::vector<schema_drift>>
verify_schema(const database_options& options);

/// Reads which migrations are applied; changes nothing.
[[nodiscard]] result<migration_report>
migration_status(const database_options& options);

} // namespace dspex
