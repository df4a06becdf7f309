#include "runtime/node.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/defaults.hpp>

#include "actors/adapter_front.hpp"
#include "actors/gateway.hpp"
#include "actors/node/telemetry.hpp"
#include "actors/program_manager/program_manager.hpp"
#include "actors/signature_registry.hpp"
#include "actors/store_pool/store_pool.hpp"
#include "actors/sweeper.hpp"
#include "actors/tracker/tracker.hpp"
#include "runtime/actor_threads.hpp"

namespace dspex {

namespace {

// How long the tracker may take to commit what is left, with a store that
// answers slowly.
constexpr auto flush_limit = std::chrono::seconds{10};

// What a supervisor gets beyond the time of its children, so that it kills a
// child that is late before it is killed itself.
constexpr auto stop_margin = std::chrono::seconds{5};

/// A child that registers its handle in a slot.
template <class Handle, class Spawn>
child_spec registered(std::string name, slot<Handle>& place, context_ptr ctx,
                      Spawn spawn) {
  auto result = child_spec{};
  result.name = std::move(name);
  // The context owns the slot and has to live as long as the supervisor.
  result.start = [&place, ctx, spawn](caf::actor_system& sys) {
    Handle handle = spawn(sys);
    place.set(handle);
    return caf::actor_cast<caf::actor>(handle);
  };
  result.on_down = [&place, ctx] { place.clear(); };
  return result;
}

supervisor_options options_for(std::string name, const context_ptr& ctx) {
  auto result = supervisor_options{};
  result.seed = std::hash<std::string>{}(name)
                ^ std::hash<node_id>{}(ctx->node);
  result.name = std::move(name);
  result.observe = [ctx](const child_event& x) {
    if (x.what == child_event::kind::started && x.incarnation > 1)
      note_restart(*ctx, x.child);
  };
  return result;
}

child_spec subtree(const std::string& name, const context_ptr& ctx,
                   std::function<std::vector<child_spec>()> specs) {
  auto result = child_spec{};
  result.name = name;
  result.shutdown_timeout = stop_time(specs()) + stop_margin;
  result.is_supervisor = true;
  result.start = [name, ctx, specs](caf::actor_system& sys) {
    return caf::actor_cast<caf::actor>(
      sys.spawn(supervisor, options_for(name, ctx), specs()));
  };
  return result;
}

std::vector<child_spec> storage(const context_ptr& ctx, bool read_only) {
  auto result = std::vector<child_spec>{};
  result.push_back(
    registered("store_pool", ctx->pool, ctx, [ctx](caf::actor_system& sys) {
      return sys.spawn(store_pool, ctx);
    }));
  result.push_back(registered("execution_tracker", ctx->tracker, ctx,
                              [ctx](caf::actor_system& sys) {
                                return sys.spawn(execution_tracker, ctx);
                              }));
  result.back().shutdown_timeout = flush_limit;
  if (!read_only) {
    auto spec = child_spec{};
    spec.name = "sweeper";
    spec.start = [ctx](caf::actor_system& sys) {
      return caf::actor_cast<caf::actor>(sys.spawn(sweeper, ctx));
    };
    result.push_back(std::move(spec));
  }
  return result;
}

std::vector<child_spec>
adapter_fronts(const context_ptr& ctx,
               const std::map<std::string, adapter_factory>& factories) {
  auto result = std::vector<child_spec>{};
  for (auto& [type, make] : factories)
    result.push_back(registered("adapter " + type, ctx->adapters.at(type), ctx,
                                [make = make, ctx](caf::actor_system& sys) {
                                  auto note = [ctx](const std::string& part) {
                                    note_restart(*ctx, part);
                                  };
                                  return sys.spawn(adapter_front, make, note);
                                }));
  return result;
}

} // namespace

node_config::node_config(const scheduler_settings& scheduler) {
  dspex::add_message_types(*this);
  add_thread_hook<actor_thread_mark>();
  set("scheduler.policy", caf::atom_from_string(scheduler.policy));
  set("scheduler.max-throughput", scheduler.max_throughput);
  // CAF would start at least four threads, also on a machine with fewer cores.
  auto cores = std::max(size_t{std::thread::hardware_concurrency()}, size_t{1});
  set("scheduler.max-threads",
      scheduler.threads > 0 ? scheduler.threads : cores);
  set("logger.verbosity", caf::atom("quiet"));
}

node_tree spawn_tree(caf::actor_system& sys, const context_ptr& ctx,
                     const std::map<std::string, adapter_factory>& factories,
                     bool read_only) {
  for (auto& [type, _] : factories)
    ctx->adapters[type];
  auto children = std::vector<child_spec>{};
  children.push_back(
    registered("gateway", ctx->gateway, ctx,
               [ctx](caf::actor_system& s) { return s.spawn(gateway, ctx); }));
  children.push_back(
    subtree("storage", ctx, [=] { return storage(ctx, read_only); }));
  children.push_back(registered(
    "signature_registry", ctx->registry, ctx,
    [ctx](caf::actor_system& s) { return s.spawn(signature_registry, ctx); }));
  children.push_back(
    subtree("adapters", ctx, [=] { return adapter_fronts(ctx, factories); }));
  children.push_back(registered(
    "program_manager", ctx->manager, ctx,
    [ctx](caf::actor_system& s) { return s.spawn(program_manager, ctx); }));
  children.back().shutdown_timeout = ctx->drain_limit + flush_limit;
  auto options = options_for("root", ctx);
  // A supervisor that gives up is a failed start for its parent, so intensities
  // multiply over the levels: the root's is low, over a longer time.
  options.intensity = 3;
  options.period = std::chrono::seconds{60};
  auto stop_limit = stop_time(children) + stop_margin;
  auto root = sys.spawn(supervisor, options, std::move(children));
  // A node without its root takes no more requests, whatever ended the root.
  caf::actor_cast<caf::abstract_actor*>(root)->attach_functor(
    [ctx] { ctx->stopping = true; });
  return {root, stop_limit};
}

} // namespace dspex
