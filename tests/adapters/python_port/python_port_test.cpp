// The pool of Python workers, with real processes and a scripted module in
// place of DSPy: whatever a process does, each run is answered, and the pool is
// whole again.

#include <array>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "adapters/python_port/child_process.hpp"
#include "tests/adapters/python_port/fixture.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

namespace {

using namespace std::chrono_literals;

/// Waits for the end of a process that need not be our child.
class process_watch {
public:
  explicit process_watch(pid_t pid)
    : fd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {
  }

  [[nodiscard]] bool ends() const {
    auto event = pollfd{fd_.get(), POLLIN, 0};
    return fd_.get() < 0
           || poll(
                &event, 1,
                static_cast<int>(std::chrono::milliseconds{patience}.count()))
                == 1;
  }

private:
  unique_fd fd_;
};

size_t open_descriptors() {
  auto all = std::filesystem::directory_iterator{"/proc/self/fd"};
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

} // namespace

// -- what a process may do ----------------------------------------------------

class PythonPortFault : public PythonPort,
                        public ::testing::WithParamInterface<const char*> {};

TEST_P(PythonPortFault, IsAnsweredAndTheWorkerReplaced) {
  ASSERT_NE(served_by(), 0);
  auto reply = run(deed(GetParam()));
  ASSERT_FALSE(reply.outputs);
  EXPECT_EQ(reply.outputs.error().code, errc::backend_unavailable);
  for (auto i = 0; i < 4; ++i)
    EXPECT_NE(served_by(), 0);
  EXPECT_TRUE(host_.wait_for("a Python worker ended, another is started"));
  EXPECT_TRUE(host_.wait_for("a Python worker is ready", 3)) << host_.text();
  EXPECT_EQ(host_.restarts(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Of, PythonPortFault,
                         ::testing::Values("exit", "kill", "segv", "garbage",
                                           "no_json", "truncated", "oversized",
                                           "unknown_id"),
                         [](const auto& x) { return std::string{x.param}; });

TEST_F(PythonPort, AnswersARunThatFailsAndGoesOn) {
  options_.workers = 1;
  auto pid = served_by();
  auto reply = run(deed("raise"));
  ASSERT_FALSE(reply.outputs);
  EXPECT_EQ(reply.outputs.error().code, errc::backend_failed);
  EXPECT_EQ(reply.outputs.error().message, "ValueError: as told");
  EXPECT_NE(dump_json(reply.outputs.error().details).find("scripted_backend"),
            std::string::npos);
  EXPECT_EQ(served_by(), pid);
}

TEST_F(PythonPort, SurvivesAFloodOnStderrAndLogsLittleOfIt) {
  auto reply = run(deed("flood"));
  EXPECT_TRUE(reply.outputs);
  EXPECT_NE(served_by(), 0);
  EXPECT_LT(host_.size(), 1000u);
  EXPECT_TRUE(host_.wait_for("xxxxxxxxxx"));
  EXPECT_EQ(host_.restarts(), 0u);
}

TEST_F(PythonPort, SurvivesAProgramThatStartsHundredsOfThreads) {
  EXPECT_TRUE(run(deed("threads")).outputs);
  EXPECT_NE(served_by(), 0);
  EXPECT_EQ(host_.restarts(), 0u);
}

TEST_F(PythonPort, KeepsTheLimitOfMemory) {
  options_.memory_limit_bytes = 400'000'000;
  options_.workers = 1;
  auto last = backend_reply{};
  for (auto i = 0; i < 12 && (i == 0 || last.outputs); ++i)
    last = run(deed("memory"));
  ASSERT_FALSE(last.outputs);
  EXPECT_NE(served_by(), 0);
}

// -- deadlines and cancelling -------------------------------------------------

TEST_F(PythonPort, EndsARunAtItsDeadlineAndKeepsTheWorker) {
  options_.workers = 1;
  auto pid = served_by();
  auto reply = run(deed("hang"), 100ms);
  ASSERT_FALSE(reply.outputs);
  EXPECT_EQ(reply.outputs.error().code, errc::timeout);
  EXPECT_EQ(served_by(), pid);
}

TEST_F(PythonPort, KillsAWorkerWhoseRunDoesNotEndAndAnswersTheOthers) {
  options_.workers = 1;
  auto pid = served_by();
  auto other = std::make_shared<inbox<backend_reply>>();
  start(deed("hang"), other);
  auto reply = run(deed("block"), 100ms);
  ASSERT_FALSE(reply.outputs);
  EXPECT_EQ(reply.outputs.error().code, errc::timeout);
  ASSERT_TRUE(other->wait_for(1));
  EXPECT_EQ(other->items().front().outputs.error().code,
            errc::backend_unavailable);
  auto next = served_by();
  EXPECT_NE(next, pid);
  EXPECT_NE(next, 0);
}

TEST_F(PythonPort, NeverStartsARunWhoseDeadlinePassedInTheQueue) {
  options_.workers = 1;
  options_.threads = 1;
  ASSERT_NE(served_by(), 0);
  auto replies = std::make_shared<inbox<backend_reply>>();
  auto id = start(deed("hang"), replies);
  auto late = run(deed("kill"), 50ms);
  ASSERT_FALSE(late.outputs);
  EXPECT_EQ(late.outputs.error().code, errc::timeout);
  port().cancel(id);
  EXPECT_NE(served_by(), 0);
  EXPECT_EQ(host_.restarts(), 0u);
}

TEST_F(PythonPort, RefusesWhatItsQueueDoesNotHold) {
  options_.workers = 1;
  options_.threads = 1;
  options_.max_queue = 2;
  ASSERT_NE(served_by(), 0);
  auto replies = std::make_shared<inbox<backend_reply>>();
  auto ids = std::vector<execution_id>{};
  // One after the other: the first has its thread before the others wait.
  for (auto i = 0; i < 3; ++i)
    ids.push_back(start(deed("hang"), replies));
  auto refused = run(deed("echo"));
  ASSERT_FALSE(refused.outputs);
  EXPECT_EQ(refused.outputs.error().code, errc::overloaded);
  for (auto id : ids)
    port().cancel(id);
  EXPECT_NE(served_by(), 0);
}

// -- replacement --------------------------------------------------------------

TEST_F(PythonPort, ReplacesAWorkerAfterSoManyRunsAndLosesNone) {
  options_.recycle_runs = 20;
  auto replies = std::make_shared<inbox<backend_reply>>();
  for (auto i = 0; i < 200; ++i) {
    start(deed("echo"), replies);
    if (i % 8 == 0) {
      ASSERT_TRUE(replies->wait_for(static_cast<size_t>(i)));
    }
  }
  ASSERT_TRUE(replies->wait_for(200));
  for (auto& x : replies->items())
    EXPECT_TRUE(x.outputs) << to_string(x.outputs.error());
  EXPECT_TRUE(host_.wait_for("a Python worker was replaced", 2))
    << host_.text();
  EXPECT_EQ(host_.restarts(), 0u);
}

TEST_F(PythonPort, ReplacesAWorkerThatUsesTooMuchMemory) {
  options_.workers = 1;
  options_.recycle_memory_bytes = 60'000'000;
  options_.supervision.examination = 10ms;
  auto pid = served_by();
  EXPECT_TRUE(run(deed("memory")).outputs);
  EXPECT_TRUE(host_.wait_for("a Python worker was replaced"));
  EXPECT_NE(served_by(), pid);
}

TEST_F(PythonPort, ReplacesAWorkerThatIsOldEnough) {
  options_.workers = 1;
  options_.recycle_age = 1ms;
  options_.supervision.examination = 10ms;
  EXPECT_NE(served_by(), 0);
  EXPECT_TRUE(host_.wait_for("a Python worker was replaced", 2));
}

// -- programs -----------------------------------------------------------------

TEST_F(PythonPort, MakesAProgramAgainInAWorkerThatDoesNotKnowIt) {
  for (auto i = 0; i < 5; ++i) {
    EXPECT_FALSE(run(deed("kill")).outputs);
    EXPECT_NE(served_by(), 0);
  }
}

TEST_F(PythonPort, SaysWhyAProgramIsRefused) {
  program_->configuration["modules"] = "Predict";
  auto ids = std::make_shared<inbox<result<std::string>>>();
  port().create_program(program_, [ids](auto x) { ids->put(std::move(x)); });
  ASSERT_TRUE(ids->wait_for(1));
  EXPECT_TRUE(ids->items().front());
  program_->configuration["modules"] = "os.system";
  port().create_program(program_, [ids](auto x) { ids->put(std::move(x)); });
  ASSERT_TRUE(ids->wait_for(2));
  EXPECT_EQ(ids->items().back().error().message,
            "modules is \"os.system\", which python_port.allowed_modules does "
            "not allow");
}

TEST_F(PythonPort, RefusesInCheckWhatNoWorkerCouldRun) {
  auto sig = any_signature::parse("question -> answer").value();
  auto why = [&](const std::string& configuration) {
    auto ok = port().check(sig, parse_json(configuration).value());
    return ok ? "" : to_string(ok.error());
  };
  EXPECT_EQ(why(R"({"modules": "ChainOfThought", "lm": {"top_p": 0.5}})"), "");
  EXPECT_EQ(why(R"({"modules": {"name": "ReAct", "max_iters": 3}})"), "");
  EXPECT_NE(why(R"({"modules": "Predic"})").find("known are Predict"),
            std::string::npos);
  EXPECT_NE(why(R"({"modules": 3})").find("must be a name or an object"),
            std::string::npos);
  EXPECT_NE(
    why(R"({"modules": {"iters": 3}})").find("modules.iters is unknown"),
    std::string::npos);
  EXPECT_NE(why(R"({"tools": ["os.system"]})").find("allowed_modules"),
            std::string::npos);
  EXPECT_NE(why(R"({"tools": [";rm"]})").find("import path"),
            std::string::npos);
  EXPECT_NE(why(R"({"lm": {"colour": 1}})").find("lm.colour is unknown"),
            std::string::npos);
  EXPECT_NE(why(R"({"lm": {"base_url": "file:///"}})").find("lm.base_url"),
            std::string::npos);
  sig = any_signature::parse("lm -> answer").value();
  EXPECT_NE(why("{}").find("Field lm must be called otherwise"),
            std::string::npos);
}

// -- isolation ----------------------------------------------------------------

TEST_F(PythonPort, GivesWorkersTheVariablesThatAreAllowedAndNoOthers) {
  setenv("DSPEX_TEST_ALLOWED", "1", 1);
  setenv("DSPEX_TEST_SECRET", "1", 1);
  options_.environment = {"DSPEX_TEST_ALLOWED"};
  auto reply = run(deed("environment"));
  ASSERT_TRUE(reply.outputs);
  auto names = dump_json((*reply.outputs)["names"]);
  EXPECT_NE(names.find("DSPEX_TEST_ALLOWED"), std::string::npos);
  EXPECT_NE(names.find("OMP_NUM_THREADS"), std::string::npos);
  EXPECT_EQ(names.find("DSPEX_TEST_SECRET"), std::string::npos);
}

TEST_F(PythonPort, NeverShowsKeys) {
  options_.lm.api_key = "sk-very-secret-key";
  setenv("DSPEX_TEST_API_KEY", "another-secret", 1);
  options_.environment = {"DSPEX_TEST_API_KEY"};
  auto reply = run(json::object(
    {{"question", "is it sk-very-secret-key, or another-secret?"}}));
  ASSERT_TRUE(reply.outputs);
  EXPECT_EQ(dump_json(*reply.outputs), R"({"question":"is it ***, or ***?"})");
}

TEST_F(PythonPort, LeavesNoProcessAndNoDescriptorBehind) {
  auto before = open_descriptors();
  ASSERT_NE(served_by(), 0);
  EXPECT_TRUE(run(deed("child")).outputs);
  EXPECT_FALSE(run(deed("kill")).outputs);
  ASSERT_NE(served_by(), 0);
  adapter_.reset();
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
  EXPECT_EQ(errno, ECHILD);
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(PythonPort, LeavesNoProcessWhenItsNodeIsKilled) {
  auto pipe = std::array<int, 2>{};
  ASSERT_EQ(pipe2(pipe.data(), O_CLOEXEC), 0);
  auto node = fork();
  ASSERT_GE(node, 0);
  if (node == 0) {
    auto pids = std::array<pid_t, 2>{};
    pids[0] = served_by();
    auto child = run(deed("child"));
    pids[1] = child.outputs ? child.metadata["pid"].get<pid_t>() : 0;
    auto stuck = std::make_shared<inbox<backend_reply>>();
    start(deed("block"), stuck);
    auto n = write(pipe[1], pids.data(), sizeof(pids));
    stuck->wait_for(1);
    _exit(n < 0 ? 1 : 0);
  }
  close(pipe[1]);
  auto pids = std::array<pid_t, 2>{};
  ASSERT_EQ(read(pipe[0], pids.data(), sizeof(pids)),
            static_cast<ssize_t>(sizeof(pids)));
  close(pipe[0]);
  auto watches = std::array{process_watch{pids[0]}, process_watch{pids[1]}};
  kill(node, SIGKILL);
  ASSERT_EQ(waitpid(node, nullptr, 0), node);
  for (auto& x : watches)
    EXPECT_TRUE(x.ends());
}

} // namespace dspex::test
