#pragma once

#include <map>

#include "actors/tracker/tracker.hpp"
#include "tests/actors/node_fixture.hpp"

namespace dspex::test {

/// The messages that a program received which only listens, and the runs that
/// it has told.
struct owner_script {
  std::vector<executions_committed::item> heard;
  std::vector<execution_id> asked_to_cancel;
  std::map<execution_id, std::shared_ptr<open_run>> runs;
};

struct owner {
  program_actor handle;
  std::shared_ptr<owner_script> script = std::make_shared<owner_script>();
};

/// A tracker, and programs that do as the test says.
class tracker_test : public node_test {
protected:
  void SetUp() override {
    program = add_program();
    start_tracker();
    first = make_owner();
  }

  void TearDown() override {
    first.handle = nullptr;
    tracker = nullptr;
    node_test::TearDown();
  }

  void start_tracker() {
    tracker = own(sys.spawn(execution_tracker, ctx));
    ctx->tracker.set(tracker);
    settle();
  }

  owner make_owner();

  /// Ends an owner by an exception.
  void blow_up(const owner& x, const std::string& what);

  execution_record
  make_record(execution_status status = execution_status::running) const;

  static execution_record completed(execution_record x);

  void accept(const execution_record& x) {
    accept(first, x);
  }

  /// As a program does, which tells the tracker once the run lasts.
  void accept(const owner& by, const execution_record& x);

  void finish(const execution_record& x) {
    finish(first, x);
  }

  /// A run that was not accepted before is until then.
  void finish(const owner& by, const execution_record& x) {
    if (!by.script->runs.contains(x.id))
      show(by, x);
    report(by, execution_finished{x, by.script->runs.at(x.id)});
  }

  template <class... Events>
  void report(const owner& by, Events... xs) {
    auto msg = run_report{};
    (msg.events.emplace_back(std::move(xs)), ...);
    caf::send_as(by.handle, tracker, std::move(msg));
    settle();
  }

  /// What the store says about an execution.
  [[nodiscard]] std::string stored_status(const execution_record& x) {
    auto found = direct().get_execution(x.id);
    return std::string{found ? to_string(found->status)
                             : to_string(found.error().code)};
  }

  answer<document> call(const std::string& action, json arguments) {
    return act_now(tracker, action, std::move(arguments));
  }

  [[nodiscard]] uint64_t in_progress() {
    auto found = call("program.stats", {{"program", to_string(program.id)}});
    return found.value()->at("in_progress").get<uint64_t>();
  }

  /// Makes a run visible to readers.
  void show(const owner& by, execution_record x);

  program_record program;
  execution_tracker_actor tracker;
  owner first;
};

} // namespace dspex::test
