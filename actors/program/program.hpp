#pragma once

#include <caf/stateful_actor.hpp>

#include "actors/program/core.hpp"
#include "actors/program/courier.hpp"
#include "actors/program/lifecycle.hpp"
#include "actors/program/runs.hpp"

namespace dspex {

/// One program: its lifecycle, its admission, its runs in flight.
///
/// The actor only hands each message to the part that it is for. Parts know
/// those before them: the lifecycle takes runs once it knows that the program
/// is ready, the runs are told to the adapter and the tracker by the courier.
class program_state {
public:
  static constexpr const char* name = "dspex.program";

  program_state() = default;

  /// Callers whose record is on its way receive `store_unavailable`; all others
  /// `backend_unavailable`, as their promises are dropped.
  ~program_state();

  program_actor::behavior_type
  init(program_actor::stateful_pointer<program_state> self, context_ptr ctx,
       program_facts facts);

private:
  // -- sleep (program_manager/sleep.cpp has the picture) ----------------------

  /// Whether nothing is lost when the actor ends.
  [[nodiscard]] bool is_idle() const;
  void on_idle_tick();
  void on_fall_asleep();

  // -- member variables -------------------------------------------------------

  program_core core_;
  courier courier_{core_};
  program_runs runs_{core_, courier_};
  program_lifecycle lifecycle_{core_, runs_};
};

program_actor::behavior_type
program(program_actor::stateful_pointer<program_state> self, context_ptr ctx,
        program_facts facts);

} // namespace dspex
