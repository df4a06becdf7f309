#include "bench/benchmark.hpp"

#include <algorithm>
#include <cstdio>

namespace dspex::bench {

namespace {

using clock = std::chrono::steady_clock;

std::string number(double x) {
  char buffer[32];
  std::snprintf(buffer, sizeof(buffer), "%g", x);
  return buffer;
}

double microseconds_for(const std::function<void()>& f, size_t calls) {
  auto start = clock::now();
  for (size_t i = 0; i < calls; ++i)
    f();
  std::chrono::duration<double, std::micro> spent = clock::now() - start;
  return spent.count();
}

/// How many calls fill a turn.
size_t calls_per_turn(const std::function<void()>& f) {
  constexpr double turn = 20'000;
  size_t calls = 1;
  while (microseconds_for(f, calls) < turn)
    calls *= 2;
  return calls;
}

double median(std::vector<double> xs) {
  auto middle = xs.begin() + static_cast<std::ptrdiff_t>(xs.size() / 2);
  std::nth_element(xs.begin(), middle, xs.end());
  return *middle;
}

double ratio(const measurement& x) {
  return x.value / x.limit;
}

} // namespace

bool is_met(const measurement& x) {
  auto figure = x.goal.of == target::subject::value ? x.value : ratio(x);
  auto is_reached = x.goal.is == target::relation::at_most
                      ? figure <= x.goal.bound
                      : figure >= x.goal.bound;
  return is_reached && x.is_sound;
}

json to_row(std::string_view name, const measurement& x) {
  std::string goal = x.goal.of == target::subject::value ? "value" : "ratio";
  goal += x.goal.is == target::relation::at_most ? " <= " : " >= ";
  return {{"name", name},      {"value", x.value},
          {"unit", x.unit},    {"limit", x.limit},
          {"ratio", ratio(x)}, {"goal", goal + number(x.goal.bound)},
          {"ok", is_met(x)}};
}

const std::vector<benchmark>& all_benchmarks() {
  static const std::vector<benchmark> table{
    {"runtime.execute", runtime_execute},
    {"runtime.execute_default", runtime_execute_default},
    {"runtime.validate", runtime_validate},
    {"runtime.sleeping_program", runtime_sleeping_program},
    {"runtime.idle_program", runtime_idle_program},
    {"runtime.start", runtime_start},
    {"runtime.version", runtime_version},
    {"json.parse", json_parse},
    {"native.cpu", native_cpu},
    {"native.memory", native_memory},
    {"native.first_call", native_first_call},
    {"native.predict", native_predict},
    {"native.concurrent", native_concurrent},
    {"python_port.depth1", python_port_depth1},
    {"python_port.depth16", python_port_depth16},
    {"python_port.dspy", python_port_dspy},
    {"tracker.end_to_end", tracker_end_to_end},
    {"tracker.store", tracker_store},
    {"tracker.vs_naive", tracker_vs_naive},
    {"tracker.latency", tracker_latency},
    {"history.by_program", history_by_program},
    {"history.recent", history_recent},
    {"history.statistics", history_statistics},
    {"history.prune", history_prune},
  };
  return table;
}

size_t& history_rows() {
  static size_t rows = 10'000'000;
  return rows;
}

bool is_selected(std::string_view name, std::string_view wanted) {
  return name.substr(0, wanted.size()) == wanted
         && (name.size() == wanted.size() || name[wanted.size()] == '.');
}

comparison in_turns(size_t rounds, const std::function<double()>& value,
                    const std::function<double()>& limit) {
  std::vector<double> values;
  std::vector<double> limits;
  for (size_t i = 0; i < rounds; ++i) {
    values.push_back(value());
    limits.push_back(limit());
  }
  return {median(std::move(values)), median(std::move(limits))};
}

comparison compare(const std::function<void()>& value,
                   const std::function<void()>& limit) {
  auto per_call = [](const std::function<void()>& f) {
    return [&f, calls = calls_per_turn(f)] {
      return microseconds_for(f, calls) / static_cast<double>(calls);
    };
  };
  return in_turns(15, per_call(value), per_call(limit));
}

} // namespace dspex::bench
