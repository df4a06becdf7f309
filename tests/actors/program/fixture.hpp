#pragma once

#include <map>

#include "actors/adapter_front.hpp"
#include "actors/program/program.hpp"
#include "actors/tracker/tracker.hpp"
#include "tests/actors/node_fixture.hpp"

namespace dspex::test {

/// The calls that a backend received, and the answers that it shall give.
struct backend_script {
  /// Whether it can run a signature.
  result<void> check{};
  /// The answer to each creation; if it is empty, the creation is kept
  /// unanswered.
  std::optional<result<std::string>> creation{"backend-1"};
  std::vector<adapter::create_callback> creations;
  /// Every program that was to be made, in order.
  std::vector<std::shared_ptr<const backend_program>> programs;
  /// Every run that was started, in order.
  std::vector<backend_run> runs;
  /// The callback of the latest attempt of each run.
  std::map<execution_id, adapter::run_callback> callbacks;
  /// The adapter calls this with a run's callback before it keeps the callback.
  std::function<void(const adapter::run_callback&)> at_once;
  std::vector<execution_id> cancelled;
  std::vector<std::string> deleted;
  /// How many deletions throw before one succeeds.
  size_t failing_deletions = 0;
};

/// A real program, tracker and adapter front over a backend that answers when
/// the test says so.
class program_test : public node_test {
protected:
  struct call {
    execution_id id;
    answer<execution_result> reply;
  };

  program_test();

  void TearDown() override;

  /// Wakes a draft program.
  void wake(const json& configuration = json::object());

  /// Wakes a program and makes it ready.
  void make_ready(const json& configuration = json::object());

  void start_front();
  void start_tracker();

  answer<document> lifecycle(const std::string& action,
                             json arguments = json::object()) {
    arguments["program"] = to_string(record.id);
    auto out = act(program, action, std::move(arguments));
    settle();
    return out;
  }

  /// A change of the record that another node makes.
  program_record elsewhere(const program_transition& x) {
    return direct().transition_program(record.id, x).value();
  }

  /// A run as a client in this process asks for it.
  /// @param send is given the `execute_call`.
  template <class Send>
  call make_run(Send send, json options = json::object(),
                json inputs = {{"question", "why?"}}) {
    auto id = execution_id::make();
    auto reply = answer<execution_result>{};
    send(execute_call{
      {"tester", to_string(record.id), id, document{std::move(inputs)},
       document{std::move(options)}},
      {[reply](result<execution_result> x) { reply.set(std::move(x)); },
       errc::backend_unavailable, nullptr}});
    return {id, reply};
  }

  /// Asks for a run, without letting it begin.
  call send_run(json options = json::object(),
                json inputs = {{"question", "why?"}});

  call run(json options = json::object(),
           json inputs = {{"question", "why?"}}) {
    auto out = send_run(std::move(options), std::move(inputs));
    settle();
    return out;
  }

  /// Lets the backend answer a run.
  void say(const call& x, backend_reply reply);

  void complete(const call& x) {
    say(x, {json{{"answer", "because"}}});
  }

  void fail_with(const call& x, errc code) {
    say(x, {fail(code, "The backend says no")});
  }

  answer<done> cancel(const call& x) {
    return ask_now<done>(program, cancel_request{x.id});
  }

  [[nodiscard]] size_t started() const {
    return backend.runs.size();
  }

  [[nodiscard]] execution_record stored(const call& x) {
    return direct().get_execution(x.id).value();
  }

  /// Every record of the store.
  [[nodiscard]] std::vector<execution_record> all_stored() {
    return direct().list_executions({}, {.limit = 1000}).value().items;
  }

  [[nodiscard]] program_record stored_program() {
    return direct().get_program(record.id).value();
  }

  [[nodiscard]] program_status stored_status() {
    return stored_program().status;
  }

  std::shared_ptr<backend_script> backend_ptr
    = std::make_shared<backend_script>();
  backend_script& backend = *backend_ptr;
  program_record record;
  program_actor program;
  adapter_actor front;
  execution_tracker_actor tracker;
};

} // namespace dspex::test
