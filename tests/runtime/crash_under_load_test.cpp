// Every kind of actor is killed, and made to throw, in a busy, multi-threaded
// node: it comes back, what was in flight is answered, the others go on, and
// the store tells the same story as the callers.

#include <set>
#include <thread>

#include <caf/scoped_actor.hpp>
#include <gtest/gtest.h>

#include "dspex/dspex.hpp"
#include "messages/actors.hpp"
#include "runtime/internals.hpp"
#include "tests/runtime/caller_load.hpp"
#include "tests/runtime/fault.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

/// A path from the root through the children: the first child of each, or the
/// one of this name. `{}` is the root itself.
using path = std::vector<std::string>;

struct kind {
  std::string name;
  path where;
  /// The codes that callers may receive because of the crash.
  std::set<errc> allowed;
};

// To be complete, one for each handle in messages/actors.hpp, the supervisors,
// and the sweeper.
const std::vector<kind> kinds{
  {"Gateway", {"gateway"}, {errc::backend_unavailable}},
  // Its children go with it: the whole branch comes back.
  {"StorageSupervisor", {"storage"}, {errc::store_unavailable, errc::conflict}},
  {"StorePool",
   {"storage", "store_pool"},
   {errc::store_unavailable, errc::conflict}},
  {"StoreWriter",
   {"storage", "store_pool", "writer"},
   {errc::store_unavailable}},
  {"StoreReader",
   {"storage", "store_pool", "reader"},
   {errc::store_unavailable}},
  {"Tracker", {"storage", "execution_tracker"}, {}},
  {"Sweeper", {"storage", "sweeper"}, {}},
  {"SignatureRegistry", {"signature_registry"}, {}},
  {"AdapterSupervisor", {"adapters"}, {errc::backend_unavailable}},
  {"Adapter", {"adapters", "adapter mock"}, {errc::backend_unavailable}},
  // No run of the load is on this adapter.
  {"OtherAdapter", {"adapters", "adapter native"}, {}},
  {"ProgramManager", {"program_manager"}, {errc::backend_unavailable}},
  {"Program",
   {"program_manager", ""},
   {errc::backend_unavailable, errc::store_unavailable}},
};

struct strike {
  const char* name;
  void (*at)(const caf::actor&);
};

const std::vector<strike> strikes{{"Killed", kill}, {"Throwing", make_throw}};

class busy_node : public testing::Test {
protected:
  void SetUp() override {
    auto options = runtime_options{
      .store_url = "sqlite:" + (folder_ / "store.db").string()};
    options.config.mock.latency = 1ms;
    options.config.log.level = "off";
    // The programs would wait for answers that a dead node does not give.
    options.drain_limit = 500ms;
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

  /// The actor that is there now; invalid while there is none.
  [[nodiscard]] caf::actor find(const path& where) {
    auto self = caf::scoped_actor{runtime_internals::system(*node_)};
    auto result = caf::actor_cast<caf::actor>(runtime_internals::root(*node_));
    for (auto& step : where) {
      auto parent = std::exchange(result, nullptr);
      if (!parent)
        break;
      self->request(parent, 5s, which_children{})
        .receive(
          [&](const children& found) {
            for (auto& x : found.items)
              if (!result && (step.empty() || x.name == step))
                result = x.handle;
          },
          [](const caf::error&) {});
    }
    return result;
  }

  /// Waits until there is one that is not `before`.
  [[nodiscard]] bool comes_back(const path& where, const caf::actor& before) {
    auto deadline = std::chrono::steady_clock::now() + 30s;
    // Under load the successor shows itself by being there.
    for (;;) {
      auto present = find(where);
      if (present && present != before)
        return true;
      if (std::chrono::steady_clock::now() > deadline)
        return false;
      std::this_thread::yield();
    }
  }

  [[nodiscard]] context_ptr context() const {
    return runtime_internals::context(*node_);
  }

  temp_folder folder_;
  std::unique_ptr<runtime> node_;
  std::string program_;
};

class CrashUnderLoad
  : public busy_node,
    public testing::WithParamInterface<std::tuple<kind, strike>> {};

} // namespace

TEST_P(CrashUnderLoad, LeavesNobodyWithoutAnAnswer) {
  auto& [victim, how] = GetParam();
  auto load = caller_load{node_->client(), program_, 32};
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(load.wait_for_successes(50, 30s));
    auto before = find(victim.where);
    ASSERT_TRUE(before) << "no incarnation to crash";
    how.at(before);
    ASSERT_TRUE(comes_back(victim.where, before)) << "it did not come back";
  }
  ASSERT_TRUE(load.wait_for_successes(50, 30s)) << "the others do not go on";
  ASSERT_TRUE(load.stop(30s)) << "a caller was left without an answer";
  for (auto& [code, n] : load.failures())
    EXPECT_EQ(victim.allowed.count(code), 1u) << to_string(code) << ' ' << n;
  expect_records_agree(node_->client(), program_, load.succeeded());
  EXPECT_TRUE(*node_->client().validate_module("Test.Echo"))
    << "a module that was defined is forgotten";
  // A program is woken when it is asked for; all others are replaced.
  EXPECT_GE(context()->metrics.restarts, victim.name == "Program" ? 0u : 3u);
}

INSTANTIATE_TEST_SUITE_P(Of, CrashUnderLoad,
                         testing::Combine(testing::ValuesIn(kinds),
                                          testing::ValuesIn(strikes)),
                         [](const auto& x) {
                           return std::get<0>(x.param).name
                                  + std::get<1>(x.param).name;
                         });

namespace {

using CrashOfTheRoot = busy_node;

} // namespace

TEST_F(CrashOfTheRoot, EndsTheNodeAndAnswersItsCallers) {
  auto load = caller_load{node_->client(), program_, 32};
  ASSERT_TRUE(load.wait_for_successes(50, 30s));
  make_throw(find({}));
  // Once the root is gone the callers receive `shutting_down` and start nothing
  // new.
  ASSERT_TRUE(load.wait_for_failures(1, 30s));
  ASSERT_TRUE(load.stop(30s)) << "a caller was left without an answer";
  auto reply = node_->client().list_programs();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, errc::shutting_down);
  node_->shutdown();
}

TEST_F(CrashOfTheRoot, IsWhatSpendingItsBudgetMeans) {
  auto load = caller_load{node_->client(), program_, 32};
  ASSERT_TRUE(load.wait_for_successes(50, 30s));
  auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!context()->stopping) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    if (auto present = find({"gateway"}))
      kill(present);
    std::this_thread::yield();
  }
  // Children still end in order, so that nothing acknowledged is lost.
  ASSERT_TRUE(load.stop(30s)) << "a caller was left without an answer";
  node_->shutdown();
  auto reply = node_->client().list_programs();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, errc::shutting_down);
}

} // namespace dspex::test
