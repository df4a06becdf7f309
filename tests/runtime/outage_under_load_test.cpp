// The store goes away for a while under a busy node: callers hear so, no actor
// dies of it, and when it is back everything goes on by itself.

#include <atomic>
#include <stdexcept>

#include <caf/scoped_actor.hpp>
#include <gtest/gtest.h>

#include "dspex/dspex.hpp"
#include "messages/actors.hpp"
#include "runtime/internals.hpp"
#include "tests/runtime/caller_load.hpp"
#include "tests/support/forwarding_database.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

/// A store to which nobody gets a connection while it is away.
class fickle_database : public forwarding_database {
public:
  using forwarding_database::forwarding_database;

  result<std::unique_ptr<store>> connect(dspex::access mode) override {
    if (away)
      return fail(errc::store_unavailable, "Connection refused");
    return forwarding_database::connect(mode);
  }

  std::atomic<bool> away = false;
};

class OutageUnderLoad : public testing::Test {
protected:
  void SetUp() override {
    auto options = runtime_options{.store_url = "memory:"};
    options.config.store.timeout = 200ms;
    options.config.store.pool_size = 2;
    options.config.log.level = "off";
    auto started = runtime::start(std::move(options));
    ASSERT_TRUE(started) << to_string(started.error());
    node_ = std::make_unique<runtime>(std::move(*started));
    // No worker has a connection yet, so all will connect through this
    // database.
    auto ctx = runtime_internals::context(*node_);
    store_ = std::make_shared<fickle_database>(ctx->store);
    ctx->store = store_;
    auto client = node_->client();
    ASSERT_TRUE(
      client.define_module("Test.Echo", "question: str -> answer: str"));
    auto made = client.create_program(
      "Test.Echo",
      {.adapter = "mock",
       .configuration = {{"max_concurrency", 64}, {"timeout_ms", 300}}});
    ASSERT_TRUE(made) << to_string(made.error());
    program_ = to_string(made->id);
    ASSERT_TRUE(client.initialize_program(program_));
  }

  [[nodiscard]] std::vector<child_info> children_of(const caf::actor& parent) {
    auto self = caf::scoped_actor{runtime_internals::system(*node_)};
    auto result = std::vector<child_info>{};
    self->request(parent, 30s, which_children{})
      .receive([&](children& found) { result = std::move(found.items); },
               [](const caf::error& err) {
                 FAIL() << to_string(from_caf(err, errc::internal));
               });
    return result;
  }

  void begin_outage() {
    store_->away = true;
    auto self = caf::scoped_actor{runtime_internals::system(*node_)};
    auto pool = runtime_internals::context(*node_)->pool.get();
    for (auto& x : children_of(caf::actor_cast<caf::actor>(pool))) {
      auto worker = caf::actor_cast<store_worker_actor>(x.handle);
      auto lose = [](store&) { throw std::runtime_error("connection lost"); };
      self->request(worker, 30s, store_job{dspex::access::read_only, lose})
        .receive([](done) { FAIL() << "it kept its connection"; },
                 [](const caf::error&) {});
    }
  }

  /// Fails the test if any supervised actor is not its first incarnation.
  void expect_nobody_died() {
    auto root = caf::actor_cast<caf::actor>(runtime_internals::root(*node_));
    auto pool = runtime_internals::context(*node_)->pool.get();
    auto all = children_of(caf::actor_cast<caf::actor>(pool));
    for (auto& x : children_of(root)) {
      all.push_back(x);
      if (x.is_supervisor)
        for (auto& y : children_of(x.handle))
          all.push_back(y);
    }
    EXPECT_GE(all.size(), 11u);
    for (auto& x : all) {
      EXPECT_TRUE(x.handle) << x.name;
      EXPECT_EQ(x.incarnation, 1u) << x.name;
    }
    EXPECT_EQ(runtime_internals::context(*node_)->metrics.restarts, 0u);
  }

  std::unique_ptr<runtime> node_;
  std::shared_ptr<fickle_database> store_;
  std::string program_;
};

} // namespace

TEST_F(OutageUnderLoad, SpendsNoRestartAndLosesNothing) {
  auto client = node_->client();
  auto load = caller_load{client, program_, 32};
  ASSERT_TRUE(load.wait_for_successes(100, 30s));
  begin_outage();
  ASSERT_TRUE(load.wait_for_failures(200, 60s)) << "nobody hears of it";
  auto found = client.get_program(program_);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, errc::store_unavailable);
  expect_nobody_died();
  store_->away = false;
  ASSERT_TRUE(load.wait_for_successes(100, 30s)) << "it does not recover";
  ASSERT_TRUE(load.stop(30s)) << "a caller was left without an answer";
  for (auto& [code, n] : load.failures())
    EXPECT_EQ(code, errc::store_unavailable) << n;
  // The store also has runs whose commit was not confirmed in time, since they
  // have been done.
  EXPECT_GT(expect_records_agree(client, program_, load.succeeded()),
            load.succeeded().size());
  expect_nobody_died();
}

} // namespace dspex::test
