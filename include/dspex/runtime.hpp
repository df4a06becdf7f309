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

/// What a node is started with.
struct runtime_options {
  /// Wins over `config.store.url` unless empty.
  std::string store_url{};
  configuration config{};
  /// Backends of the embedder, by adapter type (`^[a-z][a-z0-9_]{0,62}$`);
  /// beside `native` and `mock`, or instead of them.
  std::map<std::string, adapter_factory> adapters{};
  /// What ReAct programs of the native backend may call, by `tools` of their
  /// configuration.
  std::vector<tool> tools{};
  /// What BestOfN programs of the native backend judge by, by the name that
  /// `modules.arguments.reward` of their configuration has.
  std::map<std::string, reward_function> rewards{};
  /// Modules of the embedder, e.g. `triage::definition()`. They win over
  /// modules of that name from calls, files and the store.
  std::vector<module_definition> modules{};
  /// Neither writes, nor owns anything, nor closes what dead nodes left: for
  /// commands that only read. The store must exist.
  bool read_only = false;
  /// Hears of executions, restarts and the end; kept until the node and its
  /// clients are gone. None by default.
  std::shared_ptr<dspex::observer> observer{};
  /// How long `shutdown` lets running executions finish before it records them
  /// as failed (`shutting_down`).
  std::chrono::milliseconds drain_limit{10'000};
};

/// A node: the tree of actors, its store and its backends, in this process.
///
/// `start` returns when everything is up and what dead nodes left behind is
/// closed. The destructor shuts down. Movable; the members are thread safe,
/// clients may outlive the runtime and then answer `shutting_down`.
class runtime {
public:
  /// @returns `invalid_option` for options out of range, `invalid_signature`
  ///          for a module of them, `store_unavailable` and others for a store
  ///          that cannot be opened.
  [[nodiscard]] static result<runtime> start(runtime_options options);

  /// The node moves; the object it leaves is only good for being destroyed or
  /// assigned to.
  runtime(runtime&&) noexcept;

  /// Shuts down the node that was here before.
  runtime& operator=(runtime&&) noexcept;

  /// Shuts down.
  ~runtime();

  /// Makes a client of this node.
  [[nodiscard]] dspex::client client() const;

  /// The identity of this node in records.
  [[nodiscard]] node_id node() const;

  /// What the node has counted since its start; also after `shutdown`. Costs
  /// some dozen loads, so that it may be read every second.
  [[nodiscard]] runtime_metrics metrics() const;

  /// Where models are asked unless a program says otherwise: `lm.base_url`, or
  /// the address of the simulated model if that is `sim:`.
  [[nodiscard]] std::string lm_base_url() const;

  /// Takes nothing new, lets running executions finish for
  /// `runtime_options::drain_limit`, records the others as failed, commits
  /// everything, and ends. Never hangs; a second call does nothing.
  void shutdown();

private:
  friend struct runtime_internals;
  struct impl;
  explicit runtime(std::unique_ptr<impl> ptr);
  std::unique_ptr<impl> impl_;
};

} // namespace dspex
