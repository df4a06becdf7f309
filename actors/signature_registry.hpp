#pragma once

#include <functional>
#include <string>

#include <caf/stateful_actor.hpp>

#include "actors/node/context.hpp"
#include "messages/promise.hpp"

namespace dspex {

/// Defines signature modules, records them, and moves their records through
/// their lifecycle. What it knows lives in `node_context::modules` and in the
/// store: a crash loses nothing.
class signature_registry_state {
public:
  static constexpr const char* name = "dspex.signature_registry";

  signature_registry_actor::behavior_type init(
    signature_registry_actor::stateful_pointer<signature_registry_state> self,
    context_ptr ctx);

private:
  using module_callback = std::function<void(result<signature_module>)>;

  caf::result<document> handle(const action_request& request);
  result<document> define(const json& arguments);
  void create(const json& arguments, const promise<document>& answer);
  void record_signature(const signature_module& mod, const json& arguments,
                        const promise<document>& answer);
  void explain(const json& arguments, const promise<document>& answer);
  /// Adds to a report which adapters can run the signature.
  void ask_adapters(const any_signature& sig, json report,
                    const promise<document>& answer);
  void get(const json& arguments, const promise<document>& answer);
  void list(const json& arguments, const promise<document>& answer);
  void transition(const json& arguments, signature_action action,
                  const promise<document>& answer);
  void update(const json& arguments, const promise<document>& answer);
  void destroy(const json& arguments, const promise<document>& answer);
  /// Finds a module in the process, else its highest version in the store that
  /// is not deprecated.
  void with_module(const std::string& module, module_callback then);
  /// Finds the record behind an id, or behind a module name with one version.
  void with_record(const std::string& ref,
                   std::function<void(result<signature_record>)> then);

  signature_registry_actor::stateful_pointer<signature_registry_state> self_
    = nullptr;
  context_ptr ctx_;
};

signature_registry_actor::behavior_type signature_registry(
  signature_registry_actor::stateful_pointer<signature_registry_state> self,
  context_ptr ctx);

} // namespace dspex
