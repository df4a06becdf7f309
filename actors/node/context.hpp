#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "actors/node/awake_programs.hpp"
#include "actors/node/background.hpp"
#include "actors/node/in_flight_runs.hpp"
#include "actors/node/metrics.hpp"
#include "actors/node/module_table.hpp"
#include "actors/node/slot.hpp"
#include "dspex/config.hpp"
#include "dspex/domain.hpp"
#include "dspex/observer.hpp"
#include "messages/actors.hpp"

namespace dspex {

/// Whether a caller may do what an action asks. Called from any thread.
using policy
  = std::function<result<void>(const std::string& caller, const action& what)>;

/// The policy of a node without roles.
[[nodiscard]] inline policy allow_all() {
  return [](const std::string&, const action&) -> result<void> { return {}; };
}

/// What the actors of one node share: registered names, settings, the modules
/// and two flags. Made by the runtime before the first actor, immutable but for
/// the members that say otherwise; every member is thread safe.
struct node_context {
  /// The identity of this process in records.
  node_id node;
  configuration config;
  std::shared_ptr<database> store;
  /// How long a stopping node lets running executions finish.
  std::chrono::milliseconds drain_limit{10'000};
  policy may = allow_all();
  /// The observer of the embedder, or null. `actors/node/telemetry.hpp` calls
  /// it.
  std::shared_ptr<dspex::observer> observer;

  // -- registered names -------------------------------------------------------

  slot<local_gateway_actor> gateway;
  slot<store_pool_actor> pool;
  slot<execution_tracker_actor> tracker;
  slot<signature_registry_actor> registry;
  slot<program_manager_actor> manager;
  /// One per adapter type; the keys never change.
  std::map<std::string, slot<adapter_actor>> adapters;
  awake_programs awake;

  // -- shared state that survives its actors ----------------------------------

  /// Signature modules known to the process.
  module_table modules;
  node_metrics metrics;
  /// Runs that have no committed end yet.
  in_flight_runs in_flight{metrics.tracker_backlog};
  /// Runs what must not run inside its caller's call.
  background tasks;
  /// Set while the tracker holds more than its backlog allows: programs answer
  /// `overloaded`.
  std::atomic<bool> saturated = false;
  /// Set when the node stops or has ended: nothing new is accepted.
  std::atomic<bool> stopping = false;
  /// Set when the observer was told that the node has ended.
  std::atomic<bool> end_told = false;
};

using context_ptr = std::shared_ptr<node_context>;

/// `node_context::stopping`, for who may outlive the node.
[[nodiscard]] inline std::shared_ptr<const std::atomic<bool>>
stopping_flag(const context_ptr& ctx) {
  return {ctx, &ctx->stopping};
}

/// How long anybody waits for an answer of the store pool: the statement's own
/// timeout, and as much again for the queue in front of it.
[[nodiscard]] inline std::chrono::milliseconds
store_deadline(const node_context& ctx) {
  return 2 * ctx.config.store.timeout;
}

} // namespace dspex
