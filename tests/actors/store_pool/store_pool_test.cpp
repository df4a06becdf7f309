// A store pool whose workers have threads of their own, while everybody else
// lives in virtual time.

#include "actors/store_pool/store_pool.hpp"

#include <atomic>
#include <future>
#include <thread>

#include <gmock/gmock.h>

#include "tests/actors/node_fixture.hpp"
#include "tests/support/forwarding_database.hpp"

namespace dspex::test {

namespace {

class threaded_database : public forwarding_database {
public:
  using forwarding_database::forwarding_database;

  [[nodiscard]] bool blocks() const noexcept override {
    return true;
  }
};

/// A statement that ends when the test says so.
class slow_statement {
public:
  ~slow_statement() {
    end();
  }

  /// Waits for it to begin.
  void wait() {
    began_.get_future().wait();
  }

  void end() {
    if (!std::exchange(ended_, true))
      end_.set_value();
  }

  store_job job() {
    return {access::read_write,
            [this, end = end_.get_future().share()](store&) {
              began_.set_value();
              end.wait();
            }};
  }

private:
  std::promise<void> began_;
  std::promise<void> end_;
  bool ended_ = false;
};

class store_pool_test : public node_test {
protected:
  void SetUp() override {
    // The fixture's own pool keeps the store that it has.
    settle();
    ctx->store = std::make_shared<threaded_database>(ctx->store);
    ctx->config.store.pool_size = 1;
    others_ = running();
    pool = sys.spawn(store_pool, ctx);
  }

  void TearDown() override {
    caf::anon_send_exit(pool, caf::exit_reason::user_shutdown);
    wait_for([this] { return running() == others_; });
    node_test::TearDown();
  }

  answer<done> write(std::function<void(store&)> work) {
    auto out = ask<done>(pool, store_job{access::read_write, std::move(work)});
    settle();
    return out;
  }

  /// Lets actors run until it holds; threads answer when they like.
  void wait_for(const std::function<bool()>& holds) {
    auto end = std::chrono::steady_clock::now() + 30s;
    while (!holds()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      std::this_thread::yield();
      settle();
    }
  }

  size_t writer_incarnation() {
    auto workers = ask_now<children>(pool, which_children{}).value();
    for (auto& x : workers.items)
      if (x.name == "writer")
        return x.incarnation;
    return 0;
  }

  [[nodiscard]] caf::timespan deadline() const {
    return store_deadline(*ctx);
  }

  store_pool_actor pool;

private:
  size_t others_ = 0;
};

} // namespace

using StorePool = store_pool_test;

TEST_F(StorePool, AnswersInTheStoresStead) {
  auto slow = slow_statement{};
  auto running = ask<done>(pool, slow.job());
  settle();
  slow.wait();
  advance(1s);
  auto ran = std::make_shared<std::atomic<bool>>(false);
  auto waiting = write([ran](store&) { *ran = true; });
  advance(deadline() - 1s - 1ms);
  EXPECT_FALSE(running.arrived());
  advance(1ms);
  EXPECT_EQ(running.error().code, errc::store_unavailable);
  EXPECT_EQ(running.error().message, "The store did not answer in time");
  EXPECT_FALSE(waiting.arrived());
  advance(1s);
  EXPECT_EQ(waiting.error().code, errc::store_unavailable);
  slow.end();
  auto next = write([](store&) {});
  wait_for([&] { return next.arrived(); });
  EXPECT_TRUE(next.succeeded());
  EXPECT_FALSE(*ran);
  EXPECT_EQ(writer_incarnation(), 1u);
}

TEST_F(StorePool, ReplacesWorkerThatIsStuck) {
  auto slow = slow_statement{};
  auto running = ask<done>(pool, slow.job());
  settle();
  slow.wait();
  advance(2 * deadline());
  EXPECT_EQ(running.error().message, "The store did not answer in time");
  auto next = write([](store&) {});
  slow.end();
  wait_for([&] { return next.arrived(); });
  EXPECT_TRUE(next.succeeded());
  EXPECT_EQ(writer_incarnation(), 2u);
}

TEST_F(StorePool, CountsAWorkerAsStuckFromWhenItsJobBegan) {
  auto first = slow_statement{};
  auto first_answer = ask<done>(pool, first.job());
  settle();
  first.wait();
  // Waits for nearly all the time that it has.
  auto second = slow_statement{};
  auto second_answer = ask<done>(pool, second.job());
  advance(deadline() - 1ms);
  first.end();
  wait_for([&] { return first_answer.arrived(); });
  second.wait();
  advance(2 * deadline() - 1ms);
  EXPECT_EQ(second_answer.error().message, "The store did not answer in time");
  second.end();
  auto next = write([](store&) {});
  wait_for([&] { return next.arrived(); });
  EXPECT_TRUE(next.succeeded());
  EXPECT_EQ(writer_incarnation(), 1u);
}

} // namespace dspex::test
