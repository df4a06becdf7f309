#pragma once

#include <functional>
#include <string>
#include <vector>

#include <caf/actor_system_config.hpp>

#include "actors/node_context.hpp"
#include "actors/supervisor.hpp"
#include "dspex/adapter.hpp"

namespace dspex {

/// CAF's settings for a node: our message types, our scheduler options, and
/// none of its own command line, files or output.
struct node_config : caf::actor_system_config {
  explicit node_config(const scheduler_settings& scheduler);
};

/// The tree of supervised actors of a node, as `spawn_tree` starts it:
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
/// It stops from the bottom: programs first, the store last.
supervisor_actor
spawn_tree(caf::actor_system& sys, const context_ptr& ctx,
           const std::map<std::string, adapter_factory>& factories,
           bool read_only);

} // namespace dspex
