#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/id.hpp"
#include "dspex/json.hpp"
#include "dspex/records.hpp"

namespace dspex {

/// Names a record: its id, or a name that only it has.
class record_ref {
public:
  /// @{
  /// Converts from a name, the text of an id, or an id.
  record_ref(std::string text) : text_(std::move(text)) {
  }

  record_ref(const char* text) : text_(text) {
  }

  template <class Tag>
  record_ref(const strong_id<Tag>& id) : text_(to_string(id)) {
  }
  /// @}

  /// The name or the text of the id.
  [[nodiscard]] const std::string& text() const noexcept {
    return text_;
  }

private:
  std::string text_;
};

/// A finished run. Under durability `sync` it is in the store.
struct execution_result {
  execution_id id;
  /// An object with the output fields.
  document outputs;
  int64_t duration_us = 0;
  execution_status status = execution_status::completed;

  /// From acceptance to the end, waiting included.
  [[nodiscard]] double duration_ms() const noexcept {
    return static_cast<double>(duration_us) / 1000.0;
  }
};

/// More about a module; what is unset keeps its default.
struct module_options {
  /// What the model is asked to do.
  std::string instructions{};
  std::string version = "1.0.0";
  std::string description{};
};

/// More about a new program; what is unset keeps its default.
struct program_options {
  /// The module's name unless set.
  std::optional<std::string> name{};
  /// `adapters.default` unless set.
  std::optional<std::string> adapter{};
  /// `modules`, `lm`, `timeout_ms` and so on: docs/architecture.md.
  json configuration = json::object();
};

/// The outcome of a module's check.
struct module_report {
  bool valid = false;
  /// Why not; empty if valid.
  std::vector<std::string> reasons;
};

/// A run that was started.
class execution_handle {
public:
  /// @param cancel ends the run early; may outlive every other part.
  execution_handle(execution_id id,
                   std::future<result<execution_result>> outcome,
                   std::function<result<void>()> cancel)
    : id_(id), outcome_(std::move(outcome)), cancel_(std::move(cancel)) {
  }

  /// Under which the run is recorded; known before it is accepted.
  [[nodiscard]] execution_id id() const noexcept {
    return id_;
  }

  /// Waits for the end. The details of an error have `execution_id` and
  /// `duration_ms` if the run was accepted. Call it once.
  [[nodiscard]] result<execution_result> get() {
    return outcome_.get();
  }

  /// For callers that wait with a deadline of their own; instead of `get`.
  [[nodiscard]] std::future<result<execution_result>>& future() noexcept {
    return outcome_;
  }

  /// Ends the run as failed (`cancelled`).
  result<void> cancel() {
    return cancel_();
  }

private:
  execution_id id_;
  std::future<result<execution_result>> outcome_;
  std::function<result<void>()> cancel_;
};

/// The facade of a node: every action as a call.
///
/// Cheap to copy; thread safe. Calls block until the node has answered and must
/// not be made from a thread that runs actors: use the form with a callback
/// there.
class client {
public:
  /// Takes the end of a run, or why it was not accepted.
  using execution_callback = std::function<void(result<execution_result>)>;

  // -- signatures -------------------------------------------------------------

  /// Makes a named signature known to the process; nothing is recorded yet.
  result<void> define_module(const std::string& module,
                             const std::string& signature,
                             const module_options& options = {}) const;

  /// Records a module as a `draft`; for the same module, version and content
  /// returns the existing record.
  result<signature_record>
  create_signature_from_module(const std::string& module,
                               const std::optional<std::string>& name = {},
                               const std::string& description = {}) const;

  /// Reads one record: `not_found`, or `conflict` for an ambiguous name.
  result<signature_record> get_signature(const record_ref& ref) const;

  /// Reads a page of the records that pass the filter, newest first.
  result<page<signature_record>>
  list_signatures(const signature_filter& filter = {},
                  const page_request& where = {}) const;

  /// Reads a page of those that new programs should use.
  result<page<signature_record>>
  list_active_signatures(const page_request& where = {}) const;

  /// From `draft` to `active`; else `invalid_transition`.
  result<signature_record> activate_signature(const record_ref& ref) const;

  /// From `active` to `deprecated`: no new programs, existing ones go on.
  result<signature_record> deprecate_signature(const record_ref& ref) const;

  /// Whether a module is known and usable; errors only of the store.
  result<bool> validate_module(const std::string& module) const;

  /// Why a module is not usable, every reason at once.
  result<module_report> explain_module(const std::string& module) const;

  // -- programs ---------------------------------------------------------------

  /// Finds or records the module's signature and makes a `draft` program.
  result<program_record>
  create_program(const std::string& module,
                 const program_options& options = {}) const;

  /// Reads one record: `not_found`, or `conflict` for an ambiguous name.
  result<program_record> get_program(const record_ref& ref) const;

  /// Reads a page of the records that pass the filter, newest first.
  result<page<program_record>>
  list_programs(const program_filter& filter = {},
                const page_request& where = {}) const;

  /// Prepares the backend; answers when the program is `ready`, or with the
  /// reason why it is in `error`.
  result<program_record> initialize_program(const record_ref& ref) const;

  /// Refuses new runs at once; running ones finish.
  result<program_record> archive_program(const record_ref& ref) const;

  /// Totals and percentiles of a program; as quick for a long history as for a
  /// short one.
  result<program_statistics>
  get_program_statistics(const record_ref& ref) const;

  // -- executions -------------------------------------------------------------

  /// Runs a program once and waits for its end.
  /// @param inputs an object with the input fields.
  /// @param options `timeout_ms`, `durability`, `metadata`, `execution_id`.
  result<execution_result> execute_program(const record_ref& program,
                                           json inputs,
                                           json options = json::object()) const;

  /// The same for a program of a `Signature` that was checked while compiling.
  template <class Signature>
  result<typename Signature::result>
  execute_program(const record_ref& program,
                  const typename Signature::inputs& inputs,
                  json options = json::object()) const {
    return Signature::read(
      execute_program(program, inputs.values(), std::move(options)));
  }

  /// Starts a run and returns at once; the handle waits, and can cancel.
  [[nodiscard]] execution_handle
  execute_program_async(const record_ref& program, json inputs,
                        json options = json::object()) const;

  /// Calls `done` once, from a thread that runs actors: it must not block.
  execution_id execute_program_async(const record_ref& program, json inputs,
                                     json options,
                                     execution_callback done) const;

  /// Ends a run as failed (`cancelled`); its place is free on return.
  /// `invalid_transition` if it has ended.
  result<void> cancel(execution_id id) const;

  /// Reads one record, also of a run that this node has in flight.
  result<execution_record> get_execution(execution_id id) const;

  /// Reads a page of the history of one program, newest first.
  result<page<execution_record>>
  executions_by_program(const record_ref& program, execution_filter filter = {},
                        const page_request& where = {}) const;

  /// Reads a page of the records that pass the filter, newest first.
  result<page<execution_record>>
  list_executions(const execution_filter& filter = {},
                  const page_request& where = {}) const;
  /// @param limit 1..1000.
  result<page<execution_record>> recent_executions(uint32_t limit = 50) const;

  // -- any action -------------------------------------------------------------

  /// Asks for an action of `domain()` by name.
  result<json> call(const std::string& action, json arguments) const;

private:
  friend class runtime;
  struct impl;
  explicit client(std::shared_ptr<impl> ptr);
  std::shared_ptr<impl> impl_;
};

} // namespace dspex
