#pragma once

#include <functional>
#include <string>

#include <caf/stateful_actor.hpp>

#include "actors/node/context.hpp"
#include "messages/promise.hpp"

namespace dspex {

/// Defines signature modules, records them, and moves their records through
/// their lifecycle. The modules live in a table of the node that outlives the
/// actor, the records in the store: a crash loses nothing.
class signature_registry_state {
public:
  static constexpr const char* name = "dspex.signature_registry";

  signature_registry_actor::behavior_type init(
    signature_registry_actor::stateful_pointer<signature_registry_state> self,
    context_ptr ctx);

private:
  using module_callback = std::function<void(result<signature_module>)>;
  using record_callback = std::function<void(result<signature_record>)>;

  // -- actions ----------------------------------------------------------------

  void act(const action_call& call);
  void define(const action_call& call);
  void create(const action_call& call);
  void explain(const action_call& call);
  void get(const action_call& call);
  void list(const action_call& call);
  template <signature_action Action>
  void transition(const action_call& call);
  void update(const action_call& call);
  void destroy(const action_call& call);

  // -- their parts ------------------------------------------------------------

  /// Adds to a report which adapters can run the signature.
  void ask_adapters(const any_signature& sig, json report,
                    const promise<document>& answer);
  /// Records a module's version, or finds the record that it has.
  /// @param arguments those of `signature.create`.
  void find_or_record(const json& arguments, record_callback then);
  void record_signature(const signature_module& mod, const json& arguments,
                        const record_callback& then);
  /// Finds a module in the process, else its highest version in the store that
  /// is not deprecated.
  void with_module(const std::string& module, module_callback then);
  /// Finds the record behind an id, or behind a module name with one version.
  void with_record(const std::string& ref, record_callback then);

  signature_registry_actor::stateful_pointer<signature_registry_state> self_
    = nullptr;
  context_ptr ctx_;
};

signature_registry_actor::behavior_type signature_registry(
  signature_registry_actor::stateful_pointer<signature_registry_state> self,
  context_ptr ctx);

} // namespace dspex
