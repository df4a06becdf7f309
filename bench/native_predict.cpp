#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>

#include "adapters/native/program/import.hpp"
#include "adapters/native/run/native_adapter.hpp"
#include "bench/benchmark.hpp"
#include "bench/child.hpp"
#include "bench/run_load.hpp"

namespace dspex::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr auto python_turn = "3";
constexpr size_t warm_up = 20'000;
constexpr size_t round = 100'000;
constexpr size_t rounds = 10;

// The cost that the last round may have in terms of the first one, and the
// memory that may come between them: pages that the allocator did not have
// touched yet.
constexpr auto most_slower = 1.3;
constexpr auto most_bytes = 1e6;

/// Says the same to whatever it is asked, at once.
class scripted_model : public language_model {
public:
  explicit scripted_model(std::string reply) : reply_(std::move(reply)) {
  }

  void send(const lm_request& request, callback done) override {
    keep(request.messages);
    auto reply = lm_reply{reply_, json::object()};
    reply.usage["model"] = request.settings->model;
    reply.usage["prompt_tokens"] = 700;
    reply.usage["completion_tokens"] = 40;
    reply.usage["total_tokens"] = 740;
    reply.usage["retries"] = 0;
    reply.usage["latency_ms"] = 0;
    done(std::move(reply));
  }

  void cancel(uuid) override {
    // Whatever was asked is answered.
  }

private:
  std::string reply_;
};

class no_timers : public adapter_host {
public:
  void after(std::chrono::nanoseconds, std::function<void()>) override {
    throw std::logic_error("a Predict needs no timer");
  }
};

/// A program on the native backend, called as a node does: the inputs checked,
/// the backend asked, its outputs checked.
class predict {
public:
  predict(imported_program program, const std::string& reply)
    : context_(json::array(
      {"Addition is commutative: the order of the summands does not matter.",
       "The digits are added from right to left, with a carry beyond nine."})) {
    auto options = native_options{};
    options.defaults.model = "openai/scripted";
    options.defaults.base_url = "http://127.0.0.1:9/v1";
    options.make_model = [reply] {
      return std::make_unique<scripted_model>(reply);
    };
    backend_ = native_adapter_factory(std::move(options))(host_);
    auto made = std::make_shared<backend_program>();
    made->id = program_id::make();
    made->signature = std::move(program.signature);
    made->configuration = std::move(program.configuration);
    program_ = std::move(made);
  }

  /// @throws std::runtime_error unless the answer is what the model said.
  void call() {
    auto& sig = program_->signature;
    auto inputs = json::object();
    inputs["question"] = "What is " + std::to_string(++calls_) + " plus 4?";
    inputs["context"] = context_;
    auto is_right = sig.validate(side::inputs, inputs).empty();
    auto run = backend_run{};
    run.id = execution_id::make();
    run.program = program_;
    run.inputs = document{std::move(inputs)};
    run.deadline = clock::now() + std::chrono::minutes{1};
    auto answers = 0;
    backend_->execute(std::move(run), [&](backend_reply reply) {
      ++answers;
      is_right = is_right && reply.outputs
                 && sig.validate(side::outputs, *reply.outputs).empty()
                 && reply.outputs->at("confidence") == 0.75
                 && reply.outputs->at("sources").size() == 2
                 && reply.metadata.contains("lm");
    });
    if (answers != 1 || !is_right)
      throw std::runtime_error("native.predict: a wrong answer");
  }

private:
  no_timers host_;
  json context_;
  std::unique_ptr<adapter> backend_;
  std::shared_ptr<const backend_program> program_;
  uint64_t calls_ = 0;
};

double microseconds_a_call(predict& x, size_t calls) {
  auto begin = clock::now();
  for (size_t i = 0; i < calls; ++i)
    x.call();
  std::chrono::duration<double, std::micro> spent = clock::now() - begin;
  return spent.count() / static_cast<double>(calls);
}

double resident_bytes() {
  auto pages = 0.0;
  std::ifstream{"/proc/self/statm"} >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

} // namespace

/// A Predict with four demos that DSPy has saved, without the share of the
/// model, which answers at once: inputs checked, messages made, reply read,
/// outputs converted and checked. The limit is DSPy's own Predict of the same
/// program, with a model that does the same. Over a million calls neither time
/// nor memory may grow.
measurement native_predict() {
  auto rival = child{
    {dspy_python(), DSPEX_SOURCE_DIR "/bench/dspy_predict.py", python_turn}};
  auto program = parse_json(rival.read_line());
  auto theirs = parse_json(rival.read_line());
  if (!program || !theirs)
    throw std::runtime_error("dspy_predict.py prints no JSON");
  auto options = import_options{};
  options.signature = (*program)["signature"].get<std::string>();
  auto ours = predict{value_of(import_program((*program)["saved"], options)),
                      (*program)["reply"].get<std::string>()};
  microseconds_a_call(ours, warm_up);
  auto before = resident_bytes();
  auto first = microseconds_a_call(ours, round);
  auto sum = first;
  auto last = first;
  for (size_t i = 1; i < rounds; ++i) {
    last = microseconds_a_call(ours, round);
    sum += last;
  }
  auto grown = resident_bytes() - before;
  std::cerr << "native.predict: " << first << " us a call in the first "
            << round << ", " << last << " in the last; " << grown / 1e6
            << " MB more\n";
  return {sum / rounds,
          (*theirs)["microseconds"].get<double>(),
          "us",
          {target::subject::value, target::relation::at_most, 50},
          last <= most_slower * first && grown <= most_bytes};
}

} // namespace dspex::bench
