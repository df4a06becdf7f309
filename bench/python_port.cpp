// What stands between a program's actor and a Python worker: the adapter's
// front, its pool and its loop, beside a bare loop that talks to the same
// worker; and DSPy in two workers beside DSPy in one process.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <deque>
#include <iostream>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include "actors/adapter_front.hpp"
#include "adapters/python_port/child_process.hpp"
#include "adapters/python_port/frames.hpp"
#include "adapters/python_port/python_package.hpp"
#include "adapters/python_port/python_port_adapter.hpp"
#include "bench/benchmark.hpp"
#include "bench/run_load.hpp"
#include "runtime/node.hpp"

namespace dspex::bench {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto turn = 1500ms;
constexpr size_t rounds = 5;

std::string tests_folder() {
  return DSPEX_SOURCE_DIR "/tests/python_port";
}

/// Latencies of a turn, in microseconds.
struct figures {
  double rate = 0;
  double p50 = 0;
  double p99 = 0;
};

figures summed_up(std::vector<double> latencies, clock::duration spent) {
  auto at = [&](double share) {
    auto i
      = static_cast<size_t>(share * static_cast<double>(latencies.size() - 1));
    std::nth_element(latencies.begin(),
                     latencies.begin() + static_cast<std::ptrdiff_t>(i),
                     latencies.end());
    return latencies[i];
  };
  return {static_cast<double>(latencies.size())
            / std::chrono::duration<double>(spent).count(),
          at(0.5), at(0.99)};
}

double microseconds_since(clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(clock::now() - begin)
    .count();
}

// -- a bare loop --------------------------------------------------------------

/// A worker process, talked to with nothing but frames.
class bare_worker {
public:
  explicit bare_worker(const std::vector<std::string>& arguments)
    : child_(value_of(child_process::spawn(
      {find_python_package().python,
       arguments,
       {"PATH=/usr/bin:/bin",
        "PYTHONPATH=" + find_python_package().folder.string() + ":"
          + tests_folder()}}))),
      frames_(64'000'000) {
    send(0, "hello", "{}");
    receive();
  }

  /// Keeps `depth` requests in flight.
  figures turn_of(size_t depth) {
    auto latencies = std::vector<double>{};
    auto sent = std::deque<clock::time_point>{};
    auto begin = clock::now();
    auto next = [&] {
      auto number = next_++;
      auto args = std::string{R"({"program_id":"p","inputs":{"text":")"}
                  + fresh_text(number) + "\"}";
      if (number <= depth)
        args += R"(,"definition":{"configuration":{}})";
      send(number, "execute_program", args + "}");
      sent.push_back(clock::now());
    };
    for (size_t i = 0; i < depth; ++i)
      next();
    while (!sent.empty()) {
      receive();
      // Replies come in any order: the oldest stands for all.
      latencies.push_back(microseconds_since(sent.front()));
      sent.pop_front();
      if (clock::now() - begin < turn)
        next();
    }
    return summed_up(std::move(latencies), clock::now() - begin);
  }

private:
  void send(uint64_t id, const std::string& command, const std::string& args) {
    auto frame = std::string{};
    append_frame(frame, R"({"id":)" + std::to_string(id) + R"(,"command":")"
                          + command + R"(","deadline_ms":60000,"args":)" + args
                          + "}");
    for (auto rest = std::string_view{frame}; !rest.empty();) {
      auto n = ::send(child_.socket(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (n > 0)
        rest.remove_prefix(static_cast<size_t>(n));
    }
  }

  void receive() {
    while (true) {
      if (auto frame = value_of(frames_.next()))
        return;
      auto ready = pollfd{child_.socket(), POLLIN, 0};
      ::poll(&ready, 1, -1);
      auto buffer = std::array<char, 65'536>{};
      auto n = ::recv(child_.socket(), buffer.data(), buffer.size(), 0);
      if (n <= 0)
        throw std::runtime_error("the worker has gone");
      frames_.append({buffer.data(), static_cast<size_t>(n)});
    }
  }

  child_process child_;
  frame_splitter frames_;
  uint64_t next_ = 1;
};

// -- through the adapter ------------------------------------------------------

/// The adapter's front with one worker, and an actor in place of a program.
class fronted_worker {
public:
  explicit fronted_worker(size_t threads) : config_(scheduler_settings{}) {
    auto package = find_python_package();
    auto options = python_port_options{};
    options.python = package.python;
    options.python_path = {package.folder.string(), tests_folder()};
    options.backend = "scripted_backend";
    options.lm.model = "none";
    options.threads = threads;
    system_.emplace(config_);
    front_ = system_->spawn(adapter_front, python_port_adapter_factory(options),
                            restart_note{});
    program_ = std::make_shared<backend_program>();
    program_->id = program_id::make();
    program_->signature = value_of(any_signature::parse("text -> answer"));
    turn_of(1, 100ms);
  }

  ~fronted_worker() {
    caf::anon_send_exit(front_, caf::exit_reason::user_shutdown);
    front_ = nullptr;
  }

  figures turn_of(size_t depth, std::chrono::milliseconds length = turn) {
    auto self = caf::scoped_actor{*system_};
    auto latencies = std::vector<double>{};
    auto begin = clock::time_point{};
    auto driver
      = system_->spawn([&](caf::event_based_actor* me) -> caf::behavior {
          auto sent
            = std::make_shared<std::unordered_map<uuid, clock::time_point>>();
          auto next = [this, me, sent] {
            auto run = backend_run{};
            run.id = execution_id::make();
            run.program = program_;
            run.inputs
              = document{json::object({{"text", fresh_text(next_number_++)}})};
            run.deadline = clock::now() + 60s;
            (*sent)[run.id.value] = clock::now();
            auto msg = backend_execute{};
            msg.runs.push_back(std::move(run));
            me->send(front_, std::move(msg));
          };
          begin = clock::now();
          for (size_t i = 0; i < depth; ++i)
            next();
          return {[&, sent, next, me, length](const backend_replies& msg) {
            for (auto& x : msg.items) {
              if (!x.reply.outputs) {
                std::cerr << to_string(x.reply.outputs.error()) << '\n';
                std::_Exit(1);
              }
              auto i = sent->find(x.id.value);
              latencies.push_back(microseconds_since(i->second));
              sent->erase(i);
              if (clock::now() - begin < length)
                next();
              else if (sent->empty())
                me->quit();
            }
          }};
        });
    self->wait_for(driver);
    return summed_up(std::move(latencies), clock::now() - begin);
  }

private:
  node_config config_;
  std::optional<caf::actor_system> system_;
  adapter_actor front_;
  std::shared_ptr<backend_program> program_;
  uint64_t next_number_ = 1;
};

void note(const std::string& who, const figures& x) {
  std::cerr << "python_port: " << who << ' ' << std::llround(x.rate)
            << "/s, p50 " << std::llround(x.p50) << " us, p99 "
            << std::llround(x.p99) << " us\n";
}

std::vector<std::string> worker_arguments(size_t threads) {
  return {"-m",        "dspex_worker",
          "--fd",      std::to_string(child_process::socket_in_child),
          "--parent",  std::to_string(getpid()),
          "--threads", std::to_string(threads),
          "--backend", "scripted_backend"};
}

measurement at_depth(size_t depth, double bound) {
  auto ours = fronted_worker{depth};
  auto bare = bare_worker{worker_arguments(depth)};
  auto echo = bare_worker{{tests_folder() + "/inline_echo.py"}};
  auto last = std::array<figures, 3>{};
  auto [value, limit] = in_turns(
    rounds, [&] { return (last[0] = ours.turn_of(depth)).rate; },
    [&] { return (last[1] = bare.turn_of(depth)).rate; });
  last[2] = echo.turn_of(depth);
  auto at = "at depth " + std::to_string(depth);
  note("adapter " + at, last[0]);
  note("bare loop " + at, last[1]);
  note("bare loop with an inline echo " + at, last[2]);
  std::cerr << "python_port: " << value / last[2].rate
            << " of the inline echo\n";
  return {value,
          limit,
          "1/s",
          {target::subject::ratio, target::relation::at_least, bound}};
}

} // namespace

/// One request at a time through the adapter's front, pool and worker; the
/// limit is a bare loop that talks to the same worker.
measurement python_port_depth1() {
  return at_depth(1, 0.5);
}

/// The same with 16 in flight and 16 threads in the worker.
measurement python_port_depth16() {
  return at_depth(16, 0.7);
}

} // namespace dspex::bench
