// Reads and writes of a store with much history, beside one with little.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/benchmark.hpp"
#include "bench/postgres_bench.hpp"
#include "bench/tracker_load.hpp"
#include "persistence/store.hpp"

namespace dspex::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr size_t few_rows = 10'000;
/// The bytes that an execution takes on disk, indexes and log included.
constexpr size_t bytes_per_row = 2500;
constexpr size_t copied_at_once = 1000;

/// A store with so many executions, of several programs, over a month.
class filled_store {
public:
  explicit filled_store(size_t rows) {
    auto like = execution_record{};
    {
      auto node = tracked_node{database_.url(), 1};
      like = node.one_execution();
      programs_ = node.programs();
    }
    fill(rows, like);
    store_ = value_of(open_database(
      {.url = database_.url(), .node = node_id::make(), .create = false}));
    like_ = like;
  }

  [[nodiscard]] std::unique_ptr<store> connect() const {
    return value_of(store_->connect(access::read_write));
  }

  [[nodiscard]] program_id program() const {
    return programs_.front();
  }

  [[nodiscard]] const execution_record& like() const {
    return like_;
  }

  /// When the oldest of so many rows, of all there are, had begun.
  [[nodiscard]] timestamp time_of(size_t row) const {
    return begin_ + step_ * row;
  }

private:
  void fill(size_t rows, execution_record like) {
    step_ = std::chrono::microseconds{std::chrono::hours{30 * 24}} / rows;
    begin_ = now() - step_ * rows;
    auto writers = std::vector<copy_writer>{};
    for (auto& program : programs_) {
      like.program_id = program;
      writers.emplace_back(database_.url(), like, copied_at_once);
    }
    for (size_t row = 0; row < rows; row += copied_at_once) {
      // A batch of one program at one time, as the tracker would write it.
      writers[row / copied_at_once % writers.size()].write_at(time_of(row));
      if (row % 1'000'000 == 0 && row > 0)
        std::cerr << "history: " << row << " of " << rows << " rows\n";
    }
    auto connection = bare_connection{database_.url()};
    connection.run("vacuum analyze");
    connection.run("checkpoint");
  }

  bench_database database_;
  std::vector<program_id> programs_;
  std::unique_ptr<dspex::database> store_;
  execution_record like_;
  timestamp begin_;
  std::chrono::microseconds step_{0};
};

filled_store& large() {
  static auto once = [] {
    auto rows = history_rows();
    auto free = std::filesystem::space(server_folder()).available;
    if (free / bytes_per_row < rows)
      throw std::runtime_error(
        std::to_string(rows) + " executions need "
        + std::to_string(rows * bytes_per_row / 1'000'000'000)
        + " GB of disk; there are " + std::to_string(free / 1'000'000'000)
        + ". --rows N takes fewer");
    return std::make_unique<filled_store>(rows);
  }();
  return *once;
}

filled_store& small() {
  static auto once = std::make_unique<filled_store>(few_rows);
  return *once;
}

/// Microseconds of a read with much history, beside the same with little.
measurement compare_reads(const std::function<void(store&, program_id)>& read) {
  auto much = large().connect();
  auto little = small().connect();
  auto [value, limit] = compare([&] { read(*much, large().program()); },
                                [&] { read(*little, small().program()); });
  return {
    value, limit, "us", {target::subject::ratio, target::relation::at_most, 2}};
}

/// Writes batches until it is stopped.
/// @returns microseconds of the slowest of a thousand.
double slowest_write(const filled_store& x, const std::atomic<bool>& stopping,
                     std::chrono::milliseconds at_least) {
  auto connection = x.connect();
  auto batch = execution_batch{};
  batch.finished.assign(10, x.like());
  auto times = std::vector<double>{};
  auto end = clock::now() + at_least;
  while (!stopping || clock::now() < end) {
    for (auto& row : batch.finished) {
      row.id = execution_id::make();
      row.executed_at = now();
    }
    auto begin = clock::now();
    value_of(connection->write(batch));
    times.push_back(
      std::chrono::duration<double, std::micro>{clock::now() - begin}.count());
  }
  auto n = times.size() - 1 - times.size() / 1000;
  std::nth_element(times.begin(), times.begin() + static_cast<ptrdiff_t>(n),
                   times.end());
  return times[n];
}

} // namespace

/// The first page of a program's executions.
measurement history_by_program() {
  return compare_reads([](store& s, program_id id) {
    keep(value_of(s.list_executions({.program = id}, {.limit = 50})));
  });
}

/// The newest executions of all programs.
measurement history_recent() {
  return compare_reads([](store& s, program_id) {
    keep(value_of(s.list_executions({}, {.limit = 50})));
  });
}

measurement history_statistics() {
  return compare_reads(
    [](store& s, program_id id) { keep(value_of(s.get_statistics(id))); });
}

/// p99.9 of commits of 10 rows while up to a million rows are pruned, beside
/// the same while none are.
measurement history_prune() {
  auto& x = large();
  auto stopped = std::atomic<bool>{true};
  auto undisturbed = slowest_write(x, stopped, std::chrono::seconds{10});
  auto rows = std::min<size_t>(history_rows() / 10 * 9, 1'000'000);
  auto pruned = std::atomic<bool>{false};
  auto dropped = uint64_t{0};
  auto begin = clock::now();
  auto pruner = std::thread{[&] {
    auto connection = x.connect();
    auto request = prune_request{.older_than = x.time_of(rows)};
    while (auto n = value_of(connection->prune(request, prune_batch)))
      dropped += n;
    pruned = true;
  }};
  auto disturbed = slowest_write(x, pruned, std::chrono::milliseconds{0});
  pruner.join();
  std::chrono::duration<double> spent = clock::now() - begin;
  std::cerr << "history.prune: " << dropped << " rows in " << spent.count()
            << " s\n";
  return {disturbed,
          undisturbed,
          "us",
          {target::subject::ratio, target::relation::at_most, 3}};
}

} // namespace dspex::bench
