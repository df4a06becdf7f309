#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dspex/config.hpp"
#include "dspex/error.hpp"
#include "dspex/runtime.hpp"

namespace dspex::cli {

/// The exit statuses of every verb.
enum exit_status : int {
  exit_ok = 0,
  exit_failed = 1,
  exit_usage = 2,
  exit_unhealthy = 3,
  exit_interrupted = 130,
};

enum class output_format { table, json, jsonl };

/// What stands before or after any verb, and the name of the binary.
struct invocation {
  /// The binary as typed, for commands that are proposed to the user.
  std::string binary;
  std::optional<std::string> config_file;
  std::optional<std::string> store_url;
  /// Settings as `section.key=value`.
  std::vector<std::string> settings;
  /// Unset, the verb chooses.
  std::optional<output_format> format;

  [[nodiscard]] output_format format_or_table() const {
    return format.value_or(output_format::table);
  }
};

/// Reads the configuration from its file, the environment and the command line.
[[nodiscard]] result<loaded_configuration> load(const invocation& call);

/// Loads the configuration, starts a node and calls `verb(node)`.
/// @param read_only is set by verbs that only read, and goes to
///        `runtime_options::read_only`.
/// @returns what `verb` returned, or the status of the error, which is printed.
template <class Verb>
int with_node(const invocation& call, bool read_only, Verb verb);

/// Prints the problems of a configuration; returns `exit_usage`.
int refuse_configuration(const error& err);

// -- implementation -----------------------------------------------------------

int report(const error& err);

template <class Verb>
int with_node(const invocation& call, bool read_only, Verb verb) {
  auto loaded = load(call);
  if (!loaded)
    return refuse_configuration(loaded.error());
  auto options = runtime_options{};
  options.config = std::move(loaded->values);
  options.read_only = read_only;
  auto node = runtime::start(std::move(options));
  if (!node)
    return report(node.error());
  auto status = verb(*node);
  node->shutdown();
  return status;
}

} // namespace dspex::cli
