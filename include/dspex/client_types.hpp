#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/id.hpp"
#include "dspex/json.hpp"
#include "dspex/records.hpp"

/// What the calls of `dspex::client` take and give.
namespace dspex {

/// The outcome of a call that is under way. Destroying it does not wait, and
/// does not end the call.
template <class T>
using future_result = std::future<result<T>>;

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
  record_ref(const strong_id<Tag>& id) : id_(id.value) {
  }
  /// @}

  /// The name or the text of the id.
  [[nodiscard]] std::string text() const {
    return id_ ? to_string(*id_) : text_;
  }

  /// The id, if it was made from one.
  [[nodiscard]] const std::optional<uuid>& id() const noexcept {
    return id_;
  }

private:
  std::string text_;
  std::optional<uuid> id_;
};

// -- signatures ---------------------------------------------------------------

/// More about a module; what is unset keeps its default.
struct module_options {
  /// What the model is asked to do.
  std::string instructions{};
  std::string version = "1.0.0";
  std::string description{};
};

/// New values of a signature record; unset ones stay.
struct signature_changes {
  std::optional<std::string> name{};
  std::optional<std::string> description{};
};

/// The outcome of a module's check.
struct module_report {
  bool valid = false;
  /// Why not; empty if valid.
  std::vector<std::string> reasons;
  /// By adapter type, for a valid module: why that adapter cannot run it; empty
  /// if it can.
  std::map<std::string, std::string> adapters{};
};

// -- programs -----------------------------------------------------------------

/// More about a new program; what is unset keeps its default.
struct program_options {
  /// The module's name unless set.
  std::optional<std::string> name{};
  /// `adapters.default` unless set.
  std::optional<std::string> adapter{};
  /// `modules`, `lm`, `timeout_ms` and so on: docs/architecture.md.
  json configuration = json::object();
  /// Returns a program that already has all this, unless it is `archived` or in
  /// `error`, instead of making a second one; also between processes.
  bool reuse = false;
};

/// New values of a program; unset ones stay.
struct program_changes {
  std::optional<std::string> name{};
  /// Replaces the old one as a whole.
  std::optional<json> configuration{};
};

/// What goes with a program that is destroyed.
struct destroy_options {
  /// Its executions too; without it they keep the program from being
  /// destroyed.
  bool cascade = false;
};

// -- executions ---------------------------------------------------------------

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

/// A run that was started. Movable; not thread safe.
class execution_handle {
public:
  /// @param cancel ends the run early; may outlive every other part.
  execution_handle(execution_id id, future_result<execution_result> outcome,
                   std::function<result<void>()> cancel)
    : id_(id), outcome_(std::move(outcome)), cancel_(std::move(cancel)) {
  }

  /// Under which the run is recorded; known before it is accepted.
  [[nodiscard]] execution_id id() const noexcept {
    return id_;
  }

  /// Waits for the end. The details of an error have `execution_id` and
  /// `duration_ms` if the run was accepted. Call it once. Refused as
  /// `client` says where waiting would block a thread that runs actors; the
  /// outcome can then still be had.
  [[nodiscard]] result<execution_result> get();

  /// For callers that wait with a deadline of their own; instead of `get`.
  [[nodiscard]] future_result<execution_result>& future() noexcept {
    return outcome_;
  }

  /// Ends the run as failed (`cancelled`); see `client::cancel`.
  result<void> cancel() {
    return cancel_();
  }

private:
  execution_id id_;
  future_result<execution_result> outcome_;
  std::function<result<void>()> cancel_;
};

/// How far a batch has come.
struct batch_progress {
  size_t total = 0;
  size_t completed = 0;
  size_t failed = 0;
};

/// How a batch is run.
struct batch_options {
  /// Runs in flight at most, 1..100000.
  size_t concurrency = 16;
  /// For each run, as for `execute_program`; without `execution_id` and
  /// `idempotency_key`, which belong to one run only.
  json options = json::object();
  /// Called when items have ended, the last time when all have. Comes from
  /// threads that run actors, never from two at once: it must not block. What
  /// it throws is logged.
  std::function<void(const batch_progress&)> progress{};
};

/// The outcome of each item, in the order of the inputs.
using batch_results = std::vector<result<execution_result>>;

/// How a module is run without a program of its own.
struct quick_options {
  /// `adapters.default` unless set.
  std::optional<std::string> adapter{};
  /// As for `create_program`.
  json configuration = json::object();
  /// As for `execute_program`.
  json options = {};
};

} // namespace dspex
