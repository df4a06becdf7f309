#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "dspex/adapter.hpp"
#include "tests/conformance/adapter_support.hpp"

namespace dspex::test {

/// A backend under test, and how its runs come to an end.
class adapter_subject {
public:
  virtual ~adapter_subject() = default;

  virtual std::unique_ptr<adapter> make(adapter_host& host) = 0;

  /// A configuration whose runs are answered soon.
  [[nodiscard]] virtual json quick() const = 0;

  /// A configuration whose runs are answered long after the test.
  [[nodiscard]] virtual json hanging() const = 0;

  /// A configuration that the backend must refuse.
  [[nodiscard]] virtual json refused() const = 0;

  /// Whether the backend itself ends a run at its deadline; otherwise only the
  /// front does.
  [[nodiscard]] virtual bool ends_at_deadline() const = 0;
};

/// The tests that each implementation of `adapter` has to pass.
class adapter_conformance
  : public ::testing::TestWithParam<
      std::function<std::unique_ptr<adapter_subject>()>> {
protected:
  void SetUp() override {
    subject_ = GetParam()();
    adapter_ = subject_->make(host_);
  }

  void TearDown() override {
    destroy();
  }

  void destroy() {
    adapter_.reset();
    host_.drop_tasks();
  }

  static std::shared_ptr<const backend_program>
  make_program(const std::string& text, json configuration) {
    auto result = std::make_shared<backend_program>();
    result->id = program_id::make();
    result->generation = 1;
    result->module = "Test.Module";
    result->version = "1.0.0";
    result->signature = any_signature::parse(text).value();
    result->configuration = std::move(configuration);
    return result;
  }

  result<std::string> create(std::shared_ptr<const backend_program> program) {
    auto ids = std::make_shared<inbox<result<std::string>>>();
    adapter_->create_program(std::move(program), [ids](result<std::string> x) {
      ids->put(std::move(x));
    });
    host_.advance(std::chrono::hours{1});
    if (!ids->wait_for(1))
      return fail(errc::internal, "no answer to create_program");
    return ids->items().front();
  }

  execution_id start(std::shared_ptr<const backend_program> program,
                     json inputs, std::shared_ptr<inbox<backend_reply>> to,
                     std::chrono::milliseconds time = patience) {
    auto run = backend_run{};
    run.id = execution_id::make();
    run.program = std::move(program);
    run.inputs = document{std::move(inputs)};
    run.deadline = std::chrono::steady_clock::now() + time;
    auto id = run.id;
    adapter_->execute(std::move(run),
                      [to](backend_reply x) { to->put(std::move(x)); });
    return id;
  }

  backend_reply execute(std::shared_ptr<const backend_program> program,
                        json inputs) {
    auto replies = std::make_shared<inbox<backend_reply>>();
    start(std::move(program), std::move(inputs), replies);
    if (!replies->wait_for(1))
      return {fail(errc::internal, "no answer to execute")};
    return replies->items().front();
  }

  manual_host host_;
  std::unique_ptr<adapter_subject> subject_;
  std::unique_ptr<adapter> adapter_;
};

TEST_P(adapter_conformance, AcceptsWhatItCanRunAndRefusesWhatItCannot) {
  auto sig = any_signature::parse("question -> answer").value();
  EXPECT_TRUE(adapter_->check(sig, subject_->quick()));
  auto refused = adapter_->check(sig, subject_->refused());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::invalid_option);
}

TEST_P(adapter_conformance, GivesEachGenerationOfAProgramItsOwnId) {
  auto first = make_program("question -> answer", subject_->quick());
  auto second = std::make_shared<backend_program>(*first);
  second->generation = 2;
  auto x = create(first);
  auto y = create(second);
  ASSERT_TRUE(x);
  ASSERT_TRUE(y);
  EXPECT_NE(*x, *y);
}

TEST_P(adapter_conformance, AnswersInTheTypesOfTheSignature) {
  auto program = make_program(
    "question -> text: str, whole: int, share: float, sure: bool, "
    "tags: list[str], kind: literal['red', 'green'], maybe: optional[int]",
    subject_->quick());
  ASSERT_TRUE(create(program));
  auto reply = execute(program, question("Which colour has grass?"));
  ASSERT_TRUE(reply.outputs) << to_string(reply.outputs.error());
  auto problems = program->signature.validate(side::outputs, *reply.outputs);
  for (auto& x : problems)
    ADD_FAILURE() << x.message << " in " << dump_json(*reply.outputs);
  EXPECT_TRUE(reply.metadata.is_object() || reply.metadata.is_null());
}

TEST_P(adapter_conformance, RunsAProgramThatItWasNeverTold) {
  auto program = make_program("question -> answer", subject_->quick());
  auto reply = execute(program, question("Who?"));
  EXPECT_TRUE(reply.outputs) << to_string(reply.outputs.error());
}

TEST_P(adapter_conformance, RunsAProgramThatItWasToldToForget) {
  auto program = make_program("question -> answer", subject_->quick());
  auto id = create(program);
  ASSERT_TRUE(id);
  adapter_->delete_program(*id);
  adapter_->delete_program(*id);
  adapter_->delete_program("there is no such program");
  auto reply = execute(program, question("Who?"));
  EXPECT_TRUE(reply.outputs) << to_string(reply.outputs.error());
}

TEST_P(adapter_conformance, AnswersManyRunsEachOnce) {
  constexpr size_t runs = 50;
  auto program = make_program("question -> answer", subject_->quick());
  auto replies = std::make_shared<inbox<backend_reply>>();
  for (size_t i = 0; i < runs; ++i)
    start(program, question("number " + std::to_string(i)), replies);
  EXPECT_TRUE(replies->wait_for(runs));
  destroy();
  EXPECT_EQ(replies->items().size(), runs);
}

TEST_P(adapter_conformance, NeverAnswersARunAfterItIsCancelledAndOthersGoOn) {
  auto hanging = make_program("question -> answer", subject_->hanging());
  auto quick = make_program("question -> answer", subject_->quick());
  auto cancelled = std::make_shared<inbox<backend_reply>>();
  auto id = start(hanging, question("Who?"), cancelled);
  adapter_->cancel(id);
  adapter_->cancel(id);
  adapter_->cancel(execution_id::make());
  host_.advance(std::chrono::hours{2});
  auto reply = execute(quick, question("Who?"));
  EXPECT_TRUE(reply.outputs) << to_string(reply.outputs.error());
  destroy();
  for (auto& x : cancelled->items())
    EXPECT_EQ(x.outputs.error().code, errc::cancelled);
}

TEST_P(adapter_conformance, EndsAHangingRunAtItsDeadlineOrLeavesItToTheFront) {
  auto program = make_program("question -> answer", subject_->hanging());
  auto replies = std::make_shared<inbox<backend_reply>>();
  start(program, question("Who?"), replies, std::chrono::milliseconds{200});
  if (!subject_->ends_at_deadline()) {
    EXPECT_TRUE(replies->items().empty());
    return;
  }
  ASSERT_TRUE(replies->wait_for(1));
  auto reply = replies->items().front();
  ASSERT_FALSE(reply.outputs);
  EXPECT_EQ(reply.outputs.error().code, errc::timeout);
}

TEST_P(adapter_conformance, IsSilentOnceItIsDestroyedWithRunsUnderWay) {
  auto program = make_program("question -> answer", subject_->hanging());
  auto replies = std::make_shared<inbox<backend_reply>>();
  for (auto i = 0; i < 20; ++i)
    start(program, question("Who?"), replies);
  auto begin = std::chrono::steady_clock::now();
  destroy();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, patience / 3);
  EXPECT_TRUE(replies->items().empty());
}

} // namespace dspex::test
