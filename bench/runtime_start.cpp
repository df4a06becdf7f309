#include <chrono>

#include "bench/benchmark.hpp"
#include "bench/run_load.hpp"
#include "dspex/runtime.hpp"
#include "persistence/store.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::bench {

namespace {

using clock = std::chrono::steady_clock;

double milliseconds_since(clock::time_point start) {
  std::chrono::duration<double, std::milli> spent = clock::now() - start;
  return spent.count();
}

std::string store_in(const test::temp_folder& folder) {
  return "sqlite:" + (folder / "new.db").string();
}

double start_node() {
  auto folder = test::temp_folder{};
  auto begin = clock::now();
  auto node = value_of(runtime::start({.store_url = store_in(folder)}));
  return milliseconds_since(begin);
}

double make_store() {
  auto folder = test::temp_folder{};
  auto begin = clock::now();
  auto store = value_of(
    open_database({.url = store_in(folder), .node = node_id::make()}));
  return milliseconds_since(begin);
}

} // namespace

/// From nothing to a node that takes requests, on SQLite in a fresh folder. The
/// limit is what the store alone takes: a new file with its schema.
measurement runtime_start() {
  auto [value, limit] = in_turns(15, start_node, make_store);
  return {value,
          limit,
          "ms",
          {target::subject::value, target::relation::at_most, 100}};
}

} // namespace dspex::bench
