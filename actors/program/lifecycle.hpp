#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "actors/program/core.hpp"
#include "actors/program/record_watch.hpp"
#include "actors/program/runs.hpp"
#include "core/lifecycle.hpp"
#include "messages/promise.hpp"
#include "persistence/store.hpp"

namespace dspex {

/// The record of a program actor and its transitions.
///
/// Actions change the record in the store, which decides whether they are
/// allowed; the actor then follows the changed record. It also follows changes
/// by other nodes, which it sees when the record is refreshed.
class program_lifecycle {
public:
  using time_point = program_core::time_point;

  program_lifecycle(program_core& core, program_runs& runs)
    : core_(core), runs_(runs) {
  }

  /// Begins with the record in the core.
  void init();

  /// Whether nothing is lost if the actor ends.
  [[nodiscard]] bool is_idle() const;

  /// Takes a run once the record is fresh, and an ephemeral program ready.
  void accept(execute_call&& call);

  void act(const action_call& call);

  /// Serves the calls that wait for an ephemeral program to become ready, or
  /// answers why it did not.
  void serve_waiting_calls(const error& failure);

private:
  /// Whether this node has begun an attempt to initialize the program, whose
  /// end is still to be recorded.
  [[nodiscard]] bool initializes_here() const;

  // -- the record -------------------------------------------------------------

  void with_fresh_record(std::function<void()> next);
  void on_record(result<program_record> outcome);
  /// Takes a newer record, with what follows from it.
  void adopt(program_record next);

  // -- actions ----------------------------------------------------------------

  void initialize(const action_call& call);
  void reinitialize(const action_call& call);
  void archive(const action_call& call);
  void update(const action_call& call);
  void destroy(const action_call& call);

  // -- parts of `initialize` and `reinitialize` -------------------------------

  void begin(program_action how, const promise<document>& answer,
             std::optional<document> configuration = std::nullopt);
  void prepare_backend(const promise<document>& answer);
  void end_initialization(int64_t attempt, const promise<document>& answer,
                          result<std::string> outcome);
  void record_end(const program_transition& change,
                  const promise<document>& answer, const error& failure);
  /// Ends the attempt of an actor that died in the middle of it: no other actor
  /// will.
  void close_lost_initialization();

  // -- ephemeral programs -----------------------------------------------------

  void serve(execute_call&& call);
  /// Takes a run of an ephemeral program, which is made ready first.
  void accept_ephemeral(execute_call&& call);
  program_core& core_;
  program_runs& runs_;
  record_watch watch_;
  /// Calls for an ephemeral program that is not ready yet.
  std::vector<execute_call> waiting_calls_;
  /// Held by the promise of each lifecycle action that is not answered yet.
  std::shared_ptr<const void> open_actions_ = std::make_shared<char>();
};

} // namespace dspex
