// The asynchronous forms of the calls, and threads that must not wait.

#include <functional>
#include <future>
#include <thread>

#include "runtime/internals.hpp"
#include "tests/runtime/node_test.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

class ClientAsync : public testing::Test {
protected:
  ClientAsync() {
    must(client_.define_module("Test.Qa", "question -> answer"));
    program_ = must(client_.create_program("Test.Qa", {.adapter = "mock"})).id;
    must(client_.initialize_program(program_));
  }

  // Returns what `task` returns on a thread that runs actors.
  std::string on_actor_thread(std::function<std::string()> task) {
    auto answer = std::promise<std::string>{};
    client_.call_async("program.list", json::object(),
                       [&](result<json>) { answer.set_value(task()); });
    auto future = answer.get_future();
    if (future.wait_for(1min) != std::future_status::ready)
      std::abort(); // It blocks the thread for ever.
    return future.get();
  }

  test_node node_{"memory"};
  client client_ = node_.client();
  program_id program_;
};

constexpr auto refused
  = "invalid_transition: A thread that runs actors cannot wait for an answer: "
    "use the asynchronous form of the call";

} // namespace

TEST_F(ClientAsync, AnswersAsTheWaitingFormDoes) {
  EXPECT_EQ(must(client_.get_program_async(program_).get()),
            must(client_.get_program(program_)));
  EXPECT_EQ(must(client_.get_stats_async("Test.Qa").get()),
            must(client_.get_stats("Test.Qa")));
  EXPECT_EQ(
    must(client_.call_async("program.get", {{"program", "Test.Qa"}}).get()),
    must(client_.call("program.get", {{"program", "Test.Qa"}})));
  EXPECT_EQ(refusal(client_.get_program_async("nobody").get()),
            refusal(client_.get_program("nobody")));
  EXPECT_EQ(refusal(client_.get_stats_async("nobody").get()),
            refusal(client_.get_program("nobody")));
  EXPECT_EQ(refusal(client_.executions_by_program_async("nobody").get()),
            refusal(client_.get_program("nobody")));
}

TEST_F(ClientAsync, LetsManyCallsBeUnderWay) {
  auto calls = std::vector<future_result<signature_record>>{};
  for (auto i = 0; i < 100; ++i) {
    auto module = "Test.M" + std::to_string(i);
    must(client_.define_module(module, "a -> b"));
    calls.push_back(client_.create_signature_from_module_async(module));
  }
  for (auto i = 0u; i < calls.size(); ++i)
    EXPECT_EQ(must(calls[i].get()).module, "Test.M" + std::to_string(i));
}

TEST_F(ClientAsync, RefusesToWaitOnAThreadThatRunsActors) {
  auto c = client_;
  auto id = program_;
  auto run = execution_id::make();
  auto input = json{{"question", "?"}};
  auto tasks = std::vector<std::function<std::string()>>{
    [=] { return refusal(c.define_module("Test.New", "a -> b")); },
    [=] { return refusal(c.create_signature_from_module("Test.Qa")); },
    [=] { return refusal(c.get_signature("Test.Qa")); },
    [=] { return refusal(c.list_signatures()); },
    [=] { return refusal(c.list_active_signatures()); },
    [=] { return refusal(c.update_signature("Test.Qa", {.name = "x"})); },
    [=] { return refusal(c.destroy_signature("Test.Qa")); },
    [=] { return refusal(c.activate_signature("Test.Qa")); },
    [=] { return refusal(c.deprecate_signature("Test.Qa")); },
    [=] { return refusal(c.validate_module("Test.Qa")); },
    [=] { return refusal(c.explain_module("Test.Qa")); },
    [=] { return refusal(c.create_program("Test.Qa")); },
    [=] { return refusal(c.get_program(id)); },
    [=] { return refusal(c.list_programs()); },
    [=] { return refusal(c.update_program(id, {.name = "x"})); },
    [=] { return refusal(c.destroy_program(id)); },
    [=] { return refusal(c.initialize_program(id)); },
    [=] { return refusal(c.reinitialize_program(id)); },
    [=] { return refusal(c.archive_program(id)); },
    [=] { return refusal(c.get_stats(id)); },
    [=] { return refusal(c.get_program_statistics(id)); },
    [=] { return refusal(c.execute_program(id, input)); },
    [=] { return refusal(c.execute_batch(id, {input})); },
    [=] { return refusal(c.quick_execute("Test.Qa", input)); },
    [=] { return refusal(c.cancel(run)); },
    [=] { return refusal(c.create_execution(id, input)); },
    [=] { return refusal(c.mark_running(run)); },
    [=] {
      return refusal(c.mark_completed(run, {{"answer", "!"}}, 1ms));
    },
    [=] { return refusal(c.mark_failed(run, "x", 1ms)); },
    [=] { return refusal(c.get_execution(run)); },
    [=] { return refusal(c.executions_by_program(id)); },
    [=] { return refusal(c.list_executions()); },
    [=] { return refusal(c.recent_executions()); },
    [=] { return refusal(c.prune(now())); },
    [=] { return refusal(c.call("program.list", json::object())); },
  };
  for (size_t i = 0; i < tasks.size(); ++i)
    EXPECT_EQ(on_actor_thread(tasks[i]), refused) << "call number " << i;
  // Nothing of it was done, and the node is well.
  EXPECT_EQ(must(client_.get_program(id)).status, program_status::ready);
  EXPECT_TRUE(must(client_.recent_executions()).items.empty());
  EXPECT_FALSE(must(client_.validate_module("Test.New")));
}

TEST_F(ClientAsync, RefusesToWaitInTheCallbackOfARun) {
  auto answer = std::promise<std::string>{};
  client_.execute_program_async(
    program_, {{"question", "?"}}, json::object(),
    [&](const result<execution_result>& outcome) {
      answer.set_value(refusal(client_.get_execution(must(outcome).id)));
    });
  EXPECT_EQ(answer.get_future().get(), refused);
}

TEST_F(ClientAsync, LetsAHandleBeAskedAgainWhereWaitingIsAllowed) {
  node_.script().push(mock_silence{});
  auto run = client_.execute_program_async(program_, {{"question", "?"}},
                                           {{"timeout_ms", 3'600'000}});
  EXPECT_EQ(on_actor_thread([&] { return refusal(run.get()); }), refused);
  EXPECT_EQ(on_actor_thread([&] { return refusal(run.cancel()); }), refused);
  wait_until([&] { return client_.get_execution(run.id()).has_value(); });
  must(client_.cancel_async(run.id()).get());
  EXPECT_EQ(run.get().error().code, errc::cancelled);
}

TEST_F(ClientAsync, WaitsOnThreadsOfTheCaller) {
  auto answer = std::string{};
  std::thread{[&] { answer = refusal(client_.get_program(program_)); }}.join();
  EXPECT_EQ(answer, "ok");
}

TEST_F(ClientAsync, CallsBackOutsideTheCallWhateverTheDetailsOfARefusal) {
  for (auto& details : {json{}, json{{"role", "reader"}}}) {
    runtime_internals::context(node_.node())->may
      = [details](const std::string&, const action&) -> result<void> {
      return fail(error{errc::forbidden, "You may not run this", details});
    };
    auto answer = std::promise<std::pair<std::thread::id, error>>{};
    client_.execute_program_async(
      program_, {{"question", "?"}}, json::object(),
      [&](const result<execution_result>& outcome) {
        answer.set_value({std::this_thread::get_id(), outcome.error()});
      });
    auto [thread, why] = answer.get_future().get();
    EXPECT_NE(thread, std::this_thread::get_id());
    EXPECT_EQ(why.details, details);
  }
}

TEST_F(ClientAsync, OutlivesACallbackThatThrows) {
  for (auto i = 0; i < 10; ++i) {
    client_.call_async("program.list", json::object(), [](result<json>) {
      throw std::runtime_error("a fault of the caller");
    });
    client_.execute_program_async(program_, {{"question", "?"}}, json::object(),
                                  [](const result<execution_result>&) {
                                    throw std::runtime_error(
                                      "a fault of the caller");
                                  });
  }
  auto before = must(client_.get_program(program_));
  EXPECT_EQ(before.status, program_status::ready);
  must(client_.execute_program(program_, {{"question", "?"}}));
}

TEST_F(ClientAsync, AnswersEveryFutureOfANodeThatIsGone) {
  node_.node().shutdown();
  EXPECT_EQ(client_.get_program_async(program_).get().error().code,
            errc::shutting_down);
  EXPECT_EQ(client_.get_stats(program_).error().code, errc::shutting_down);
  EXPECT_EQ(client_.execute_program(program_, {{"question", "?"}}).error().code,
            errc::shutting_down);
  auto outcomes = must(client_.execute_batch(
    program_, std::vector<json>(20'000, json{{"question", "?"}})));
  ASSERT_EQ(outcomes.size(), 20'000u);
  for (auto& x : outcomes)
    ASSERT_EQ(x.error().code, errc::shutting_down);
}

} // namespace dspex::test
