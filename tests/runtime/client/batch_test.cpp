// Many runs by one call.

#include <atomic>

#include "tests/runtime/node_test.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

// The calls that a backend received.
struct observations {
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
};

// Answers every question with itself, after a moment, and counts.
class echo_adapter : public adapter {
public:
  echo_adapter(adapter_host& host, std::shared_ptr<observations> seen)
    : host_(host), seen_(std::move(seen)) {
  }

  result<void> check(const any_signature&, const json&) const override {
    return {};
  }

  void create_program(std::shared_ptr<const backend_program> program,
                      create_callback done) override {
    done(to_string(program->id));
  }

  void execute(backend_run run, run_callback done) override {
    auto now = ++seen_->running;
    if (now > seen_->most)
      seen_->most = now;
    host_.after(1ms, [seen = seen_, inputs = run.inputs, done] {
      --seen->running;
      auto outputs = json::object();
      outputs["answer"] = (*inputs)["question"];
      done({std::move(outputs), json::object()});
    });
  }

  void cancel(execution_id) override {
    // Every run ends soon.
  }

  void delete_program(const std::string&) override {
    // There is nothing to forget.
  }

private:
  adapter_host& host_;
  std::shared_ptr<observations> seen_;
};

class ClientBatch : public testing::Test {
protected:
  ClientBatch() {
    auto options = runtime_options{.store_url = "memory:"};
    options.config.log.level = "off";
    options.adapters["echo"] = [seen = seen_](adapter_host& host) {
      return std::make_unique<echo_adapter>(host, seen);
    };
    options.adapters["endless"] = mock_adapter_factory({.latency = 1h});
    node_.emplace(must(runtime::start(std::move(options))));
    client_.emplace(node_->client());
    must(client_->define_module("Test.Echo", "question -> answer"));
  }

  program_id ready_program(json configuration = json::object(),
                           const std::string& adapter = "echo") {
    auto made = must(client_->create_program(
      "Test.Echo",
      {.adapter = adapter, .configuration = std::move(configuration)}));
    return must(client_->initialize_program(made.id)).id;
  }

  static std::vector<json> questions(size_t count) {
    auto out = std::vector<json>{};
    for (size_t i = 0; i < count; ++i)
      out.push_back({{"question", "q" + std::to_string(i)}});
    return out;
  }

  static void expect_answers(const batch_results& outcomes, size_t count) {
    ASSERT_EQ(outcomes.size(), count);
    for (size_t i = 0; i < count; ++i) {
      ASSERT_TRUE(outcomes[i]) << i << to_string(outcomes[i].error());
      EXPECT_EQ((*outcomes[i]->outputs)["answer"], "q" + std::to_string(i));
    }
  }

  std::shared_ptr<observations> seen_ = std::make_shared<observations>();
  std::optional<runtime> node_;
  std::optional<client> client_;
};

} // namespace

TEST_F(ClientBatch, KeepsTheOrderOfItsInputs) {
  auto program = ready_program();
  expect_answers(must(client_->execute_batch(program, questions(300))), 300);
  EXPECT_EQ(must(client_->get_program(program)).execution_count(), 300u);
}

TEST_F(ClientBatch, StaysWithinItsConcurrency) {
  auto program = ready_program({{"max_concurrency", 64}});
  must(client_->execute_batch(program, questions(200), {.concurrency = 7}));
  EXPECT_LE(seen_->most, 7);
  EXPECT_GT(seen_->most, 1);
}

TEST_F(ClientBatch, RunsTheOthersWhenOneIsBad) {
  auto inputs = questions(50);
  inputs[7] = {{"wrong_field", 1}};
  inputs[8] = json::array();
  auto outcomes = must(client_->execute_batch(ready_program(), inputs));
  ASSERT_EQ(outcomes.size(), 50u);
  for (size_t i = 0; i < outcomes.size(); ++i) {
    if (i == 7 || i == 8)
      EXPECT_EQ(outcomes[i].error().code, errc::invalid_input) << i;
    else
      EXPECT_TRUE(outcomes[i]) << i;
  }
}

TEST_F(ClientBatch, WaitsOutAProgramThatIsFull) {
  auto program = ready_program({{"max_concurrency", 1}, {"max_queue", 0}});
  auto outcomes
    = must(client_->execute_batch(program, questions(60), {.concurrency = 9}));
  expect_answers(outcomes, 60);
  EXPECT_EQ(must(client_->get_program(program)).execution_count(), 60u);
}

TEST_F(ClientBatch, WaitsForRoomThatOthersTake) {
  auto program = ready_program({{"max_concurrency", 1}, {"max_queue", 0}},
                               "endless");
  auto other = client_->execute_program_async(program, {{"question", "?"}});
  wait_until([&] { return client_->get_execution(other.id()).has_value(); });
  auto batch = client_->execute_batch_async(program, questions(2),
                                            {.options = {{"timeout_ms", 1}}});
  must(other.cancel());
  auto outcomes = must(batch.get());
  ASSERT_EQ(outcomes.size(), 2u);
  for (auto& x : outcomes)
    EXPECT_EQ(x.error().code, errc::timeout) << to_string(x.error());
}

TEST_F(ClientBatch, TellsHowFarItIs) {
  auto told = std::vector<batch_progress>{};
  auto inside = std::atomic<int>{0};
  auto inputs = questions(40);
  inputs[3] = json::object();
  auto options = batch_options{};
  options.progress = [&](const batch_progress& x) {
    EXPECT_EQ(++inside, 1) << "two calls at once";
    told.push_back(x);
    --inside;
  };
  must(client_->execute_batch(ready_program(), inputs, options));
  ASSERT_FALSE(told.empty());
  auto before = size_t{0};
  for (auto& x : told) {
    EXPECT_EQ(x.total, 40u);
    EXPECT_GT(x.completed + x.failed, before);
    before = x.completed + x.failed;
  }
  EXPECT_EQ(told.back().completed, 39u);
  EXPECT_EQ(told.back().failed, 1u);
}

TEST_F(ClientBatch, OutlivesAProgressCallbackThatThrows) {
  auto options = batch_options{};
  options.progress = [](const batch_progress&) {
    throw std::runtime_error("a fault of the caller");
  };
  expect_answers(
    must(client_->execute_batch(ready_program(), questions(5), options)), 5);
}

TEST_F(ClientBatch, AnswersAnEmptyOne) {
  EXPECT_TRUE(must(client_->execute_batch(ready_program(), {})).empty());
}

TEST_F(ClientBatch, NamesWhatItsOptionsCannotBe) {
  auto program = ready_program();
  EXPECT_EQ(
    refusal(client_->execute_batch(program, questions(1), {.concurrency = 0})),
    "invalid_option: concurrency: must be between 1 and 100000, got 0");
  EXPECT_EQ(refusal(client_->execute_batch(
              program, questions(1), {.options = {{"idempotency_key", "k"}}})),
            "invalid_option: idempotency_key: belongs to one run, not to a "
            "batch");
  // Options that a run refuses are reported for each run.
  auto outcomes = must(client_->execute_batch(program, questions(2),
                                              {.options = {{"timeot", 1}}}));
  for (auto& x : outcomes)
    EXPECT_EQ(x.error().code, errc::invalid_option);
  EXPECT_EQ(seen_->most, 0);
}

TEST_F(ClientBatch, FailsItemByItemForAProgramThatIsNotThere) {
  auto outcomes = must(client_->execute_batch("nobody", questions(3)));
  for (auto& x : outcomes)
    EXPECT_EQ(x.error().code, errc::not_found);
}

} // namespace dspex::test
