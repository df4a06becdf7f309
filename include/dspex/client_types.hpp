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

/// @file
/// Types that the calls of `dspex::client` take and give.
namespace dspex {

/// The outcome of a call that is under way. Destroying it does not wait, and
/// does not end the call.
template <class T>
using future_result = std::future<result<T>>;

/// Names a record by its id, or by a name that only that record has.
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

  /// Returns the name, or the text of the id.
  [[nodiscard]] std::string text() const {
    return id_ ? to_string(*id_) : text_;
  }

  /// Returns the id, if the reference was made from one.
  [[nodiscard]] const std::optional<uuid>& id() const noexcept {
    return id_;
  }

private:
  std::string text_;
  std::optional<uuid> id_;
};

// -- signatures ---------------------------------------------------------------

/// More about a new module; an unset member keeps its default.
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
  /// Why the module is not valid; empty if it is.
  std::vector<std::string> reasons;
  /// Why an adapter cannot run a valid module, by adapter type; empty if it
  /// can.
  std::map<std::string, std::string> adapters{};
};

// -- programs -----------------------------------------------------------------

/// More about a new program; an unset member keeps its default.
struct program_options {
  /// The program's name; the module's unless set.
  std::optional<std::string> name{};
  /// The type of the adapter; `adapters.default` unless set.
  std::optional<std::string> adapter{};
  /// How the program runs. It is recorded, and holds no secrets. The keys, with
  /// their defaults:
  ///
  /// - `modules`, `lm`, `tools`: what the adapter has to know. docs/models.md,
  ///   docs/dspy.md and docs/python_port.md describe it.
  /// - `durability` (`"sync"`): whether a run is answered once its record is
  ///   committed, or, with `"async"`, as soon as it has ended.
  /// - `timeout_ms` (60000): the deadline of a whole run, waiting included.
  /// - `max_concurrency` (16): runs at the same time, per node.
  /// - `max_queue` (1000): runs that may wait beyond these.
  /// - `retry.max_attempts` (1): attempts of a run, 1..10, while its backend is
  ///   unavailable or overloaded.
  /// - `init_timeout_ms` (60000): how long preparing the backend may take.
  /// - `drain_timeout_ms` (30000): how long running executions may go on when
  ///   the program is archived.
  json configuration = json::object();
  /// Whether to return a program that already has all this, instead of making a
  /// second one; also between processes. Programs that are `archived` or in
  /// `error` do not count.
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
  /// Whether its executions go too; otherwise they keep the program from being
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

  /// Returns the time from acceptance to the end, waiting included.
  [[nodiscard]] double duration_ms() const noexcept {
    return static_cast<double>(duration_us) / 1000.0;
  }
};

/// The id of the record of a run that failed with `why`, or nothing if the run
/// was refused before it had a record.
[[nodiscard]] std::optional<execution_id> recorded_execution(const error& why);

/// A run that was started. Movable; not thread safe.
class execution_handle {
public:
  /// @param cancel ends the run early; may outlive every other part.
  execution_handle(execution_id id, future_result<execution_result> outcome,
                   std::function<result<void>()> cancel)
    : id_(id), outcome_(std::move(outcome)), cancel_(std::move(cancel)) {
  }

  /// Returns the id under which the run is recorded. It is known before the run
  /// is accepted.
  [[nodiscard]] execution_id id() const noexcept {
    return id_;
  }

  /// Waits for the end of the run. Call it once. If the run was accepted, the
  /// details of an error have `execution_id` and `duration_ms`;
  /// `recorded_execution` reads the former. On a thread that runs actors the
  /// call is refused, as `client` says, and the outcome can still be had
  /// elsewhere.
  [[nodiscard]] result<execution_result> get();

  /// Gives callers that wait with a deadline of their own the outcome; to be
  /// used instead of `get`.
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
  /// The options of each run, as for `execute_program`; without `execution_id`
  /// and `idempotency_key`, which belong to one run only.
  json options = json::object();
  /// Called when items have ended, the last time when all have. The calls come
  /// from threads that run actors, never from two at once, and must not block.
  /// What it throws is logged.
  std::function<void(const batch_progress&)> progress{};
};

/// The outcome of each item, in the order of the inputs.
using batch_results = std::vector<result<execution_result>>;

/// How a module is run without a program of its own.
struct quick_options {
  /// The type of the adapter; `adapters.default` unless set.
  std::optional<std::string> adapter{};
  /// The same as `program_options::configuration`.
  json configuration = json::object();
  /// The same options as for `execute_program`.
  json options = {};
};

} // namespace dspex
