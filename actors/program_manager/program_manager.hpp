#pragma once

#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <caf/actor_clock.hpp>
#include <caf/stateful_actor.hpp>

#include "actors/node/context.hpp"
#include "dspex/any_signature.hpp"
#include "messages/promise.hpp"

namespace dspex {

/// Knows which programs are awake, wakes others from the store when a request
/// for them arrives, and routes requests to them.
///
/// A program that crashes is forgotten, and the next request wakes it again. A
/// program without use ends (sleep.cpp). An ordered stop lets every program
/// finish its runs first.
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
  using time_point = caf::actor_clock::time_point;

  void execute(execute_call call);
  /// Carries an action out, or hands it to the program that it is about.
  void act(const action_call& call);

  // -- new programs (creation.cpp) --------------------------------------------

  void create(const action_call& call);
  void quick_execute(const action_call& call);
  /// Records the signature of a module and makes a record on it.
  void with_new_record(const json& arguments,
                       std::function<void(result<program_record>)> then);
  result<program_record> make_record(const signature_record& signature,
                                     const json& arguments) const;

  // -- reads ------------------------------------------------------------------

  void get(const action_call& call);
  void list(const action_call& call);
  void statistics(const action_call& call);

  // -- waking -----------------------------------------------------------------

  /// Finds the id behind an id or unique name.
  void resolve(const std::string& ref,
               std::function<void(result<program_id>)> then);
  /// Finds or wakes the program behind an id or unique name.
  void with_program(const std::string& ref, program_callback then);
  void wake(program_id id, program_callback then);
  /// What all awake programs of one signature on one adapter share.
  struct program_kind {
    dspex::any_signature signature;
    document metadata;
  };

  program_kind kind_of(const program_record& program, const any_signature& sig);
  result<program_actor> spawn(program_record record, const any_signature& sig);
  void on_down(const caf::actor_addr& who);

  // -- sleep (sleep.cpp) ------------------------------------------------------

  /// Checks at this time whether a program is idle.
  void check_idle(const caf::actor_addr& program, time_point t);
  void arm_idle_tick();
  void on_idle_tick();
  [[nodiscard]] time_point clock_now() const;
  void on_sleep_request(program_id id);
  void on_stay_awake(program_id id);
  /// The program with this id if it has sent the message at hand, else null.
  [[nodiscard]] program_actor awake_sender(program_id id) const;

  // -- member variables -------------------------------------------------------

  program_manager_actor::stateful_pointer<program_manager_state> self_
    = nullptr;
  context_ptr ctx_;
  std::unordered_map<program_id, program_actor> awake_;
  std::unordered_map<caf::actor_addr, program_id> by_address_;
  /// What waits for a program while it is read from the store.
  std::unordered_map<program_id, std::vector<program_callback>> waking_;
  /// Programs that were told to fall asleep, each with what waits until it has
  /// ended or answers that it stays awake.
  std::unordered_map<program_id, std::vector<program_callback>> falling_asleep_;
  /// When to check which awake program for idleness: each program once, the
  /// earliest on top. One timer serves them all, since a timer for each would
  /// be a tenth of what an idle program costs.
  std::priority_queue<std::pair<time_point, caf::actor_addr>,
                      std::vector<std::pair<time_point, caf::actor_addr>>,
                      std::greater<>>
    idle_checks_;
  std::optional<time_point> armed_for_;
  std::map<std::pair<signature_id, std::string>, program_kind> kinds_;
  std::optional<caf::error> stopping_;
};

program_manager_actor::behavior_type program_manager(
  program_manager_actor::stateful_pointer<program_manager_state> self,
  context_ptr ctx);

} // namespace dspex
