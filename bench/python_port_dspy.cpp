#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <memory>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/python_port/python_package.hpp"
#include "bench/benchmark.hpp"
#include "bench/run_load.hpp"
#include "dspex/runtime.hpp"

namespace dspex::bench {

namespace {

using namespace std::chrono_literals;

constexpr auto warm_up = 1000ms;
constexpr auto probe = 600ms;
constexpr size_t probes = 3;
constexpr auto turn = 1200ms;
constexpr size_t rounds = 7;

/// A child that is written to and read from by lines.
class line_process {
public:
  explicit line_process(const std::string& command) {
    int in[2];
    int out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
      throw std::runtime_error("no pipe");
    // The child must not outlive this process.
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True", 1);
      dup2(in[0], 0);
      dup2(out[1], 1);
      execl("/bin/sh", "sh", "-c", ("exec " + command).c_str(), nullptr);
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    write_ = fdopen(in[1], "w");
    read_ = fdopen(out[0], "r");
  }

  line_process(const line_process&) = delete;
  line_process& operator=(const line_process&) = delete;

  ~line_process() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
    fclose(write_);
    fclose(read_);
  }

  std::string read_line() {
    auto buffer = std::array<char, 1000>{};
    if (fgets(buffer.data(), buffer.size(), read_) == nullptr)
      throw std::runtime_error("a process ended early");
    return buffer.data();
  }

  std::string ask(const std::string& line) {
    fputs((line + "\n").c_str(), write_);
    fflush(write_);
    return read_line();
  }

private:
  pid_t pid_;
  FILE* write_;
  FILE* read_;
};

/// The numbers of threads with which the plain process is measured.
constexpr auto thread_counts = std::array<size_t, 4>{1, 2, 4, 8};

/// How a node runs `window` calls at a time.
struct node_shape {
  size_t workers;
  size_t threads;
  size_t window;
};

/// Python runs one thread of a process at a time: a second one finds work while
/// the first waits for the model, and costs switches. One run more than there
/// are threads, so that a worker need not wait for the next.
constexpr auto shapes = std::array<node_shape, 3>{{
  {2, 1, 3},
  {2, 2, 5},
  {3, 1, 4},
}};

/// A node that runs `question -> answer` on DSPy.
class dspy_node {
public:
  dspy_node(const std::string& model_url, node_shape x)
    : node_(value_of(runtime::start(options(model_url, x)))),
      window_(x.window) {
    auto client = node_.client();
    if (auto ok = client.define_module("Bench.Ask", "text: str -> answer: str");
        !ok)
      throw std::runtime_error(to_string(ok.error()));
    auto options = program_options{};
    options.adapter = "python_port";
    options.configuration = {{"max_concurrency", window_}};
    auto draft = value_of(client.create_program("Bench.Ask", options));
    program_ = value_of(client.initialize_program(draft.id)).id;
    rate(warm_up);
  }

  double rate(std::chrono::milliseconds length) {
    auto load = run_load{node_.client(), [&](uint64_t) { return program_; },
                         window_};
    return rate_of(load.answered(), 300ms, length);
  }

private:
  static runtime_options options(const std::string& model_url, node_shape x) {
    auto result = runtime_options{.store_url = "memory:"};
    result.config.lm.model = "openai/sim";
    result.config.lm.base_url = model_url;
    result.config.python_port.workers = x.workers;
    result.config.python_port.threads = x.threads;
    return result;
  }

  runtime node_;
  program_id program_;
  size_t window_;
};

} // namespace

/// Calls of DSPy's `Predict` a second against the simulated model, a process of
/// its own: through a node. The limit is one plain Python process. Both have
/// the numbers of processes and threads that suit them best.
measurement python_port_dspy() {
  auto model
    = line_process{std::string{DSPEX_PROGRAM} + " lm-sim --port 0 -f jsonl"};
  auto url
    = parse_json(model.read_line()).value().at("base_url").get<std::string>();
  auto plain = line_process{
    find_python_package().python
    + " " DSPEX_SOURCE_DIR "/tests/python_port/plain_dspy.py " + url};
  plain.read_line();
  auto plain_rate = [&](size_t threads, std::chrono::milliseconds length) {
    auto seconds = std::chrono::duration<double>(length).count();
    return std::stod(
      plain.ask(std::to_string(threads) + ' ' + std::to_string(seconds)));
  };
  // Each several times: the machine is not always as fast.
  auto rates = std::array<double, thread_counts.size()>{};
  for (size_t round = 0; round < probes; ++round)
    for (size_t i = 0; i < rates.size(); ++i)
      rates[i] += plain_rate(thread_counts[i], probe) / probes;
  auto best_place = size_t{0};
  for (size_t i = 0; i < rates.size(); ++i) {
    std::cerr << "python_port.dspy: plain Python with " << thread_counts[i]
              << " threads: " << rates[i] << "/s\n";
    if (rates[i] > rates[best_place])
      best_place = i;
  }
  auto best = thread_counts[best_place];
  auto one = std::make_unique<dspy_node>(url, node_shape{1, 1, 1});
  auto [alone, direct] = in_turns(
    rounds, [&] { return one->rate(turn); },
    [&] { return plain_rate(1, turn); });
  one.reset();
  std::cerr << "python_port.dspy: one call at a time takes "
            << std::llround(1e6 / alone) << " us, and "
            << std::llround(1e6 / direct)
            << " us without dspex: " << std::llround(1e6 / alone - 1e6 / direct)
            << " us are added\n";
  auto best_shape = shapes.front();
  auto best_ratio = 0.0;
  for (auto shape : shapes) {
    auto node = dspy_node{url, shape};
    auto [x, y] = in_turns(
      probes, [&] { return node.rate(probe); },
      [&] { return plain_rate(best, probe); });
    std::cerr << "python_port.dspy: " << shape.workers << " workers with "
              << shape.threads << " threads: " << x << "/s, plain Python: " << y
              << "/s\n";
    if (x / y > best_ratio) {
      best_ratio = x / y;
      best_shape = shape;
    }
  }
  auto node = dspy_node{url, best_shape};
  auto [value, limit] = in_turns(
    rounds, [&] { return node.rate(turn); },
    [&] { return plain_rate(best, turn); });
  return {value,
          limit,
          "1/s",
          {target::subject::ratio, target::relation::at_least, 1.6}};
}

} // namespace dspex::bench
