#include "bench/run_load.hpp"

#include <cstdlib>
#include <iostream>
#include <thread>
#include <utility>

namespace dspex::bench {

std::string fresh_text(uint64_t number) {
  auto text = std::to_string(number);
  text.resize(200, 'x');
  return text;
}

program_record make_program(const client& c, size_t window,
                            std::chrono::milliseconds deadline) {
  if (auto ok = c.define_module("Bench.Echo", "text: str -> answer: str"); !ok)
    throw std::runtime_error(to_string(ok.error()));
  auto options = program_options{};
  options.adapter = "mock";
  options.configuration = {{"max_concurrency", window},
                           {"timeout_ms", deadline.count()}};
  auto draft = value_of(c.create_program("Bench.Echo", options));
  return value_of(c.initialize_program(draft.id));
}

run_load::run_load(client c, next_program next, size_t window)
  : client_(std::move(c)), next_(std::move(next)), callers_(window) {
  for (size_t i = 0; i < window; ++i)
    run_next();
}

run_load::~run_load() {
  stopping_ = true;
  wait();
}

void run_load::wait() {
  auto guard = std::unique_lock{mutex_};
  changed_.wait(guard, [this] { return callers_ == 0; });
}

void run_load::run_next() {
  auto n = started_++;
  auto program = stopping_ ? std::nullopt : next_(n);
  if (!program) {
    auto guard = std::lock_guard{mutex_};
    --callers_;
    changed_.notify_all();
    return;
  }
  auto inputs = json{};
  inputs["text"] = fresh_text(n);
  client_.execute_program_async(
    *program, std::move(inputs), {},
    [this](const result<execution_result>& outcome) {
      if (!outcome) {
        // On a thread of an actor, which would survive an exception.
        std::cerr << "dspex-bench: " << to_string(outcome.error()) << '\n';
        std::_Exit(1);
      }
      ++answered_;
      run_next();
    });
}

double rate_of(const std::atomic<uint64_t>& counter,
               std::chrono::milliseconds warm_up,
               std::chrono::milliseconds turn) {
  using clock = std::chrono::steady_clock;
  std::this_thread::sleep_for(warm_up);
  auto begin = clock::now();
  auto before = counter.load();
  std::this_thread::sleep_for(turn);
  auto answered = counter.load() - before;
  std::chrono::duration<double> spent = clock::now() - begin;
  return static_cast<double>(answered) / spent.count();
}

} // namespace dspex::bench
