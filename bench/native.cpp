#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <vector>

#include "bench/benchmark.hpp"
#include "bench/child.hpp"

namespace dspex::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr auto turn = "3";
constexpr auto window = "64";
constexpr auto many = 10'000;

/// A simulated model in a process of its own.
class model {
public:
  explicit model(const std::string& latency_ms)
    : process_({sibling("dspex"), "lm-sim", "--port", "0", "--latency-ms",
                latency_ms, "-f", "jsonl"}) {
    auto hello = parse_json(process_.read_line());
    if (!hello)
      throw std::runtime_error("lm-sim does not start");
    base_url_ = (*hello)["base_url"].get<std::string>();
  }

  [[nodiscard]] const std::string& base_url() const {
    return base_url_;
  }

private:
  child process_;
  std::string base_url_;
};

/// A client to measure: its command but for the server's address.
struct rival {
  std::vector<std::string> command;
  std::vector<std::string> arguments;

  [[nodiscard]] std::vector<std::string> with(const model& server) const {
    auto result = command;
    result.push_back(server.base_url());
    result.insert(result.end(), arguments.begin(), arguments.end());
    return result;
  }
};

rival native(std::string callers = window, std::string length = turn) {
  return {{sibling("dspex-native-client")},
          {std::move(callers), std::move(length)}};
}

rival dspy(const std::string& callers, bool async = false) {
  auto arguments = std::vector<std::string>{callers, turn};
  if (async)
    arguments.emplace_back("async");
  return {{dspy_python(), DSPEX_SOURCE_DIR "/bench/dspy_client.py"}, arguments};
}

struct figures {
  double calls = 0;
  double seconds = 0;
  double cpu_seconds = 0;
  double resident_bytes = 0;

  [[nodiscard]] double calls_per_cpu_second() const {
    return calls / cpu_seconds;
  }
};

figures measure(const rival& x, const model& server) {
  auto process = child{x.with(server)};
  static_cast<void>(process.read_line());
  auto row = parse_json(process.read_line());
  if (!row)
    throw std::runtime_error("a benchmark's client prints no JSON");
  auto get = [&](const char* name) { return (*row)[name].get<double>(); };
  return {get("calls"), get("seconds"), get("cpu_seconds"),
          get("resident_bytes")};
}

double milliseconds_to_first_call(const rival& x, const model& server) {
  auto begin = clock::now();
  auto process = child{x.with(server)};
  static_cast<void>(process.read_line());
  auto spent = std::chrono::duration<double, std::milli>{clock::now() - begin};
  return spent.count();
}

/// The best of Python's ways to call, and this backend beside each of them.
struct contest {
  figures ours;
  figures theirs;
  /// The figures of this backend with as many calls as `theirs`.
  figures same_calls;
};

contest run_contest() {
  auto server = model{"0"};
  auto result = contest{};
  for (auto& x :
       {dspy("1"), dspy("2"), dspy("4"), dspy("8"), dspy("64", true)}) {
    auto theirs = measure(x, server);
    if (result.theirs.calls == 0
        || theirs.calls_per_cpu_second() > result.theirs.calls_per_cpu_second())
      result.theirs = theirs;
    auto ours = measure(native(), server);
    // The worst of this backend's turns.
    if (result.ours.calls == 0
        || ours.calls_per_cpu_second() < result.ours.calls_per_cpu_second())
      result.ours = ours;
  }
  auto calls = std::to_string(static_cast<uint64_t>(result.theirs.calls));
  result.same_calls = measure(native(window, calls + 'x'), server);
  std::cerr << "native: " << result.ours.calls / result.ours.seconds
            << " calls a second, DSPy "
            << result.theirs.calls / result.theirs.seconds << "; "
            << result.ours.calls << " calls took "
            << result.ours.resident_bytes / 1e6 << " MB, " << calls
            << " as in DSPy " << result.same_calls.resident_bytes / 1e6
            << " MB\n";
  return result;
}

/// One contest is enough for two benchmarks.
const contest& the_contest() {
  static const auto instance = run_contest();
  return instance;
}

void raise_descriptor_limit() {
  auto limit = rlimit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < many + 1000)
    throw std::runtime_error("native.concurrent needs 11000 descriptors a "
                             "process: raise the hard limit");
}

} // namespace

/// Calls for each second of processor time that the client uses: a whole node
/// with tracking on the memory store, 64 at a time, against the best of DSPy's
/// `Predict` in 1, 2, 4, 8 threads and in asyncio. `question -> answer`, cache
/// off, a simulated model without latency in its own process.
measurement native_cpu() {
  auto& x = the_contest();
  return {x.ours.calls_per_cpu_second(),
          x.theirs.calls_per_cpu_second(),
          "1/s",
          {target::subject::ratio, target::relation::at_least, 20}};
}

/// The most memory of the process that DSPy had in that contest, and of this
/// backend's for as many calls. In the time of the contest it makes some forty
/// times as many, and a memory store keeps each execution.
measurement native_memory() {
  auto& x = the_contest();
  return {x.same_calls.resident_bytes / 1e6,
          x.theirs.resident_bytes / 1e6,
          "MB",
          {target::subject::ratio, target::relation::at_most, 0.2}};
}

/// From the start of the process to the first answer.
measurement native_first_call() {
  auto server = model{"0"};
  auto [value, limit] = in_turns(
    5, [&] { return milliseconds_to_first_call(native(), server); },
    [&] { return milliseconds_to_first_call(dspy("1"), server); });
  return {value,
          limit,
          "ms",
          {target::subject::ratio, target::relation::at_most, 0.05}};
}

/// 10 000 calls at the same time, to a model that takes a second for each; the
/// limit is that second.
measurement native_concurrent() {
  raise_descriptor_limit();
  auto server = model{"1000"};
  auto all = std::to_string(many);
  auto x = measure(native(all, all + "x"), server);
  std::cerr << "native.concurrent: " << x.cpu_seconds << " s of processor, "
            << x.resident_bytes / 1e6 << " MB\n";
  return {x.seconds,
          1.0,
          "s",
          {target::subject::value, target::relation::at_most, 4}};
}

} // namespace dspex::bench
