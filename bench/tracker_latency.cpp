// What a caller waits for durable tracking: the time of a run on PostgreSQL
// less that of the same run on `memory:`, beside the commit of a single row.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/benchmark.hpp"
#include "bench/postgres_bench.hpp"
#include "bench/tracker_load.hpp"

namespace dspex::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr auto turn = std::chrono::milliseconds{700};
constexpr size_t rounds = 5;

/// Microseconds.
struct spread {
  double p50 = 0;
  double p99 = 0;
};

double at_share(std::vector<double>& xs, double share) {
  auto n = static_cast<std::ptrdiff_t>(share * static_cast<double>(xs.size()));
  auto nth = xs.begin() + n;
  std::nth_element(xs.begin(), nth, xs.end());
  return *nth;
}

spread spread_of(std::vector<double> xs) {
  if (xs.empty())
    throw std::runtime_error("nothing was measured");
  return {at_share(xs, 0.5), at_share(xs, 0.99)};
}

/// Callers in a closed loop that look at the clock.
class timed_load {
public:
  timed_load(const tracked_node& node, size_t callers)
    : node_(node), client_(node.callers_end()), callers_(callers) {
  }

  spread run() {
    end_ = clock::now() + turn;
    for (size_t i = 0; i < callers_; ++i)
      start_one(i);
    auto guard = std::unique_lock{mutex_};
    changed_.wait(guard, [this] { return callers_ == 0; });
    return spread_of(std::move(times_));
  }

private:
  void start_one(uint64_t n) {
    auto begin = clock::now();
    auto inputs = json::object();
    inputs["text"] = fresh_text(n);
    auto& programs = node_.programs();
    client_.execute_program_async(
      programs[n % programs.size()], std::move(inputs), json::object(),
      [this, begin, n](const result<execution_result>& outcome) {
        if (!outcome) {
          std::cerr << "dspex-bench: " << to_string(outcome.error()) << '\n';
          std::_Exit(1);
        }
        on_answer(begin, n);
      });
  }

  void on_answer(clock::time_point begin, uint64_t n) {
    auto t = clock::now();
    {
      auto guard = std::unique_lock{mutex_};
      times_.push_back(
        std::chrono::duration<double, std::micro>{t - begin}.count());
      if (t >= end_) {
        --callers_;
        changed_.notify_all();
        return;
      }
    }
    start_one(n + 1);
  }

  const tracked_node& node_;
  client client_;
  clock::time_point end_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t callers_;
  std::vector<double> times_;
};

/// Inserts one row after the other, a transaction each.
class bare_insert {
public:
  bare_insert(const std::string& url, const execution_record& like)
    : connection_(url),
      program_(to_string(like.program_id)),
      inputs_(dump_json(*like.inputs)),
      outputs_(dump_json(*like.outputs)) {
    connection_.checked(PQprepare(
      connection_.get(), "insert",
      "insert into executions (id, program_id, node, executed_at, finished_at, "
      "inserted_at, updated_at, duration_us, attempt, status, error_message, "
      "inputs, outputs, metadata) values ($1, $2, $1, now(), now(), now(), "
      "now(), 1000, 1, 'completed', '', $3, $4, '{}')",
      0, nullptr));
  }

  spread run() {
    auto times = std::vector<double>{};
    for (auto end = clock::now() + turn; clock::now() < end;) {
      auto begin = clock::now();
      auto id = to_string(execution_id::make());
      const char* values[] = {id.c_str(), program_.c_str(), inputs_.c_str(),
                              outputs_.c_str()};
      connection_.checked(PQexecPrepared(connection_.get(), "insert", 4, values,
                                         nullptr, nullptr, 0));
      auto spent
        = std::chrono::duration<double, std::micro>{clock::now() - begin};
      times.push_back(spent.count());
    }
    return spread_of(std::move(times));
  }

private:
  bare_connection connection_;
  std::string program_;
  std::string inputs_;
  std::string outputs_;
};

double middle(std::vector<double> xs) {
  return at_share(xs, 0.5);
}

} // namespace

/// Microseconds that durability adds to a run of a single caller, at the
/// median, beside the commit of a bare transaction of one row.
measurement tracker_latency() {
  auto database = bench_database{};
  auto on_postgres = tracked_node{database.url(), 1024};
  auto in_memory = tracked_node{"memory:", 1024};
  auto bare = bare_insert{database.url(), on_postgres.one_execution()};
  auto result = measurement{};
  for (size_t callers : {1024u, 64u, 1u}) {
    auto p50 = std::vector<double>{};
    auto p99 = std::vector<double>{};
    auto commit50 = std::vector<double>{};
    auto commit99 = std::vector<double>{};
    for (size_t i = 0; i < rounds; ++i) {
      auto durable = timed_load{on_postgres, callers}.run();
      auto plain = timed_load{in_memory, callers}.run();
      auto commit = bare.run();
      p50.push_back(durable.p50 - plain.p50);
      p99.push_back(durable.p99 - plain.p99);
      commit50.push_back(commit.p50);
      commit99.push_back(commit.p99);
    }
    result = {middle(p50),
              middle(commit50),
              "us",
              {target::subject::ratio, target::relation::at_most, 2.5}};
    std::cerr << "tracker.latency: " << callers
              << " callers: durability adds p50 " << result.value << " us, p99 "
              << middle(p99) << " us; a bare commit takes p50 " << result.limit
              << " us, p99 " << middle(commit99) << " us\n";
  }
  return result;
}

} // namespace dspex::bench
