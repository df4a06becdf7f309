#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dspex/adapter.hpp"
#include "dspex/client.hpp"
#include "dspex/config.hpp"
#include "dspex/error.hpp"
#include "dspex/metrics.hpp"
#include "dspex/module_definition.hpp"
#include "dspex/observer.hpp"
#include "dspex/tool.hpp"

namespace dspex {

/// The options that a node is started with.
struct runtime_options {
  /// Replaces `config.store.url` unless empty.
  std::string store_url{};
  configuration config{};
  /// Backends of the embedder, by adapter type (`^[a-z][a-z0-9_]{0,62}$`). They
  /// stand beside `native`, `python_port` and `mock`, or replace them.
  std::map<std::string, adapter_factory> adapters{};
  /// The tools that `ReAct` programs of the native backend may call. Each
  /// program names its own in `tools` of its configuration.
  std::vector<tool> tools{};
  /// The functions that `BestOfN` programs of the native backend judge by. Each
  /// program names its own in `modules.arguments.reward` of its configuration.
  std::map<std::string, reward_function> rewards{};
  /// Modules of the embedder, e.g. `triage::definition()`. They win over
  /// modules of that name from calls, files and the store.
  std::vector<module_definition> modules{};
  /// Whether the node only reads: it neither writes, nor runs programs, nor
  /// closes what dead nodes left. The store must exist.
  bool read_only = false;
  /// Receives executions, restarts and the end of the node. The node keeps it
  /// until its clients are gone, too.
  std::shared_ptr<dspex::observer> observer{};
  /// How long `shutdown` lets running executions finish before it records them
  /// as failed (`shutting_down`).
  std::chrono::milliseconds drain_limit{10'000};
};

/// A node is a tree of actors with its store and its backends, in this process.
///
///     auto node = dspex::runtime::start({.store_url = "memory:"});
///     if (!node)
///       return report(node.error());
///     auto answer = node->client().quick_execute(
///       "Math.Sum", {{"a", 1}, {"b", 2}}, {.adapter = "mock"});
///
/// `start` returns when everything is up and what dead nodes left behind is
/// closed. The destructor shuts down. A runtime is movable and its members are
/// thread safe. Clients may outlive the runtime and then answer
/// `shutting_down`.
class runtime {
public:
  /// Starts a node.
  /// @returns `invalid_option` for options out of range, `invalid_signature`
  ///          for one of `runtime_options::modules`, `store_unavailable` and
  ///          others for a store that cannot be opened.
  [[nodiscard]] static result<runtime> start(runtime_options options);

  /// Takes a node over. The object that it leaves can only be destroyed or
  /// assigned to.
  runtime(runtime&&) noexcept;

  /// Shuts down the node that was here before.
  runtime& operator=(runtime&&) noexcept;

  /// Shuts down.
  ~runtime();

  /// Makes a client of this node.
  [[nodiscard]] dspex::client client() const;

  /// Returns the identity of this node in records.
  [[nodiscard]] node_id node() const;

  /// Returns what the node has counted since its start, also after `shutdown`.
  /// A call costs some dozen loads, so that it may be made every second.
  [[nodiscard]] runtime_metrics metrics() const;

  /// Returns the server of programs that name none: `lm.base_url`, or the
  /// address of the simulated model if that is `sim:`.
  [[nodiscard]] std::string lm_base_url() const;

  /// Shuts the node down: it takes nothing new, lets running executions finish
  /// for `runtime_options::drain_limit`, records the others as failed, commits
  /// everything, and ends. A call never hangs; a second one does nothing.
  void shutdown();

private:
  friend struct runtime_internals;
  struct impl;
  explicit runtime(std::unique_ptr<impl> ptr);
  std::unique_ptr<impl> impl_;
};

} // namespace dspex
