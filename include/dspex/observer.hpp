#pragma once

#include <optional>
#include <string>

#include "dspex/error.hpp"
#include "dspex/records.hpp"

namespace dspex {

/// Receives what happens in a node, to feed metrics, traces or alarms of the
/// embedder. Derive from it, override what is of interest, and hand it to
/// `runtime_options::observer`.
///
///     class latency_log : public dspex::observer {
///       void on_execution_stop(const dspex::execution_record& x) override {
///         histogram_.add(*x.duration_us);
///       }
///       ...
///     };
///
/// Each accepted execution is one start, and then one stop or one exception.
/// Both come at the moment when the run ends; its record may not be in the
/// store yet.
///
/// The functions are called from threads of the node, several at a time. They
/// must not block, nor wait for the node: while one runs, a program or a
/// supervisor does nothing else. An exception that leaves one is logged and
/// counted (`runtime_metrics::observer_failures`) and does no harm. Arguments
/// live until the call returns; inputs and outputs are shared, so that a copy
/// of a record is cheap.
class observer {
public:
  observer() = default;
  observer(const observer&) = delete;
  observer& operator=(const observer&) = delete;
  virtual ~observer() = default;

  /// A program accepted a run, which is `pending`. The inputs are as the caller
  /// sent them and may turn out to be invalid.
  virtual void on_execution_start(const execution_record&) {
  }

  /// A run ended well: `completed`, with outputs and duration.
  virtual void on_execution_stop(const execution_record&) {
  }

  /// A run ended badly: `failed`, with code, message and duration. The code is
  /// `internal` if its program crashed.
  virtual void on_execution_exception(const execution_record&) {
  }

  /// A supervised actor ended and is started again.
  /// @param child the name of the actor, e.g. `execution_tracker`.
  virtual void on_restart([[maybe_unused]] const std::string& child) {
  }

  /// The node has ended. This is called once, after everything else.
  /// @param why is nothing after `runtime::shutdown`, else what the root
  ///        supervisor gave up on. In that case the node answers nothing any
  ///        more, and the embedder should shut it down and start another, or
  ///        end.
  virtual void on_node_end([[maybe_unused]] const std::optional<error>& why) {
  }
};

} // namespace dspex
