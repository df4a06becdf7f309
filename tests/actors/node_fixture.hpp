#pragma once

#include <deque>
#include <string>
#include <vector>

#include "actors/node/context.hpp"
#include "tests/support/actor_test.hpp"

namespace dspex::test {

/// Lets the jobs pass that a `store_gate` holds.
struct release_jobs {};

/// Stands before the store pool and does what its script says.
using store_gate_actor = store_pool_actor::extend<caf::reacts_to<release_jobs>>;

struct store_script {
  /// Answers every job with `store_unavailable`.
  bool away = false;
  /// Answers jobs that write with this instead of running them.
  std::optional<error> write_error;
  /// Keeps jobs before they run.
  bool hold_reads = false;
  bool hold_writes = false;
  /// Runs jobs and keeps the answers.
  bool hold_answers = false;
  /// How many jobs arrived.
  size_t reads = 0;
  size_t writes = 0;
};

/// The records and the store of a node over `memory:`, with a real store pool
/// behind a gate.
class node_test : public actor_test {
protected:
  node_test();

  void TearDown() override;

  /// A connection of the test's own, past every actor.
  store& direct() {
    return *direct_;
  }

  void release() {
    script.hold_reads = script.hold_writes = script.hold_answers = false;
    release_held();
  }

  /// Lets go what is held by now; what follows is held as before.
  void release_held() {
    caf::anon_send(gate_, release_jobs{});
    settle();
  }

  /// Records a signature `question -> answer` of this module.
  signature_record add_signature(const std::string& module = "Test.Qa",
                                 const std::string& version = "1.0.0");

  /// Records a draft program on a new signature.
  program_record add_program(const json& configuration = json::object(),
                             const std::string& name = "qa");

  template <class Handle>
  answer<document>
  act(const Handle& dest, const std::string& action, json arguments) {
    auto request = action_request{"tester", action,
                                  document{std::move(arguments)}};
    if constexpr (std::is_same_v<Handle, execution_tracker_actor>) {
      return ask<document>(dest, std::move(request));
    } else {
      auto out = answer<document>{};
      caf::anon_send(
        dest, action_call{std::move(request),
                          {[out](result<document> x) { out.set(std::move(x)); },
                           errc::backend_unavailable, nullptr}});
      return out;
    }
  }

  template <class Handle>
  answer<document>
  act_now(const Handle& dest, const std::string& action, json arguments) {
    auto out = act(dest, action, std::move(arguments));
    settle();
    EXPECT_TRUE(out.arrived());
    return out;
  }

  /// Ends an actor as a fault would.
  template <class Handle>
  void crash(const Handle& x) {
    caf::anon_send_exit(x, caf::exit_reason::kill);
    settle();
  }

  context_ptr ctx = std::make_shared<node_context>();
  std::shared_ptr<store_script> script_ptr = std::make_shared<store_script>();
  store_script& script = *script_ptr;

private:
  std::unique_ptr<store> direct_;
  store_gate_actor gate_;
};

/// Reads JSON that the test wrote itself.
json parse(std::string_view text);

/// The members `id` of a page, in order.
std::vector<std::string> ids_of(const json& page);

} // namespace dspex::test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dspex::test::release_jobs)
