#pragma once

#include <vector>

#include "actors/program/core.hpp"
#include "actors/program/outbox.hpp"

namespace dspex {

/// Sends what a program has to say about its runs: to the adapter which runs
/// begin, to the tracker which last and which have ended.
///
/// The tracker is not told of a run that ends soon, as most do: the record of
/// its end says it all. When a tracker dies, its successor is told everything
/// that was not confirmed.
class courier {
public:
  explicit courier(program_core& core) : core_(core) {
  }

  /// Whether nothing waits to be sent.
  [[nodiscard]] bool empty() const {
    return outbox_.empty();
  }

  /// Hands a run to the adapter.
  void start(const run& x);

  /// Tells the tracker that a run has been in flight for so long that the live
  /// table has to show it.
  void tell_lasting(run& x);

  /// Hands the tracker the record of a run that has ended.
  void hand_over(const run& x);

  void tell(run_event x);

  /// The mailbox was read.
  void on_tick();

  void on_down(const caf::actor_addr& who);

  /// Leaves the tracker what it has not been told: the actor has ended.
  void leave() noexcept;

private:
  void arrange(outbox::due when, void (courier::*send)());
  void send_starts();
  void send_report();
  void await_tracker();
  void tell_new_tracker();
  void watch(const caf::actor_addr& who, bool is_tracker);

  /// An actor whose end this one is told of.
  struct peer {
    caf::actor_addr who;
    bool is_tracker = false;
  };

  program_core& core_;
  outbox outbox_;
  bool awaits_tracker_ = false;
  /// Each front and tracker that was told of a run and is not known to be dead:
  /// a record may still be on its way through a tracker that has a successor.
  std::vector<peer> peers_;
};

} // namespace dspex
