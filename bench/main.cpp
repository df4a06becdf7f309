// dspex-bench [--rows N] [NAME...]: runs all benchmarks, or those whose names
// are NAME or begin with `NAME.`, and prints one JSON object a line. `--rows`
// is the size of the store in `history`. Exits 1 if a goal is missed, 2 if an
// argument is unknown.

#include <algorithm>
#include <charconv>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "bench/benchmark.hpp"

namespace {

using dspex::bench::all_benchmarks;
using dspex::bench::is_selected;

/// Takes `--rows N` out of the arguments.
/// @returns whether it made sense.
bool take_rows(std::vector<std::string>& arguments) {
  auto i = std::find(arguments.begin(), arguments.end(), "--rows");
  if (i == arguments.end())
    return true;
  auto value = i + 1;
  auto& rows = dspex::bench::history_rows();
  if (value == arguments.end())
    return false;
  auto* end = value->data() + value->size();
  if (std::from_chars(value->data(), end, rows).ptr != end || rows < 100'000)
    return false;
  arguments.erase(i, i + 2);
  return true;
}

int run(std::vector<std::string> names) {
  if (!take_rows(names)) {
    std::cerr << "dspex-bench: --rows needs a number of at least 100000\n";
    return 2;
  }
  auto& all = all_benchmarks();
  for (auto& name : names) {
    auto known = std::any_of(all.begin(), all.end(), [&](auto& x) {
      return is_selected(x.name, name);
    });
    if (known)
      continue;
    std::cerr << "dspex-bench: no benchmark " << name << "; there are";
    for (auto& x : all)
      std::cerr << ' ' << x.name;
    std::cerr << '\n';
    return 2;
  }
  auto all_met = true;
  for (auto& x : all) {
    auto selected = names.empty()
                    || std::any_of(names.begin(), names.end(), [&](auto& name) {
                         return is_selected(x.name, name);
                       });
    if (!selected)
      continue;
    auto measured = x.run();
    std::cout << dspex::dump_json(dspex::bench::to_row(x.name, measured))
              << std::endl;
    all_met = all_met && is_met(measured);
  }
  return all_met ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& err) {
    std::cerr << "dspex-bench: " << err.what() << '\n';
    return 1;
  }
}
