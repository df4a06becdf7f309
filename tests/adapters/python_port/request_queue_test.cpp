#include "adapters/python_port/request_queue.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace dspex::test {

namespace {

using std::chrono::steady_clock;

class RequestQueue : public testing::Test {
protected:
  RequestQueue() {
    options_.max_queue = 2;
  }

  // Lets a request wait, and notes what is answered as `name: code`.
  execution_id push(const std::string& name, std::chrono::seconds patience) {
    auto request = pool_request{};
    request.program = program_;
    request.execution = execution_id::make();
    request.deadline = steady_clock::now() + patience;
    request.done = [this, name](result<json> outcome) {
      answers_.push_back(name + ": "
                         + std::string{to_string(outcome.error().code)});
    };
    auto id = request.execution;
    queue_.push(std::move(request));
    return id;
  }

  using answers = std::vector<std::string>;

  std::shared_ptr<const python_program> program_
    = std::make_shared<const python_program>(python_program{"p", "{}"});
  python_port_options options_;
  pool_timers timers_;
  request_queue queue_{options_, timers_};
  answers answers_;
};

TEST_F(RequestQueue, RefusesARequestWhenItIsFull) {
  push("a", std::chrono::hours{1});
  push("b", std::chrono::hours{1});
  push("c", std::chrono::hours{1});
  EXPECT_EQ(answers_, answers{"c: overloaded"});
  EXPECT_EQ(timers_.size(), 2u);
}

TEST_F(RequestQueue, AnswersARequestThatComesTooLateAtOnce) {
  push("a", std::chrono::seconds{-1});
  EXPECT_EQ(answers_, answers{"a: timeout"});
  EXPECT_TRUE(queue_.is_empty());
  EXPECT_TRUE(timers_.empty());
}

TEST_F(RequestQueue, AnswersARequestThatStillWaitsAtItsDeadline) {
  push("a", std::chrono::hours{1});
  queue_.on_deadline(timers_.begin()->second.id);
  EXPECT_EQ(answers_, answers{"a: timeout"});
  EXPECT_TRUE(queue_.is_empty());
  EXPECT_EQ(queue_.front(), nullptr);
  EXPECT_TRUE(timers_.empty());
}

TEST_F(RequestQueue, GivesThePlaceOfACancelledRequestToAnother) {
  auto first = push("a", std::chrono::hours{1});
  push("b", std::chrono::hours{2});
  queue_.cancel(first);
  push("c", std::chrono::hours{3});
  EXPECT_EQ(answers_, answers{});
  ASSERT_NE(queue_.front(), nullptr);
  EXPECT_EQ(queue_.front()->deadline, timers_.begin()->first);
  EXPECT_EQ(timers_.size(), 2u);
}

TEST_F(RequestQueue, RefusesAllThatWaitsInItsOrder) {
  push("a", std::chrono::hours{1});
  push("b", std::chrono::hours{1});
  queue_.refuse_waiting({errc::backend_unavailable, "no Python"});
  EXPECT_EQ(answers_,
            (answers{"a: backend_unavailable", "b: backend_unavailable"}));
  EXPECT_TRUE(queue_.is_empty());
  EXPECT_TRUE(timers_.empty());
}

} // namespace

} // namespace dspex::test
