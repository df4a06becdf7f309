#include "cli/command_line.hpp"

#include <exception>
#include <iostream>
#include <map>

#include "cli/interrupt.hpp"
#include "cli/messages.hpp"
#include "cli/verb.hpp"
#include "core/secrets.hpp"

namespace dspex::cli {

namespace {

constexpr auto examples = R"(Examples:
  dspex run program.toml --input questions.jsonl --output answers.jsonl
  dspex run program.toml --set question='What is 7 * 6?' \
    --config-set lm.base_url=sim:
  dspex program stats support-triage
  dspex execution list --program support-triage --status failed --limit 5
  dspex execution list --all -f jsonl > executions.jsonl
  dspex execution tail --program support-triage
  dspex execution prune --older-than 30d
  dspex --config dspex.toml config show
  dspex doctor

Exit status: 0 ok, 1 failed, 2 usage or configuration, 3 unhealthy (doctor),
130 Ctrl-C.)";

constexpr auto global_hint
  = "Also, before or after any verb: --config, --store, --config-set, -f "
    "(dspex --help).";

struct global_arguments {
  invocation call;
  std::string format;
};

void add_global_options(CLI::App& app, global_arguments& given) {
  app
    .add_option("--config", given.call.config_file,
                "Read settings from this TOML file")
    ->type_name("FILE");
  app
    .add_option("--store", given.call.store_url,
                "Where records live: sqlite:FILE, postgresql://... or memory: "
                "(default sqlite:dspex.db)")
    ->type_name("URL");
  app
    .add_option("--config-set", given.call.settings,
                "Set one option; may be repeated")
    ->type_name("SECTION.KEY=VALUE")
    ->allow_extra_args(false);
  app.add_option("-f,--format", given.format, "How results are printed")
    ->type_name("table|json|jsonl")
    ->check(CLI::IsMember({"table", "json", "jsonl"}))
    ->option_text("table|json|jsonl");
}

std::optional<output_format> to_format(const std::string& word) {
  if (word.empty())
    return std::nullopt;
  if (word == "table")
    return output_format::table;
  return word == "json" ? output_format::json : output_format::jsonl;
}

// Returns the verb as far as it was read, e.g. `dspex program create`.
const CLI::App& deepest(const CLI::App& app) {
  auto chosen = app.get_subcommands();
  return chosen.empty() ? app : deepest(*chosen.front());
}

int usage_error(const CLI::App& app, const std::string& message) {
  auto name = std::string{};
  for (auto* x = &deepest(app); x != nullptr; x = x->get_parent())
    name = x->get_name() + (name.empty() ? "" : ' ' + name);
  print_error({errc::invalid_option, message});
  print_stderr("Run '" + name + " --help' for what it takes.\n");
  return exit_usage;
}

int run(int argc, const char* const* argv) {
  auto given = global_arguments{};
  auto chosen = verb{};
  auto app = CLI::App{"Runs language-model programs with records of every run.",
                      "dspex"};
  given.call.binary = argc > 0 ? argv[0] : "dspex";
  app.fallthrough();
  app.require_subcommand(1);
  app.get_formatter()->column_width(36);
  app.footer(global_hint);
  add_global_options(app, given);
  add_run(app, chosen);
  add_signature(app, chosen);
  add_program(app, chosen);
  add_execution(app, chosen);
  add_prompt(app, chosen);
  add_migrate(app, chosen);
  add_lm_sim(app, chosen);
  add_config(app, chosen);
  add_doctor(app, chosen);
  add_version(app, chosen);
  app.footer(examples);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& err) {
    return usage_error(app,
                       mask_arguments(err.what(), {argv + 1, argv + argc}));
  }
  given.call.format = to_format(given.format);
  return chosen(given.call);
}

} // namespace

int run_command_line(int argc, const char* const* argv) {
  install_signal_handlers();
  try {
    return run(argc, argv);
  } catch (const std::exception& err) {
    print_error({errc::internal, err.what()});
    return exit_failed;
  }
}

} // namespace dspex::cli
