#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "dspex/json.hpp"

namespace dspex::bench {

/// The goal of a figure.
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
  /// The best figure of the machine or of a bare library, in the same unit.
  double limit = 0;
  /// The unit of both, e.g. `us` or `1/s`.
  std::string unit;
  target goal;
  /// False if something else that was looked at in the same run was not as it
  /// should be; standard error tells what.
  bool is_sound = true;
};

[[nodiscard]] bool is_met(const measurement& x);

/// Renders `{"name", "value", "unit", "limit", "ratio", "goal", "ok"}`; `ratio`
/// is value/limit.
[[nodiscard]] json to_row(std::string_view name, const measurement& x);

/// A named benchmark; `run` takes some seconds.
struct benchmark {
  std::string_view name;
  std::function<measurement()> run;
};

/// Every benchmark, in the order in which they run.
[[nodiscard]] const std::vector<benchmark>& all_benchmarks();

/// Whether `name` is `wanted` or begins with it and a dot: `runtime` selects
/// `runtime.start` and its siblings.
[[nodiscard]] bool is_selected(std::string_view name, std::string_view wanted);

measurement runtime_execute();
measurement runtime_execute_default();
measurement runtime_validate();
measurement runtime_sleeping_program();
measurement runtime_idle_program();
measurement runtime_start();
measurement runtime_version();
measurement json_parse();
measurement native_cpu();
measurement native_memory();
measurement native_first_call();
measurement native_predict();
measurement native_concurrent();
measurement python_port_depth1();
measurement python_port_depth16();
measurement python_port_dspy();
measurement tracker_end_to_end();
measurement tracker_store();
measurement tracker_vs_naive();
measurement tracker_latency();
measurement history_by_program();
measurement history_recent();
measurement history_statistics();
measurement history_prune();

/// How many executions the benchmarks of `history` have in their store.
[[nodiscard]] size_t& history_rows();

// -- measuring ----------------------------------------------------------------

/// Keeps the compiler from dropping the work that made `x`.
template <class T>
void keep(const T& x) {
  asm volatile("" : : "g"(&x) : "memory");
}

/// Medians of a figure and its limit.
struct comparison {
  double value = 0;
  double limit = 0;
};

/// Takes two figures in turns, so that a change in the speed of the machine
/// meets both.
[[nodiscard]] comparison in_turns(size_t rounds,
                                  const std::function<double()>& value,
                                  const std::function<double()>& limit);

/// Microseconds per call of two functions, in turns of at least 20 ms.
[[nodiscard]] comparison compare(const std::function<void()>& value,
                                 const std::function<void()>& limit);

} // namespace dspex::bench
