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

/// The facade of a node offers every action as a call.
///
///     auto ask = node.client();
///     ask.define_module("Qa", "question -> answer");
///     auto program = ask.create_program("Qa")->id;
///     ask.initialize_program(program);
///     auto run = ask.execute_program(program, {{"question", "6 * 7?"}});
///
/// A client is cheap to copy and thread safe. Each call has two forms. `x`
/// waits until the node has answered; on a thread that runs actors it is
/// refused with `invalid_transition` and nothing is sent, because the answer
/// might need that very thread. `x_async` takes the same arguments and returns
/// at once; its future is ready when the node has answered, and must not be
/// waited for on such a thread. Inside actors use the forms that take a
/// callback.
///
/// Besides the errors that stand at a call, each answers `not_found` for a
/// record that is not there, `conflict` for a name that several records have
/// (listing their ids), `store_unavailable` while the store does not answer,
/// and `shutting_down` once the node ends; docs/errors.md tells what to do
/// about each code.
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
  /// Records a module as a `draft`. If the same module, version and content are
  /// recorded already, returns that record and ignores the other arguments.
  /// @param version replaces the module's own version if set.
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
  /// Deletes the record.
  /// @returns `conflict` while a program refers to it.
  result<void> destroy_signature(const record_ref& ref) const;
  future_result<void> destroy_signature_async(const record_ref& ref) const;
  /// @}

  /// @{
  /// Moves a signature from `draft` to `active`.
  /// @returns `invalid_transition` in another state.
  result<signature_record> activate_signature(const record_ref& ref) const;
  future_result<signature_record>
  activate_signature_async(const record_ref& ref) const;
  /// @}

  /// @{
  /// Moves a signature from `active` to `deprecated`: no new program can be
  /// made on it, existing ones go on.
  /// @returns `invalid_transition` in another state.
  result<signature_record> deprecate_signature(const record_ref& ref) const;
  future_result<signature_record>
  deprecate_signature_async(const record_ref& ref) const;
  /// @}

  /// @{
  /// Tells whether a module is known and usable.
  /// @returns an error only for a fault of the node itself.
  result<bool> validate_module(const std::string& module) const;
  future_result<bool> validate_module_async(const std::string& module) const;
  /// @}

  /// @{
  /// Does the same as `validate_module`, and gives the reasons.
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
  /// Changes the name, unless the program is `archived`, or the configuration.
  /// A `ready` program uses the new one from its next run on, and keeps its
  /// `modules`, `lm` and `tools`.
  /// @returns `conflict` for a change that needs `reinitialize_program`, and
  /// while the
  ///          program is `initializing`.
  result<program_record> update_program(const record_ref& ref,
                                        const program_changes& changes) const;
  future_result<program_record>
  update_program_async(const record_ref& ref,
                       const program_changes& changes) const;
  /// @}

  /// @{
  /// Deletes a `draft` or `archived` program.
  /// @returns `conflict` in other states, while the program drains, and if it
  /// has
  ///          executions that are not to go with it.
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
  /// Archives a program: it refuses new runs at once, and running ones finish
  /// or are cancelled after `drain_timeout_ms`.
  /// @returns `conflict` while the program is `initializing`.
  result<program_record> archive_program(const record_ref& ref) const;
  future_result<program_record>
  archive_program_async(const record_ref& ref) const;
  /// @}

  /// @{
  /// Reads a program's record and its statistics. The statistics are read after
  /// the record, hence may be a few executions ahead.
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

  /// Does the same for a program of a `Signature` that was checked while
  /// compiling.
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

  /// Starts a run and calls `done` once, when it has ended, from a thread that
  /// runs actors: `done` must not block.
  /// @param on_chunk takes the outputs piece by piece while the model writes
  ///        them, from such threads too, one piece at a time and none after
  ///        `done` was called or the run was cancelled. If it throws, the
  ///        exception is logged and no more pieces come. Only the end counts:
  ///        outputs may be refused after their pieces came. A `BestOfN`, the
  ///        steps of a `ReAct`, some backends, and a run that is answered by
  ///        another one with its idempotency key send no pieces.
  execution_id execute_program_async(const record_ref& program, json inputs,
                                     json options, execution_callback done,
                                     chunk_callback on_chunk = {}) const;

  /// @{
  /// Runs a program over many inputs, a bounded number at a time. An item that
  /// fails does not keep the others from running; one that the program refuses
  /// as `overloaded` is tried again when another one has ended. Memory besides
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
  /// @returns `invalid_transition` if the run is already finished, `conflict`
  /// if
  ///          another node runs it.
  result<void> cancel(execution_id id) const;
  future_result<void> cancel_async(execution_id id) const;
  /// @}

  // -- runs by hand -----------------------------------------------------------

  /// @{
  /// Records a `pending` execution for a caller that runs the model itself. The
  /// program may be in any state but `archived`. Only the caller ends such an
  /// execution.
  /// @returns `invalid_input` if the inputs do not fit the signature.
  result<execution_record>
  create_execution(const record_ref& program, json inputs,
                   json metadata = json::object()) const;
  future_result<execution_record>
  create_execution_async(const record_ref& program, json inputs,
                         json metadata = json::object()) const;
  /// @}

  /// @{
  /// Moves an execution from `pending` to `running`.
  /// @returns `invalid_transition` in another state; `conflict`, as the next
  /// two
  ///          calls, for an execution that a node runs.
  result<execution_record> mark_running(execution_id id) const;
  future_result<execution_record> mark_running_async(execution_id id) const;
  /// @}

  /// @{
  /// Moves an execution from `running` to `completed`.
  /// @returns `invalid_transition` in another state; `invalid_output` if the
  ///          outputs do not fit the signature.
  result<execution_record>
  mark_completed(execution_id id, json outputs,
                 std::chrono::microseconds duration) const;
  future_result<execution_record>
  mark_completed_async(execution_id id, json outputs,
                       std::chrono::microseconds duration) const;
  /// @}

  /// @{
  /// Moves an execution from `pending` or `running` to `failed`.
  /// @returns `invalid_transition` in another state.
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
  /// Reads one record. A run of this node is found before it is in the store.
  result<execution_record> get_execution(execution_id id) const;
  future_result<execution_record> get_execution_async(execution_id id) const;
  /// @}

  /// @{
  /// Reads one page of a program's executions, newest first.
  /// @param filter says which, but its `program` is ignored.
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
  /// @param limit how many, 1..1000.
  result<page<execution_record>> recent_executions(uint32_t limit = 50) const;
  future_result<page<execution_record>>
  recent_executions_async(uint32_t limit = 50) const;
  /// @}

  /// @{
  /// Drops finished executions that were accepted before a time; the totals of
  /// their programs stay.
  /// @param program limits it to the executions of this program, if set.
  /// @returns how many were dropped.
  result<uint64_t> prune(timestamp older_than,
                         const std::optional<record_ref>& program = {}) const;
  future_result<uint64_t>
  prune_async(timestamp older_than,
              const std::optional<record_ref>& program = {}) const;
  /// @}

  // -- any action -------------------------------------------------------------

  /// @{
  /// Asks for an action of `domain()` by name.
  /// @returns `invalid_option` naming what is wrong with the arguments.
  result<json> call(const std::string& action, json arguments) const;
  future_result<json> call_async(const std::string& action,
                                 json arguments) const;
  /// @}

  /// Does the same and calls `done` once, from a thread that runs actors:
  /// `done` must not block.
  void call_async(const std::string& action, json arguments,
                  call_callback done) const;

private:
  friend class runtime;
  struct impl;
  explicit client(std::shared_ptr<impl> ptr);
  std::shared_ptr<impl> impl_;
};

} // namespace dspex
