// Every kind of actor is killed or crashed in a busy, multi-threaded node: it
// comes back, what was in flight is answered, the others go on, and the store
// tells the same story as the callers.

#include <functional>
#include <set>
#include <stdexcept>
#include <thread>

#include <caf/scoped_actor.hpp>
#include <gtest/gtest.h>

#include "caller_load.hpp"
#include "dspex/dspex.hpp"
#include "messages/actors.hpp"
#include "runtime/internals.hpp"
#include "tests/support/temp_folder.hpp"

using namespace dspex;
using namespace std::chrono_literals;

namespace {

class CrashUnderLoad : public testing::Test {
protected:
  void SetUp() override {
    auto options = runtime_options{
      .store_url = "sqlite:" + (folder_ / "store.db").string()};
    options.config.mock.latency = 1ms;
    options.config.log.level = "off";
    auto started = runtime::start(std::move(options));
    ASSERT_TRUE(started) << to_string(started.error());
    node_ = std::make_unique<runtime>(std::move(*started));
    auto client = node_->client();
    ASSERT_TRUE(
      client.define_module("Test.Echo", "question: str -> answer: str"));
    auto made = client.create_program(
      "Test.Echo",
      {.adapter = "mock", .configuration = {{"max_concurrency", 64}}});
    ASSERT_TRUE(made) << to_string(made.error());
    program_ = to_string(made->id);
    ASSERT_TRUE(client.initialize_program(program_));
  }

  /// Crashes `victim` a few times under load and checks that nobody was left
  /// without an answer and that the records agree with the answers.
  template <class Victim>
  void crash(Victim victim, const std::set<errc>& allowed) {
    auto load = test::caller_load{node_->client(), program_, 32};
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(load.wait_for_successes(50, 30s));
      auto before = victim();
      ASSERT_TRUE(before) << "no incarnation to crash";
      strike_(before);
      auto deadline = std::chrono::steady_clock::now() + 30s;
      // Under load the successor shows itself by being there.
      while (!victim() || victim() == before) {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline)
          << "it did not come back";
        std::this_thread::yield();
      }
    }
    ASSERT_TRUE(load.wait_for_successes(50, 30s)) << "the others do not go on";
    ASSERT_TRUE(load.stop(30s)) << "a caller was left without an answer";
    for (auto& [code, n] : load.failures())
      EXPECT_EQ(allowed.count(code), 1u) << to_string(code) << ' ' << n;
    expect_records_agree(load);
  }

  void expect_records_agree(test::caller_load& load) {
    auto client = node_->client();
    auto stored = std::set<execution_id>{};
    auto completed = std::set<execution_id>{};
    for (auto& x : test::all_executions(client, program_)) {
      EXPECT_TRUE(stored.insert(x.id).second) << "stored twice";
      EXPECT_TRUE(is_terminal(x.status)) << to_string(x.id);
      if (x.status == execution_status::completed)
        completed.insert(x.id);
    }
    for (auto& id : load.succeeded())
      EXPECT_EQ(completed.count(id), 1u) << to_string(id);
    auto statistics = client.get_program_statistics(program_);
    ASSERT_TRUE(statistics) << to_string(statistics.error());
    EXPECT_EQ(statistics->total_executions, stored.size());
    EXPECT_EQ(statistics->in_progress, 0u);
  }

  [[nodiscard]] context_ptr context() const {
    return runtime_internals::context(*node_);
  }

  template <class Handle>
  static caf::actor untyped(const Handle& x) {
    return x ? caf::actor_cast<caf::actor>(x) : caf::actor{};
  }

  [[nodiscard]] supervisor_actor root() const {
    return runtime_internals::root(*node_);
  }

  /// The first child of a supervisor, or the one of this name.
  template <class Handle>
  caf::actor child_of(const Handle& parent, const std::string& name = {}) {
    auto result = caf::actor{};
    if (!parent)
      return result;
    auto self = caf::scoped_actor{runtime_internals::system(*node_)};
    self->request(parent, 5s, which_children{})
      .receive(
        [&](const children& found) {
          for (auto& x : found.items)
            if (!result && (name.empty() || x.name == name))
              result = x.handle;
        },
        [](const caf::error&) {});
    return result;
  }

  test::temp_folder folder_;
  std::unique_ptr<runtime> node_;
  std::string program_;
  std::function<void(const caf::actor&)> strike_ = [](const caf::actor& x) {
    caf::anon_send_exit(x, caf::exit_reason::kill);
  };
};

} // namespace

TEST_F(CrashUnderLoad, OfTheStorageSupervisor) {
  // Its children go with it: the whole branch comes back.
  crash([this] { return child_of(root(), "storage"); },
        {errc::store_unavailable});
}

TEST_F(CrashUnderLoad, OfTheGateway) {
  crash([this] { return untyped(context()->gateway.get()); },
        {errc::backend_unavailable});
}

TEST_F(CrashUnderLoad, OfTheProgramManager) {
  crash([this] { return untyped(context()->manager.get()); },
        {errc::backend_unavailable});
}

TEST_F(CrashUnderLoad, OfAProgram) {
  crash([this] { return child_of(context()->manager.get()); },
        {errc::backend_unavailable, errc::store_unavailable});
}

TEST_F(CrashUnderLoad, OfTheTracker) {
  crash([this] { return untyped(context()->tracker.get()); }, {});
}

TEST_F(CrashUnderLoad, OfTheStorePool) {
  crash([this] { return untyped(context()->pool.get()); },
        {errc::store_unavailable});
}

TEST_F(CrashUnderLoad, OfAStoreWorker) {
  crash([this] { return child_of(context()->pool.get(), "writer"); },
        {errc::store_unavailable});
}

TEST_F(CrashUnderLoad, OfTheSignatureRegistry) {
  crash([this] { return untyped(context()->registry.get()); }, {});
  EXPECT_TRUE(*node_->client().validate_module("Test.Echo"))
    << "a module that was defined is forgotten";
}

TEST_F(CrashUnderLoad, OfAnAdapterThatIsKilled) {
  crash([this] { return untyped(context()->adapters.at("mock").get()); },
        {errc::backend_unavailable});
}

TEST_F(CrashUnderLoad, OfAnAdapterThatThrows) {
  strike_ = [](const caf::actor& x) {
    caf::anon_send(x, adapter_task{[] { throw std::runtime_error("bug"); }});
  };
  crash([this] { return untyped(context()->adapters.at("mock").get()); },
        {errc::backend_unavailable});
}
