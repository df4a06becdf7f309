#include "cli/run_report.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

namespace dspex::cli {

namespace {

constexpr auto most_rows = uint64_t{50};

// No cell is longer than this, however wide the terminal is.
constexpr auto longest_cell = size_t{400};

std::string fixed(double value, const char* unit) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.1f%s", value, unit);
  return text;
}

std::string fixed(const std::optional<double>& value) {
  return value ? fixed(*value, " ms") : "-";
}

std::string summary(const json& object) {
  auto result = std::string{};
  for (auto& [name, value] : object.items()) {
    if (!result.empty())
      result += ", ";
    // A single input needs no name.
    if (object.size() > 1)
      result += name + ": ";
    result += value.is_string() ? one_line(value.get<std::string>())
                                : dump_json(value);
  }
  return cut(result, longest_cell);
}

std::string quoted(const std::string& word) {
  constexpr std::string_view plain
    = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
      "_./:=@%+,-";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos)
    return word;
  auto result = std::string{"'"};
  for (auto c : word)
    result += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return result + '\'';
}

} // namespace

results_table::results_table(size_t width)
  : table_({{"inputs"}, {"outputs"}, {"ms", true}}, width) {
}

void results_table::add(const run_item& item) {
  if (++seen_ > most_rows)
    return;
  auto outputs = std::string{};
  auto duration = std::string{"-"};
  if (item.outcome) {
    outputs = summary(*item.outcome->outputs);
    duration = fixed(item.outcome->duration_ms(), "");
  } else {
    outputs = "failed: " + to_string(item.outcome.error());
  }
  table_.add({summary(item.inputs), std::move(outputs), std::move(duration)});
}

std::string results_table::take() {
  if (table_.empty())
    return {};
  auto result = table_.take();
  if (seen_ > most_rows)
    result += "... and " + std::to_string(seen_ - most_rows) + " more\n";
  return result;
}

std::string statistics_text(const std::string& program,
                            const program_statistics& x) {
  auto result = "\nAll runs of " + program + ": "
                + std::to_string(x.successful_executions) + " completed, "
                + std::to_string(x.failed_executions) + " failed ("
                + fixed(x.success_rate * 100, " %") + " success)\n";
  return result + "Duration: mean " + fixed(x.average_duration_ms) + ", p50 "
         + fixed(x.p50_ms) + ", p95 " + fixed(x.p95_ms) + ", p99 "
         + fixed(x.p99_ms) + '\n';
}

std::string next_commands(const invocation& call, const std::string& program,
                          const std::string& execution) {
  auto options = std::string{};
  if (call.config_file)
    options += " --config " + quoted(*call.config_file);
  for (auto& x : call.settings)
    if (x.starts_with("store."))
      options += " --config-set " + quoted(x);
  if (call.store_url)
    options += " --store " + quoted(*call.store_url);
  auto line = [&](const std::string& given) {
    return "  " + quoted(call.binary) + ' ' + given + '\n';
  };
  return "\nTry next:\n\n" + line("program stats " + quoted(program) + options)
         + line("execution list" + options + " --limit 5")
         + line("execution show " + execution + options);
}

std::string summary_line(const run_totals& totals,
                         std::chrono::steady_clock::duration elapsed) {
  auto seconds = std::chrono::duration<double>{elapsed}.count();
  return std::to_string(totals.completed) + " completed, "
         + std::to_string(totals.failed) + " failed in " + fixed(seconds, " s")
         + '\n';
}

} // namespace dspex::cli
