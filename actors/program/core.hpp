#pragma once

#include <functional>
#include <optional>

#include "actors/node/context.hpp"
#include "actors/program/backend_slot.hpp"
#include "actors/program/facts.hpp"
#include "actors/program/run_book.hpp"

namespace dspex {

/// What the parts of a program actor share: the actor itself, its node, and
/// what it knows of its program and runs. Only `program_lifecycle` changes the
/// facts after the start.
struct program_core {
  using time_point = caf::actor_clock::time_point;

  program_actor::pointer self = nullptr;
  context_ptr ctx;
  program_facts facts;
  backend_slot backends;
  run_book book;
  /// When a caller last used the program.
  time_point last_used;

  [[nodiscard]] time_point clock_now() const;

  /// Runs a task of the actor after a delay.
  void after(caf::timespan delay, std::function<void()> task) const;

  /// The front of the program's adapter; null while that is restarting.
  [[nodiscard]] adapter_actor front() const;

  /// Why an actor that was told to stop takes no more runs.
  [[nodiscard]] error end_of_service() const;

  /// Tells the adapter to delete a backend program that has become unused.
  void delete_backend(const backend_slot::unused_id& id) const;
};

} // namespace dspex
