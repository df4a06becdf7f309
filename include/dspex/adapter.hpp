#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "dspex/any_signature.hpp"
#include "dspex/error.hpp"
#include "dspex/field_chunk.hpp"
#include "dspex/id.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// What a backend has to know about a program. Immutable and shared.
struct backend_program {
  program_id id;
  /// The attempt that made it; a reinitialized program has a higher one.
  int64_t generation = 0;
  std::string module;
  std::string version;
  dspex::any_signature signature;
  /// `modules`, `lm` and `tools` of the program's configuration.
  json configuration = json::object();
};

/// One run of a program on a backend.
struct backend_run {
  execution_id id;
  std::shared_ptr<const backend_program> program;
  /// Valid against the signature.
  document inputs;
  /// The program answers its caller at this time at the latest: a backend need
  /// not do anything for the run afterwards.
  std::chrono::steady_clock::time_point deadline;
  /// 1 for the first try.
  int32_t attempt = 1;
  /// Set if somebody wants the outputs piece by piece; a backend need not have
  /// pieces. Called from any thread, but not from two at a time, and not after
  /// the run's own callback.
  chunk_callback on_chunk = {};
};

/// How a run ended.
struct backend_reply {
  /// An object with the output fields, not yet validated, or
  /// `backend_failed`, `backend_unavailable`, `overloaded`, `invalid_output`,
  /// `timeout`, `cancelled`.
  result<json> outputs;
  /// Goes into the record in either case: `lm` usage, the raw reply of a model
  /// that could not be read, and so on. An object, or null if there is nothing;
  /// anything else is kept under `raw_metadata`.
  json metadata = nullptr;
};

/// How much a message of an adapter matters.
enum class severity { debug, info, warn, error };

/// What an adapter may ask of the node it runs in. Thread safe.
class adapter_host {
public:
  virtual ~adapter_host() = default;

  /// Calls `task` once after `delay`, from the thread that calls the adapter's
  /// methods; never after the adapter is destroyed. In tests time is virtual.
  virtual void after(std::chrono::nanoseconds delay, std::function<void()> task)
    = 0;

  /// Writes to the node's log; `fields` is an object: what the event is about.
  virtual void log(severity, std::string_view /* message */,
                   const json& /* fields */) {
    // A host without a log drops the message; that of a node has one.
  }

  /// Counts a restart of something that the adapter itself keeps running, a
  /// process say, in `runtime_metrics::restarts`.
  virtual void count_restart(const std::string& /* part */) {
    // A host without metrics does not count; that of a node has them.
  }
};

/// A backend that runs programs: how models are reached.
///
/// The front actor of the adapter owns the object and calls its methods from
/// one thread at a time. No method blocks. A callback may be called from any
/// thread, also from within the method, and at most once. If the callback of a
/// run is never called, its program answers the caller at the deadline of the
/// run. After the destructor has returned no callback is called. An exception
/// from a method ends this incarnation: programs answer the runs that they had
/// on it with `backend_unavailable`, and a new adapter is made. An adapter that
/// does not know a program (any more) makes it again from
/// `backend_run::program`: `ready` never answers "not found".
class adapter {
public:
  /// Takes the backend's id for a program, or why there is none.
  using create_callback = std::function<void(result<std::string>)>;
  /// Takes the end of a run.
  using run_callback = std::function<void(backend_reply)>;

  virtual ~adapter() = default;

  /// Whether this backend can run such programs; the error says why not.
  [[nodiscard]] virtual result<void> check(const any_signature& sig,
                                           const json& configuration) const = 0;

  /// Prepares the program; answers with the backend's own id for it.
  virtual void create_program(std::shared_ptr<const backend_program> program,
                              create_callback done)
    = 0;

  /// Starts a run; `done` is called at its end.
  virtual void execute(backend_run run, run_callback done) = 0;

  /// Ends a run early if it is still there; its callback need not be called.
  virtual void cancel(execution_id id) = 0;

  /// Forgets a program. A program that is not there is fine. If it throws, that
  /// is logged and tried again later; this incarnation goes on.
  virtual void delete_program(const std::string& backend_program_id) = 0;
};

/// Makes one incarnation of an adapter; called again after a crash. May throw:
/// that is a failed start. `host` outlives the adapter.
using adapter_factory
  = std::function<std::unique_ptr<adapter>(adapter_host& host)>;

} // namespace dspex
