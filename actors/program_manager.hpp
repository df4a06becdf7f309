#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <caf/stateful_actor.hpp>

#include "actors/node_context.hpp"
#include "dspex/signature.hpp"
#include "messages/promise.hpp"

namespace dspex {

/// Knows which programs are awake, wakes others from the store when they are
/// first asked for, and routes requests to them.
///
/// A program that crashes is forgotten and woken again by the next request. An
/// ordered stop lets every program finish first.
class program_manager_state {
public:
  static constexpr const char* name = "dspex.program_manager";

  program_manager_state() = default;
  ~program_manager_state();

  program_manager_actor::behavior_type
  init(program_manager_actor::stateful_pointer<program_manager_state> self,
       context_ptr ctx);

private:
  using program_callback = std::function<void(result<program_actor>)>;

  void execute(execute_call call);
  caf::result<document> handle(const action_request& request);
  void create(const json& arguments, const promise<document>& answer);
  void record_program(signature_record signature, const json& arguments,
                      const promise<document>& answer);
  void get(const json& arguments, const promise<document>& answer);
  void list(const json& arguments, const promise<document>& answer);
  void statistics(const action_request& request,
                  const promise<document>& answer);
  /// Finds the id behind an id or unique name.
  void resolve(const std::string& ref,
               std::function<void(result<program_id>)> then);
  /// Finds or wakes the program behind an id or unique name.
  void with_program(const std::string& ref, program_callback then);
  void wake(program_id id, program_callback then);
  /// What awake programs of one signature on one adapter share.
  struct program_kind {
    dspex::signature signature;
    document metadata;
  };

  result<program_kind> kind_of(const program_record& program,
                               const signature_record& signature);
  result<program_actor> spawn(program_record record,
                              const signature_record& signature);
  void on_down(const caf::actor_addr& who);

  program_manager_actor::stateful_pointer<program_manager_state> self_
    = nullptr;
  context_ptr ctx_;
  std::unordered_map<program_id, program_actor> awake_;
  std::unordered_map<caf::actor_addr, program_id> by_address_;
  /// Who waits for a program that is being read from the store.
  std::unordered_map<program_id, std::vector<program_callback>> waking_;
  std::map<std::pair<signature_id, std::string>, program_kind> kinds_;
  std::optional<caf::error> stopping_;
};

program_manager_actor::behavior_type program_manager(
  program_manager_actor::stateful_pointer<program_manager_state> self,
  context_ptr ctx);

} // namespace dspex
