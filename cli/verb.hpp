#pragma once

#include <functional>

#include <CLI/CLI.hpp>

#include "cli/invocation.hpp"

namespace dspex::cli {

/// Does what a verb does, once the command line is read.
using verb = std::function<int(const invocation&)>;

// Each adds one verb, or a group of them, to `app`. The verb that the command
// line has puts what it does into `chosen`, which must outlive `app`.

void add_run(CLI::App& app, verb& chosen);
void add_signature(CLI::App& app, verb& chosen);
void add_program(CLI::App& app, verb& chosen);
void add_prompt(CLI::App& app, verb& chosen);
void add_execution(CLI::App& app, verb& chosen);
void add_migrate(CLI::App& app, verb& chosen);
void add_lm_sim(CLI::App& app, verb& chosen);
void add_config(CLI::App& app, verb& chosen);
void add_doctor(CLI::App& app, verb& chosen);
void add_version(CLI::App& app, verb& chosen);

/// The arguments of a verb that has none of its own.
struct no_arguments {};

/// Adds a verb that does `action(call, arguments)`.
/// @tparam Arguments holds what the verb takes besides the global options.
/// @returns the new subcommand and its arguments, for `add_option`.
template <class Arguments, class Action>
std::pair<CLI::App*, std::shared_ptr<Arguments>>
add_verb(CLI::App& parent, verb& chosen, const char* name, const char* help,
         Action action) {
  auto* sub = parent.add_subcommand(name, help);
  auto arguments = std::make_shared<Arguments>();
  sub->callback([&chosen, arguments, action] {
    chosen = [arguments, action](const invocation& call) {
      return action(call, *arguments);
    };
  });
  return {sub, arguments};
}

/// Adds the name of a group of verbs, one of which must follow.
/// @param examples what the help of the group ends with, and that of each verb
///        that has no examples of its own.
inline CLI::App& add_group(CLI::App& app, const char* name, const char* help,
                           const std::string& examples) {
  auto* group = app.add_subcommand(name, help);
  group->require_subcommand(1);
  group->footer("Examples:\n" + examples + "\n\n" + app.get_footer());
  return *group;
}

} // namespace dspex::cli
