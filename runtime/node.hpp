#pragma once

#include <functional>
#include <string>
#include <vector>

#include <caf/actor_system_config.hpp>

#include "actors/node/context.hpp"
#include "actors/supervisor/supervisor.hpp"
#include "dspex/adapter.hpp"

namespace dspex {

/// CAF's settings for a node: our message types, our scheduler options, and
/// none of its own command line, files or output.
struct node_config : caf::actor_system_config {
  explicit node_config(const scheduler_settings& scheduler);
};

/// The root of a node's actors.
struct node_tree {
  supervisor_actor root;
  /// How long an ordered stop of the root takes at most.
  caf::timespan stop_limit{0};
};

/// Starts the tree of supervised actors of a node:
///
///     root                 one_for_one
///     |- gateway
///     |- storage           one_for_one
///     |  |- store_pool
///     |  |- execution_tracker
///     |  `- sweeper        (not in a read-only node)
///     |- signature_registry
///     |- adapters          one_for_one: a front each
///     `- program_manager   wakes programs
///
/// No branch needs a strategy for groups: actors find each other by name for
/// each message, so that no child holds on to a sibling that was replaced.
///
/// It stops from the bottom: programs first, the store last. Five failed starts
/// in 30 seconds are forgiven below the root, three in 60 seconds at the root.
/// When the root ends, callers receive `shutting_down`.
node_tree spawn_tree(caf::actor_system& sys, const context_ptr& ctx,
                     const std::map<std::string, adapter_factory>& factories,
                     bool read_only);

} // namespace dspex
