// Durable tracking on PostgreSQL beside COPY of the same rows into the same
// table, and beside a design that does not think of load.

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "bench/benchmark.hpp"
#include "bench/naive_writer.hpp"
#include "bench/postgres_bench.hpp"
#include "bench/tracker_load.hpp"
#include "persistence/store.hpp"

namespace dspex::bench {

namespace {

using std::chrono::milliseconds;

constexpr size_t callers = 2048;
constexpr size_t batch_rows = 1000;
constexpr size_t rounds = 9;

/// How long one side is looked at, once it runs.
struct turn {
  milliseconds warm_up;
  milliseconds length;
};

constexpr auto whole_turn = turn{milliseconds{250}, milliseconds{1250}};

// Every few seconds a checkpoint holds the server up. The store and COPY are so
// close to each other that it must not matter whom it meets: of many short
// turns the median is one that met none.
constexpr auto short_turn = turn{milliseconds{100}, milliseconds{400}};
constexpr size_t short_turns = 3;

/// Threads that do the same over and over.
class busy_threads {
public:
  /// Makes, for the n-th thread, what it does; that returns how many executions
  /// it wrote.
  using work = std::function<std::function<size_t()>(size_t n)>;

  busy_threads(size_t n, const work& make) {
    for (size_t i = 0; i < n; ++i)
      threads_.emplace_back([this, step = make(i)] {
        try {
          while (!stopping_)
            written_ += step();
        } catch (const std::exception& err) {
          std::cerr << "dspex-bench: " << err.what() << '\n';
          std::_Exit(1);
        }
      });
  }

  ~busy_threads() {
    stopping_ = true;
    for (auto& x : threads_)
      x.join();
  }

  [[nodiscard]] const std::atomic<uint64_t>& written() const {
    return written_;
  }

private:
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> written_ = 0;
  std::vector<std::thread> threads_;
};

/// Executions a second, and microseconds of CPU that each costs.
struct cost {
  double rate = 0;
  double client_us = 0;
  double server_us = 0;
};

cost cost_of(const std::atomic<uint64_t>& written, const turn& when) {
  std::this_thread::sleep_for(when.warm_up);
  auto client = client_cpu();
  auto server = server_cpu();
  auto before = written.load();
  auto rate = rate_of(written, milliseconds{0}, when.length);
  auto n = static_cast<double>(written.load() - before);
  return {rate, (client_cpu() - client) * 1e6 / n,
          (server_cpu() - server) * 1e6 / n};
}

cost median(std::vector<cost> xs) {
  auto middle = xs.begin() + static_cast<std::ptrdiff_t>(xs.size() / 2);
  std::nth_element(xs.begin(), middle, xs.end(),
                   [](auto& x, auto& y) { return x.rate < y.rate; });
  return *middle;
}

/// The measurements that are compared, on one database and in turns.
class contest {
public:
  contest() {
    node_.emplace(database_.url(), callers);
    like_ = node_->one_execution();
    store_ = value_of(open_database(
      {.url = database_.url(), .node = node_id::make(), .create = false}));
    naive_writer::create_table(database_.url());
  }

  cost end_to_end() {
    auto load = run_load{node_->callers_end(),
                         [this](uint64_t n) { return program(n); }, callers};
    return cost_of(load.answered(), whole_turn);
  }

  /// The store alone, fed with batches that are ready.
  cost store_alone() {
    auto load = busy_threads{store_->max_writers(), [this](size_t n) {
                               auto connection = std::shared_ptr<store>{
                                 value_of(store_->connect(access::read_write))};
                               auto batch = std::make_shared<execution_batch>();
                               batch->lane = static_cast<uint32_t>(n);
                               batch->finished.assign(batch_rows, like_of(n));
                               return [connection, batch] {
                                 for (auto& x : batch->finished)
                                   x.id = execution_id::make();
                                 value_of(connection->write(*batch));
                                 return batch->finished.size();
                               };
                             }};
    return cost_of(load.written(), short_turn);
  }

  cost copy() {
    auto load = busy_threads{2, [this](size_t n) {
                               auto x = std::make_shared<copy_writer>(
                                 database_.url(), like_of(n), batch_rows);
                               return [x] {
                                 x->write();
                                 return batch_rows;
                               };
                             }};
    return cost_of(load.written(), short_turn);
  }

  cost naive(size_t connections) {
    auto load = busy_threads{connections, [this](size_t n) {
                               auto x = std::make_shared<naive_writer>(
                                 database_.url(), like_of(n));
                               return [x] {
                                 x->write();
                                 return size_t{1};
                               };
                             }};
    return cost_of(load.written(), whole_turn);
  }

private:
  [[nodiscard]] program_id program(size_t n) const {
    return node_->programs()[n % node_->programs().size()];
  }

  [[nodiscard]] execution_record like_of(size_t n) const {
    auto x = like_;
    x.program_id = program(n);
    return x;
  }

  bench_database database_;
  std::optional<tracked_node> node_;
  execution_record like_;
  std::unique_ptr<database> store_;
};

struct outcome {
  cost end_to_end;
  cost store_alone;
  cost copy;
  cost naive;
};

void print(const char* what, const cost& x) {
  std::cerr << "tracker: " << what << ' ' << static_cast<uint64_t>(x.rate)
            << " executions/s; CPU of each " << x.client_us << " us client, "
            << x.server_us << " us server\n";
}

outcome measure() {
  auto x = contest{};
  size_t best = 0;
  double best_rate = 0;
  for (size_t n : {8u, 32u, 64u}) {
    auto found = x.naive(n);
    if (found.rate > best_rate) {
      best = n;
      best_rate = found.rate;
    }
  }
  std::cerr << "tracker: the naive design is best with " << best
            << " connections\n";
  std::vector<cost> all[4];
  for (size_t i = 0; i < rounds; ++i) {
    all[0].push_back(x.end_to_end());
    for (size_t k = 0; k < short_turns; ++k) {
      all[1].push_back(x.copy());
      all[2].push_back(x.store_alone());
    }
    all[3].push_back(x.naive(best));
  }
  auto out = outcome{median(all[0]), median(all[2]), median(all[1]),
                     median(all[3])};
  print("end to end", out.end_to_end);
  print("store alone", out.store_alone);
  print("COPY", out.copy);
  print("naive", out.naive);
  return out;
}

/// Measured once, in turns, for all rows.
const outcome& measured() {
  static const auto once = measure();
  return once;
}

measurement row(double value, double limit, double bound) {
  return {value,
          limit,
          "1/s",
          {target::subject::ratio, target::relation::at_least, bound}};
}

} // namespace

/// Executions a second from the call to the answer after the commit: 2048
/// callers, 200 bytes in, 400 out, durability `sync`. The limit is COPY on two
/// connections, 1000 rows and a counter to the transaction.
measurement tracker_end_to_end() {
  return row(measured().end_to_end.rate, measured().copy.rate, 0.45);
}

/// The store alone, fed with ready batches of 1000, beside COPY.
measurement tracker_store() {
  return row(measured().store_alone.rate, measured().copy.rate, 0.9);
}

/// End to end beside four transactions for each execution, on as many
/// connections as are best.
measurement tracker_vs_naive() {
  return row(measured().end_to_end.rate, measured().naive.rate, 15);
}

} // namespace dspex::bench
