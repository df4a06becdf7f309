#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dspex/client_types.hpp"
#include "dspex/field_chunk.hpp"

namespace dspex {

/// The facade of a node: every action as a call.
///
/// Cheap to copy; thread safe. Each call has two forms. `x` waits until the
/// node has answered; from a thread that runs actors it is refused with
/// `invalid_transition` and nothing is sent, because the answer might need that
/// very thread. `x_async` takes the same arguments and returns at once; its
/// future is ready when the node has answered, and must not be waited for on
/// such a thread. Inside actors use the forms that take a callback.
///
/// Besides what stands at a call, each answers `not_found` for a record that is
/// not there, `conflict` for a name that several records have (listing their
/// ids), `store_unavailable` while the store does not answer, and
/// `shutting_down` once the node ends; docs/errors.md tells what to do about
/// each code.
///
/// Large because each action of a node is a call here, in two forms.
class client {
public:
  /// Takes the end of a run, or why it was not accepted.
  using execution_callback = std::function<void(result<execution_result>)>;
  /// Takes the answer to `call_async`.
  using call_callback = std::function<void(result<json>)>;

  // -- signatures -------------------------------------------------------------

  /// @{
  /// Makes a named signature known to the process; nothing is recorded yet.
  /// @returns `invalid_signature` with the column, or what is wrong with the
  ///          module's name or version.
  result<void> define_module(const std::string& module,
                             const std::string& signature,
                             const module_options& options = {}) const;
  future_result<void>
  define_module_async(const std::string& module, const std::string& signature,
                      const module_options& options = {}) const;
  /// @}

  /// @{
  /// Records a module as a `draft`; for the same module, version and content
  /// returns the existing record, other arguments ignored.
  /// @param version the module's own unless set.
  /// @returns `conflict` naming the fields if the version is recorded with
  ///          other content, `unknown_module`, `invalid_signature`.
  result<signature_record> create_signature_from_module(
    const std::string& module, const std::optional<std::string>& name = {},
    const std::string& description = {},
    const std::optional<std::string>& version = {}) const;
  future_result<signature_record> create_signature_from_module_async(
    const std::string& module, const std::optional<std::string>& name = {},
    const std::string& description = {},
    const std::optional<std::string>& version = {}) const;
  /// @}

  /// @{
  /// Reads one record by id, module or name.
  result<signature_record> get_signature(const record_ref& ref) const;
  future_result<signature_record>
  get_signature_async(const record_ref& ref) const;
  /// @}

  /// @{
  /// Reads one page, newest first.
  result<page<signature_record>>
  list_signatures(const signature_filter& filter = {},
                  const page_request& where = {}) const;
  future_result<page<signature_record>>
  list_signatures_async(const signature_filter& filter = {},
                        const page_request& where = {}) const;
  /// @}

  /// @{
  /// Reads one page of those that are `active`.
  result<page<signature_record>>
  list_active_signatures(const page_request& where = {}) const;
  future_result<page<signature_record>>
  list_active_signatures_async(const page_request& where = {}) const;
  /// @}

  /// @{
  /// Changes name or description, in every state.
  result<signature_record>
  update_signature(const record_ref& ref,
                   const signature_changes& changes) const;
  future_result<signature_record>
  update_signature_async(const record_ref& ref,
                         const signature_changes& changes) const;
  /// @}

  /// @{
  /// Deletes the record; `conflict` while a program refers to it.
  result<void> destroy_signature(const record_ref& ref) const;
  future_result<void> destroy_signature_async(const record_ref& ref) const;
  /// @}

  /// @{
  /// `draft` -> `active`, else `invalid_transition`.
  result<signature_record> activate_signature(const record_ref& ref) const;
  future_result<signature_record>
  activate_signature_async(const record_ref& ref) const;
  /// @}

  /// @{
  /// `active` -> `deprecated`, else `invalid_transition`: no new program can be
  /// made on it, existing ones go on.
  result<signature_record> deprecate_signature(const record_ref& ref) const;
  future_result<signature_record>
  deprecate_signature_async(const record_ref& ref) const;
  /// @}

  /// @{
  /// Whether a module is known and usable; errors only of the node itself.
  result<bool> validate_module(const std::string& module) const;
  future_result<bool> validate_module_async(const std::string& module) const;
  /// @}

  /// @{
  /// As `validate_module`, with the reasons.
  result<module_report> explain_module(const std::string& module) const;
  future_result<module_report>
  explain_module_async(const std::string& module) const;
  /// @}

  // -- programs ---------------------------------------------------------------

  /// @{
  /// Finds or records the module's signature and makes a `draft` program.
  /// @returns `invalid_option` for a blank name, an unknown adapter or key of
  ///          the configuration; `invalid_transition` if the signature is
  ///          deprecated.
  result<program_record>
  create_program(const std::string& module,
                 const program_options& options = {}) const;
  future_result<program_record>
  create_program_async(const std::string& module,
                       const program_options& options = {}) const;
  /// @}

  /// @{
  /// Reads one record.
  result<program_record> get_program(const record_ref& ref) const;
  future_result<program_record> get_program_async(const record_ref& ref) const;
  /// @}

  /// @{
  /// Reads one page, newest first.
  result<page<program_record>>
  list_programs(const program_filter& filter = {},
                const page_request& where = {}) const;
  future_result<page<program_record>>
  list_programs_async(const program_filter& filter = {},
                      const page_request& where = {}) const;
  /// @}

  /// @{
  /// Changes the name (not of an `archived` program) or the configuration: of a
  /// `ready` program all but `modules`, `lm` and `tools`, from its next run on.
  /// @returns `conflict` for what needs `reinitialize_program`, and while the
  ///          program is `initializing`.
  result<program_record> update_program(const record_ref& ref,
                                        const program_changes& changes) const;
  future_result<program_record>
  update_program_async(const record_ref& ref,
                       const program_changes& changes) const;
  /// @}

  /// @{
  /// Deletes a `draft` or `archived` program; `conflict` in other states, while
  /// it drains, and for executions that are not to go with it.
  result<void> destroy_program(const record_ref& ref,
                               const destroy_options& options = {}) const;
  future_result<void>
  destroy_program_async(const record_ref& ref,
                        const destroy_options& options = {}) const;
  /// @}

  /// @{
  /// Prepares the backend of a `draft`; answers when the program is `ready`, or
  /// with the reason why it is in `error`, which is also recorded.
  result<program_record> initialize_program(const record_ref& ref) const;
  future_result<program_record>
  initialize_program_async(const record_ref& ref) const;
  /// @}

  /// @{
  /// Prepares the backend of a `ready` or failed program anew; running
  /// executions end on the old one. Answers like `initialize_program`.
  /// @param configuration replaces the old one if set.
  result<program_record>
  reinitialize_program(const record_ref& ref,
                       const std::optional<json>& configuration = {}) const;
  future_result<program_record> reinitialize_program_async(
    const record_ref& ref, const std::optional<json>& configuration = {}) const;
  /// @}

  /// @{
  /// Refuses new runs at once; running ones finish, or are cancelled after
  /// `drain_timeout_ms`. `conflict` while the program is `initializing`.
  result<program_record> archive_program(const record_ref& ref) const;
  future_result<program_record>
  archive_program_async(const record_ref& ref) const;
  /// @}

  /// @{
  /// Reads what a program is and what it has done. The statistics are read
  /// after the rest, hence may be a few executions ahead.
  result<program_stats> get_stats(const record_ref& ref) const;
  future_result<program_stats> get_stats_async(const record_ref& ref) const;
  /// @}

  /// @{
  /// Reads the lifetime totals of a program.
  result<program_statistics>
  get_program_statistics(const record_ref& ref) const;
  future_result<program_statistics>
  get_program_statistics_async(const record_ref& ref) const;
  /// @}

  // -- runs -------------------------------------------------------------------

  /// Runs a program once and waits for its end.
  /// @param inputs an object with the input fields.
  /// @param options `timeout_ms`, `durability`, `metadata`, `idempotency_key`,
  ///        `execution_id`; `{}` if there are none.
  /// @returns why the run failed; the details have `execution_id` if it is
  ///          recorded. `overloaded` and `invalid_transition` (not `ready`)
  ///          leave no record.
  result<execution_result> execute_program(const record_ref& program,
                                           json inputs,
                                           json options = {}) const;

  /// The same for a program of a `Signature` that was checked while compiling.
  template <class Signature>
  result<typename Signature::result>
  execute_program(const record_ref& program,
                  const typename Signature::inputs& inputs,
                  json options = {}) const {
    return Signature::read(
      execute_program(program, inputs.values(), std::move(options)));
  }

  /// Starts a run and returns at once; the handle waits, and can cancel.
  [[nodiscard]] execution_handle
  execute_program_async(const record_ref& program, json inputs,
                        json options = {}) const;

  /// Calls `done` once, from a thread that runs actors: it must not block.
  /// @param on_chunk takes the outputs piece by piece while the model writes
  ///        them, from such threads too, one piece at a time and none after
  ///        `done` was called or the run was cancelled. If it throws, that is
  ///        logged, and it gets no more. What counts is the end: outputs that
  ///        were told may yet be refused. No pieces come of a `BestOfN`, of the
  ///        steps of a `ReAct`, from backends that have none, and for a run
  ///        that is answered by another one with its idempotency key.
  execution_id execute_program_async(const record_ref& program, json inputs,
                                     json options, execution_callback done,
                                     chunk_callback on_chunk = {}) const;

  /// @{
  /// Runs a program over many inputs, so many at a time. An item that fails
  /// does not keep the others from running; one that the program refuses as
  /// `overloaded` is tried again when another one has ended. Memory besides
  /// inputs and outputs is bounded by the concurrency.
  /// @returns `invalid_option` for options that cannot hold for a batch;
  ///          everything else is the outcome of single items.
  result<batch_results> execute_batch(const record_ref& program,
                                      std::vector<json> inputs,
                                      batch_options options = {}) const;
  future_result<batch_results>
  execute_batch_async(const record_ref& program, std::vector<json> inputs,
                      batch_options options = {}) const;
  /// @}

  /// @{
  /// Runs a module once, on a program that lists do not show and whose backend
  /// is gone afterwards; the execution stays recorded.
  result<execution_result>
  quick_execute(const std::string& module, json inputs,
                const quick_options& options = {}) const;
  future_result<execution_result>
  quick_execute_async(const std::string& module, json inputs,
                      const quick_options& options = {}) const;
  /// @}

  /// @{
  /// Ends a run as failed (`cancelled`); its place is free when this returns.
  /// `invalid_transition` if it is already finished, `conflict` if another node
  /// runs it.
  result<void> cancel(execution_id id) const;
  future_result<void> cancel_async(execution_id id) const;
  /// @}

  // -- runs by hand -----------------------------------------------------------

  /// @{
  /// Records a `pending` execution for a caller that runs the model itself, of
  /// any program but an `archived` one. Nobody else ever ends it.
  /// @returns `invalid_input` if the inputs do not fit the signature.
  result<execution_record>
  create_execution(const record_ref& program, json inputs,
                   json metadata = json::object()) const;
  future_result<execution_record>
  create_execution_async(const record_ref& program, json inputs,
                         json metadata = json::object()) const;
  /// @}

  /// @{
  /// `pending` -> `running`, else `invalid_transition`. This and the next two
  /// answer `conflict` for an execution that a node runs.
  result<execution_record> mark_running(execution_id id) const;
  future_result<execution_record> mark_running_async(execution_id id) const;
  /// @}

  /// @{
  /// `running` -> `completed`, else `invalid_transition`; `invalid_output` if
  /// the outputs do not fit the signature.
  result<execution_record>
  mark_completed(execution_id id, json outputs,
                 std::chrono::microseconds duration) const;
  future_result<execution_record>
  mark_completed_async(execution_id id, json outputs,
                       std::chrono::microseconds duration) const;
  /// @}

  /// @{
  /// `pending` or `running` -> `failed`, else `invalid_transition`.
  result<execution_record>
  mark_failed(execution_id id, const std::string& error_message,
              std::chrono::microseconds duration,
              errc error_code = errc::backend_failed) const;
  future_result<execution_record>
  mark_failed_async(execution_id id, const std::string& error_message,
                    std::chrono::microseconds duration,
                    errc error_code = errc::backend_failed) const;
  /// @}

  // -- records of runs --------------------------------------------------------

  /// @{
  /// Reads one record; of this node's runs also what is not yet in the store.
  result<execution_record> get_execution(execution_id id) const;
  future_result<execution_record> get_execution_async(execution_id id) const;
  /// @}

  /// @{
  /// Reads one page of a program's executions, newest first.
  /// @param filter its `program` is ignored.
  result<page<execution_record>>
  executions_by_program(const record_ref& program, execution_filter filter = {},
                        const page_request& where = {}) const;
  future_result<page<execution_record>>
  executions_by_program_async(const record_ref& program,
                              execution_filter filter = {},
                              const page_request& where = {}) const;
  /// @}

  /// @{
  /// Reads one page over all programs, newest first.
  result<page<execution_record>>
  list_executions(const execution_filter& filter = {},
                  const page_request& where = {}) const;
  future_result<page<execution_record>>
  list_executions_async(const execution_filter& filter = {},
                        const page_request& where = {}) const;
  /// @}

  /// @{
  /// Reads the newest executions of all programs.
  /// @param limit 1..1000.
  result<page<execution_record>> recent_executions(uint32_t limit = 50) const;
  future_result<page<execution_record>>
  recent_executions_async(uint32_t limit = 50) const;
  /// @}

  /// @{
  /// Drops finished executions that were accepted before a time; the totals of
  /// their programs stay.
  /// @param program of this one only, if set.
  /// @returns how many.
  result<uint64_t> prune(timestamp older_than,
                         const std::optional<record_ref>& program = {}) const;
  future_result<uint64_t>
  prune_async(timestamp older_than,
              const std::optional<record_ref>& program = {}) const;
  /// @}

  // -- any action -------------------------------------------------------------

  /// @{
  /// Asks for an action of `domain()` by name; `invalid_option` names what is
  /// wrong with the arguments.
  result<json> call(const std::string& action, json arguments) const;
  future_result<json> call_async(const std::string& action,
                                 json arguments) const;
  /// @}

  /// Calls `done` once, from a thread that runs actors: it must not block.
  void call_async(const std::string& action, json arguments,
                  call_callback done) const;

private:
  friend class runtime;
  struct impl;
  explicit client(std::shared_ptr<impl> ptr);
  std::shared_ptr<impl> impl_;
};

} // namespace dspex
