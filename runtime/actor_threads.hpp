#pragma once

#include <caf/thread_hook.hpp>

namespace dspex {

/// Marks the threads of an actor system, for `on_actor_thread`.
class actor_thread_mark : public caf::thread_hook {
public:
  void init(caf::actor_system&) override;
  void thread_started() override;
  void thread_terminates() override;
};

/// Whether the calling thread runs the actors of a node. Waiting there for an
/// answer of the node may wait for ever.
[[nodiscard]] bool on_actor_thread() noexcept;

} // namespace dspex
