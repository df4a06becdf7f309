// Tests of the pieces that a client receives before a run ends.

#include <atomic>
#include <future>
#include <thread>

#include "tests/runtime/node_test.hpp"

namespace dspex::test {

using namespace std::chrono_literals;

namespace {

// Sends the words of a question, each from another thread than the one before,
// then waits for the word `go` of the test and answers with all of them.
class talker : public adapter {
public:
  explicit talker(std::shared_future<void> go) : go_(std::move(go)) {
  }

  ~talker() override {
    for (auto& x : threads_)
      x.join();
  }

  result<void> check(const any_signature&, const json&) const override {
    return {};
  }

  void create_program(std::shared_ptr<const backend_program>,
                      create_callback done) override {
    done("talker");
  }

  void execute(backend_run run, run_callback done) override {
    threads_.emplace_back(
      [run = std::move(run), done = std::move(done), go = go_] {
        auto text = run.inputs->at("question").get<std::string>();
        for (auto c : text)
          std::thread{[&] {
            if (run.on_chunk)
              run.on_chunk({"answer", std::string{c}, false});
          }}.join();
        go.wait();
        done({json::object({{"answer", text}}), json::object()});
      });
  }

  void cancel(execution_id) override {
    // The backend goes on with the run, and its caller may not notice.
  }

  void delete_program(const std::string&) override {
    // There is nothing to delete.
  }

private:
  std::shared_future<void> go_;
  std::vector<std::thread> threads_;
};

class ClientChunks : public testing::Test {
protected:
  ClientChunks() : node_(must(runtime::start(options()))) {
    must(client_.define_module("Test.Talk", "question -> answer"));
    program_
      = must(client_.create_program("Test.Talk", {.adapter = "talker"})).id;
    must(client_.initialize_program(program_));
  }

  ~ClientChunks() override {
    let_go();
  }

  void let_go() {
    if (!gone_.exchange(true))
      go_.set_value();
  }

  std::future<result<execution_result>> run(chunk_callback on_chunk) {
    auto ended = std::make_shared<std::promise<result<execution_result>>>();
    id_ = client_.execute_program_async(
      program_, {{"question", text_}}, json::object(),
      [this, ended](result<execution_result> x) {
        has_ended_ = true;
        ended->set_value(std::move(x));
      },
      std::move(on_chunk));
    return ended->get_future();
  }

  static result<execution_result>
  get(std::future<result<execution_result>>& x) {
    if (x.wait_for(1min) != std::future_status::ready)
      return fail(errc::timeout, "the run never ended");
    return x.get();
  }

  std::string text_ = "Which of you will come first of all, and who is last?";
  std::promise<void> go_;
  std::atomic<bool> gone_ = false;
  std::atomic<bool> has_ended_ = false;
  execution_id id_;
  runtime node_;
  client client_ = node_.client();
  program_id program_;

private:
  runtime_options options() {
    auto out = runtime_options{};
    out.store_url = "memory:";
    out.drain_limit = 0ms;
    out.config.log.level = "off";
    out.adapters["talker"] = [go = go_.get_future().share()](adapter_host&) {
      return std::make_unique<talker>(go);
    };
    return out;
  }
};

} // namespace

TEST_F(ClientChunks, ComeInOrderAndBeforeTheEnd) {
  auto told = std::string{};
  auto all_told = std::promise<void>{};
  auto ended = run([&](const field_chunk& x) {
    EXPECT_FALSE(has_ended_);
    EXPECT_EQ(x.field, "answer");
    EXPECT_FALSE(x.starts_over);
    told += x.text;
    if (told.size() == text_.size())
      all_told.set_value();
  });
  // The pieces arrive while the run goes on.
  ASSERT_EQ(all_told.get_future().wait_for(1min), std::future_status::ready);
  let_go();
  auto outcome = must(get(ended));
  EXPECT_EQ(outcome.outputs->at("answer"), told);
}

TEST_F(ClientChunks, AreNeededByNobody) {
  let_go();
  auto ended = run({});
  EXPECT_EQ(must(get(ended)).outputs->at("answer"), text_);
}

TEST_F(ClientChunks, EndWithACallbackThatThrows) {
  let_go();
  auto calls = std::atomic<size_t>{0};
  auto ended = run([&](const field_chunk&) {
    if (++calls == 3)
      throw std::runtime_error("enough");
  });
  EXPECT_EQ(must(get(ended)).outputs->at("answer"), text_);
  EXPECT_EQ(calls, 3U);
}

TEST_F(ClientChunks, EndWhenTheRunIsCancelled) {
  auto began = std::promise<void>{};
  auto calls = std::atomic<size_t>{0};
  auto ended = run([&](const field_chunk&) {
    EXPECT_FALSE(has_ended_);
    if (++calls == 1)
      began.set_value();
  });
  ASSERT_EQ(began.get_future().wait_for(1min), std::future_status::ready);
  must(client_.cancel(id_));
  auto outcome = get(ended);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, errc::cancelled);
  // The backend goes on; a second run shows that nothing of it comes.
  auto before = calls.load();
  let_go();
  has_ended_ = false;
  auto next = run({});
  EXPECT_EQ(must(get(next)).outputs->at("answer"), text_);
  EXPECT_EQ(calls, before);
}

TEST(ClientChunksOfAModel, TogetherAreTheFieldsOfTheRun) {
  auto options = runtime_options{};
  options.store_url = "memory:";
  options.config.log.level = "off";
  options.config.lm.base_url = "sim:";
  options.config.lm.model = "openai/sim";
  auto node = must(runtime::start(std::move(options)));
  auto client = node.client();
  must(client.define_module("Test.Qa", "question -> answer, reason"));
  auto draft = must(client.create_program("Test.Qa", {.adapter = "native"}));
  auto program = must(client.initialize_program(draft.id));
  auto told = json::object();
  auto chunks = 0;
  auto ended = std::promise<result<execution_result>>{};
  client.execute_program_async(
    program.id, {{"question", "Why is the sky blue?"}}, json::object(),
    [&](result<execution_result> x) { ended.set_value(std::move(x)); },
    [&](const field_chunk& x) {
      ++chunks;
      auto& text = told[x.field];
      text = (text.is_null() ? "" : text.get<std::string>()) + x.text;
    });
  auto outcome = must(ended.get_future().get());
  EXPECT_EQ(outcome.outputs->at("answer"), told["answer"]);
  EXPECT_EQ(outcome.outputs->at("reason"), told["reason"]);
  EXPECT_GT(chunks, 2);
}

} // namespace dspex::test
