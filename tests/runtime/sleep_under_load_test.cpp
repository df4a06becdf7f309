// Programs that fall asleep all the time, under load: no request is lost to one
// that is on its way to sleep.

#include <cstdlib>
#include <map>
#include <set>
#include <thread>

#include <caf/scoped_actor.hpp>
#include <gtest/gtest.h>

#include "dspex/dspex.hpp"
#include "messages/actors.hpp"
#include "runtime/internals.hpp"
#include "tests/runtime/caller_load.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

class SleepUnderLoad : public testing::Test {
protected:
  void SetUp() override {
    auto options = runtime_options{.store_url = "memory:"};
    options.config.limits.program_idle = 1ms;
    options.config.log.level = "off";
    auto started = runtime::start(std::move(options));
    ASSERT_TRUE(started) << to_string(started.error());
    node_ = std::make_unique<runtime>(std::move(*started));
    auto client = node_->client();
    ASSERT_TRUE(
      client.define_module("Test.Echo", "question: str -> answer: str"));
    for (auto i = 0; i < 16; ++i) {
      auto made = client.create_program(
        "Test.Echo", {.name = "echo " + std::to_string(i), .adapter = "mock"});
      ASSERT_TRUE(made) << to_string(made.error());
      programs_.push_back(to_string(made->id));
      ASSERT_TRUE(client.initialize_program(made->id));
    }
  }

  [[nodiscard]] std::vector<child_info> awake() {
    auto self = caf::scoped_actor{runtime_internals::system(*node_)};
    auto result = std::vector<child_info>{};
    self
      ->request(runtime_internals::context(*node_)->manager.get(), 30s,
                which_children{})
      .receive([&](children& found) { result = std::move(found.items); },
               [](const caf::error& err) {
                 FAIL() << to_string(from_caf(err, errc::internal));
               });
    return result;
  }

  std::unique_ptr<runtime> node_;
  std::vector<std::string> programs_;
};

} // namespace

TEST_F(SleepUnderLoad, LosesNoRequest) {
  auto rounds = std::getenv("DSPEX_LONG") != nullptr ? 200 : 10;
  auto client = node_->client();
  // Fewer callers than programs: most are idle at any time.
  auto load = caller_load{client, programs_, 3};
  auto incarnations = std::map<std::string, std::set<caf::actor_id>>{};
  for (auto i = 0; i < rounds; ++i) {
    ASSERT_TRUE(load.wait_for_successes(100, 30s));
    for (auto& x : awake())
      incarnations[x.name].insert(x.handle.id());
  }
  ASSERT_TRUE(load.stop(30s)) << "a caller was left without an answer";
  EXPECT_TRUE(load.failures().empty());
  auto stored = size_t{0};
  for (auto& x : programs_)
    stored += expect_records_agree(client, x, {});
  EXPECT_EQ(stored, load.succeeded().size());
  auto most = size_t{0};
  for (auto& [_, ids] : incarnations)
    most = std::max(most, ids.size());
  EXPECT_GT(most, 1u) << "nobody ever slept";
  // When nobody asks, nobody stays awake.
  auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!awake().empty()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::yield();
  }
}

} // namespace dspex::test
