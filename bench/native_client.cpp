// dspex-native-client BASE_URL WINDOW SECONDS|CALLSx: what the benchmarks
// `native.*` measure. Starts a node on the memory store, runs `question ->
// answer` once, prints `{}`, then keeps WINDOW runs in flight for SECONDS, or
// makes that many calls (`10000x`), and prints `{"calls", "seconds",
// "cpu_seconds", "resident_bytes"}`.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <fstream>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/resource.h>

#include "bench/run_load.hpp"
#include "dspex/runtime.hpp"

namespace {

using namespace dspex;
using dspex::bench::value_of;
using clock_type = std::chrono::steady_clock;

double cpu_seconds() {
  auto used = rusage{};
  getrusage(RUSAGE_SELF, &used);
  auto in_seconds = [](timeval x) {
    return static_cast<double>(x.tv_sec) + static_cast<double>(x.tv_usec) / 1e6;
  };
  return in_seconds(used.ru_utime) + in_seconds(used.ru_stime);
}

// `getrusage` is not used, as its maximum may be the one of the process that
// started this one.
int64_t most_resident_bytes() {
  constexpr auto name = std::string_view{"VmHWM:"};
  auto file = std::ifstream{"/proc/self/status"};
  for (auto line = std::string{}; std::getline(file, line);)
    if (line.starts_with(name))
      return std::stoll(line.substr(name.size())) * 1024;
  throw std::runtime_error("/proc/self/status has no VmHWM");
}

json question(uint64_t number) {
  return {{"question", "What is " + std::to_string(number) + " plus 4?"}};
}

class load {
public:
  load(client c, program_id program, size_t window,
       std::chrono::duration<double> time, uint64_t calls)
    : client_(std::move(c)),
      program_(program),
      end_(clock_type::now()
           + std::chrono::duration_cast<clock_type::duration>(time)),
      calls_(calls),
      running_(window) {
    for (size_t i = 0; i < window; ++i)
      next();
  }

  void wait() {
    auto guard = std::unique_lock{mutex_};
    changed_.wait(guard, [this] { return running_ == 0; });
  }

  [[nodiscard]] uint64_t answered() const {
    return answered_;
  }

private:
  void next() {
    auto n = started_++;
    auto is_over = calls_ > 0 ? n >= calls_ : clock_type::now() >= end_;
    if (!is_over) {
      client_.execute_program_async(
        program_, question(n), json::object(),
        [this](const result<execution_result>& outcome) {
          if (!outcome) {
            // On a thread of an actor, which would survive an exception.
            std::cerr << "dspex-native-client: " << to_string(outcome.error())
                      << std::endl;
            std::_Exit(1);
          }
          ++answered_;
          next();
        });
      return;
    }
    auto guard = std::lock_guard{mutex_};
    if (--running_ == 0)
      changed_.notify_all();
  }

  client client_;
  program_id program_;
  clock_type::time_point end_;
  uint64_t calls_;
  std::atomic<uint64_t> started_ = 0;
  std::atomic<uint64_t> answered_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t running_;
};

void run(const std::string& base_url, size_t window,
         const std::string& length) {
  auto options = runtime_options{};
  options.store_url = "memory:";
  options.config.lm.base_url = base_url;
  options.config.lm.model = "openai/sim";
  auto node = value_of(runtime::start(std::move(options)));
  auto c = node.client();
  if (auto ok = c.define_module("Bench.Ask", "question -> answer"); !ok)
    throw std::runtime_error(to_string(ok.error()));
  auto what = program_options{};
  what.adapter = "native";
  what.configuration = {{"max_concurrency", window}};
  auto draft = value_of(c.create_program("Bench.Ask", what));
  auto program = value_of(c.initialize_program(draft.id)).id;
  value_of(c.execute_program(program, question(0)));
  std::cout << "{}" << std::endl;
  auto is_count = length.ends_with('x');
  auto begin = clock_type::now();
  auto cpu = cpu_seconds();
  auto all = load{c, program, window,
                  std::chrono::duration<double>{std::stod(length)},
                  is_count ? std::stoull(length) : 0};
  all.wait();
  auto spent = std::chrono::duration<double>{clock_type::now() - begin};
  std::cout << dump_json({{"calls", all.answered()},
                          {"seconds", spent.count()},
                          {"cpu_seconds", cpu_seconds() - cpu},
                          {"resident_bytes", most_resident_bytes()}})
            << std::endl;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: dspex-native-client BASE_URL WINDOW SECONDS|CALLSx\n";
    return 2;
  }
  try {
    run(argv[1], std::stoul(argv[2]), argv[3]);
    return 0;
  } catch (const std::exception& err) {
    std::cerr << "dspex-native-client: " << err.what() << '\n';
    return 1;
  }
}
