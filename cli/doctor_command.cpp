#include <unistd.h>

#include "cli/render.hpp"
#include "cli/table.hpp"
#include "cli/text_sink.hpp"
#include "cli/verb.hpp"
#include "runtime/doctor/doctor.hpp"

namespace dspex::cli {

namespace {

std::string to_table(const std::vector<finding>& findings) {
  auto table = text_table{
    {{"part", false, true}, {"status", false, true}, {"found", false, true}},
    columns_of(STDOUT_FILENO)};
  auto advice = std::string{};
  for (auto& x : findings) {
    table.add({x.part, std::string{to_string(x.status)}, one_line(x.message)});
    if (!x.advice.empty())
      advice += "  " + x.part + ": " + x.advice + '\n';
  }
  return table.take() + (advice.empty() ? "" : "\nWhat to do:\n" + advice);
}

std::string print(output_format format, const std::vector<finding>& findings) {
  if (format == output_format::table)
    return to_table(findings);
  auto list = json::array();
  auto lines = std::string{};
  for (auto& x : findings) {
    list.push_back(to_json(x));
    lines += dump_json(list.back()) + '\n';
  }
  if (format == output_format::jsonl)
    return lines;
  return pretty_json(
           {{"healthy", is_healthy(findings)}, {"findings", std::move(list)}})
         + '\n';
}

int doctor(const invocation& call, const no_arguments&) {
  auto findings = examine(load(call));
  auto status = print_stdout(print(call.format_or_table(), findings));
  if (status != exit_ok)
    return status;
  return is_healthy(findings) ? exit_ok : exit_unhealthy;
}

} // namespace

void add_doctor(CLI::App& app, verb& chosen) {
  add_verb<no_arguments>(app, chosen, "doctor",
                         "Look for what is wrong, and say what to do", doctor);
}

} // namespace dspex::cli
