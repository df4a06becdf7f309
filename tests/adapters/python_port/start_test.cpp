// Workers that do not start, and how soon the pool is whole again.

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/adapters/python_port/fixture.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

TEST_F(PythonPort, SaysThatThereIsNoInterpreter) {
  options_.python = "/no/such/python";
  auto reply = run(deed("echo"));
  ASSERT_FALSE(reply.outputs);
  EXPECT_EQ(reply.outputs.error().code, errc::backend_unavailable);
  EXPECT_EQ(reply.outputs.error().message,
            "No Python worker can be started: cannot start /no/such/python: No "
            "such file or directory; `dspex doctor` says what is missing");
}

TEST_F(PythonPort, SaysWhyTheBackendCannotBeImported) {
  options_.allowed_modules = {"import_error"};
  auto reply = run(deed("echo"));
  ASSERT_FALSE(reply.outputs);
  EXPECT_EQ(reply.outputs.error().code, errc::backend_unavailable);
  EXPECT_NE(reply.outputs.error().message.find(
              "exit code 1: ModuleNotFoundError: No module named "
              "'there_is_no_such_package'"),
            std::string::npos)
    << reply.outputs.error().message;
}

TEST_F(PythonPort, EndsAStartThatTakesTooLong) {
  auto folder = temp_folder{};
  auto script = folder / "python";
  std::ofstream{script} << "#!/bin/sh\nexec sleep 1000\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  options_.python = script.string();
  options_.start_timeout = 50ms;
  auto reply = run(deed("echo"));
  ASSERT_FALSE(reply.outputs);
  EXPECT_EQ(reply.outputs.error().code, errc::backend_unavailable);
  EXPECT_NE(reply.outputs.error().message.find("was not ready within 50 ms"),
            std::string::npos);
}

TEST_F(PythonPort, RecoversByItselfWhenTheCauseIsGone) {
  auto folder = temp_folder{};
  auto script = folder / "python";
  std::ofstream{script} << "#!/bin/sh\n[ -e " << (folder / "repaired").string()
                        << " ] || { echo not yet >&2; exit 7; }\nexec "
                        << options_.python << " \"$@\"\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  options_.python = script.string();
  options_.supervision.intensity = 2;
  auto reply = run(deed("echo"));
  ASSERT_FALSE(reply.outputs);
  EXPECT_NE(reply.outputs.error().message.find("exit code 7: not yet"),
            std::string::npos);
  ASSERT_TRUE(host_.wait_for("Python workers do not start"));
  std::ofstream{folder / "repaired"};
  ASSERT_TRUE(host_.wait_for("a Python worker is ready"));
  EXPECT_NE(served_by(), 0);
  ASSERT_TRUE(host_.wait_for("a Python worker is ready", 2))
    << "not at full strength\n"
    << host_.text();
}

TEST_F(PythonPort, ComesBackToFullStrengthBesideAWorkerThatLasted) {
  auto folder = temp_folder{};
  auto script = folder / "python";
  auto broken = folder / "broken";
  std::ofstream{script} << "#!/bin/sh\n[ ! -e " << broken.string()
                        << " ] || exit 7\nexec " << options_.python
                        << " \"$@\"\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  options_.python = script.string();
  options_.supervision.intensity = 2;
  auto lasting = served_by();
  ASSERT_TRUE(host_.workers.wait_until_whole(2));
  std::ofstream{broken};
  for (auto pid : child_processes())
    if (pid != lasting)
      host_.workers.kill(pid);
  ASSERT_TRUE(host_.wait_for("Python workers do not start")) << host_.text();
  EXPECT_EQ(served_by(), lasting);
  std::filesystem::remove(broken);
  EXPECT_TRUE(host_.workers.wait_until_whole(2)) << host_.text();
}

TEST_F(PythonPort, IsWholeSoonAfterAllItsWorkersWereKilled) {
  // The delay is the one that a node has.
  options_.supervision.start_delay
    = python_port_options{}.supervision.start_delay;
  options_.workers = 3;
  for (auto i = 0; i < 2; ++i) {
    ASSERT_NE(served_by(), 0);
    ASSERT_TRUE(host_.workers.wait_until_whole(3)) << host_.text();
    for (auto pid : child_processes())
      host_.workers.kill(pid);
    auto lag = host_.workers.wait_until_whole(3);
    ASSERT_TRUE(lag) << host_.text();
    EXPECT_LT(*lag, whole_within) << host_.text();
  }
}

} // namespace dspex::test
