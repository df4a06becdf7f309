#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/json.hpp"

namespace dspex::bench {

/// What a figure has to be.
struct target {
  enum class subject { value, ratio };
  enum class relation { at_most, at_least };

  subject of = subject::ratio;
  relation is = relation::at_most;
  double bound = 0;
};

/// A figure beside the limit that was measured in the same run.
struct measurement {
  double value = 0;
  /// What the machine or a bare library does at best, in the same unit.
  double limit = 0;
  /// Of both, e.g. `us` or `1/s`.
  std::string unit;
  target goal;
};

[[nodiscard]] bool is_met(const measurement& x);

/// Renders `{"name", "value", "unit", "limit", "ratio", "goal", "ok"}`; `ratio`
/// is value/limit.
[[nodiscard]] json to_row(std::string_view name, const measurement& x);

/// A named benchmark; `run` takes a few seconds at most.
struct benchmark {
  std::string_view name;
  std::function<measurement()> run;
};

/// Every benchmark, in the order in which they run.
[[nodiscard]] const std::vector<benchmark>& all_benchmarks();

measurement runtime_validate();
measurement json_parse();

// -- measuring ----------------------------------------------------------------

/// Keeps the compiler from dropping the work that made `x`.
template <class T>
void keep(const T& x) {
  asm volatile("" : : "g"(&x) : "memory");
}

/// Medians of microseconds per call.
struct comparison {
  double value = 0;
  double limit = 0;
};

/// Measures two functions in turns, so that a change in the speed of the
/// machine meets both. Each turn lasts at least 20 ms.
[[nodiscard]] comparison compare(const std::function<void()>& value,
                                 const std::function<void()>& limit);

} // namespace dspex::bench
