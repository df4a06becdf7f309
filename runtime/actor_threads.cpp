#include "runtime/actor_threads.hpp"

namespace dspex {

namespace {

thread_local bool runs_actors = false;

} // namespace

void actor_thread_mark::init(caf::actor_system&) {
  // Nothing to prepare: the marks belong to the threads.
}

void actor_thread_mark::thread_started() {
  runs_actors = true;
}

void actor_thread_mark::thread_terminates() {
  runs_actors = false;
}

bool on_actor_thread() noexcept {
  return runs_actors;
}

} // namespace dspex
