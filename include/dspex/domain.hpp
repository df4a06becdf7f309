#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// What kind of right an action needs.
enum class action_kind {
  read,
  /// Runs a program, or steers a run.
  execute,
  /// Changes what exists: creates records, moves lifecycles.
  operate,
};

/// What JSON value an argument is.
enum class argument_type { text, integer, object, boolean, number };

/// One named argument of an action.
struct argument {
  std::string name;
  argument_type type = argument_type::text;
  bool required = false;
};

/// Something that can be done to a kind of record.
struct action {
  std::string name;
  action_kind kind = action_kind::read;
  std::vector<argument> arguments;
};

/// A kind of record with the attributes that it shows and the actions that it
/// takes.
struct resource {
  std::string name;
  std::vector<std::string> attributes;
  std::vector<action> actions;
};

/// The three resources: `signature`, `program`, `execution`. The gateway
/// refuses what is not in here. Immutable.
[[nodiscard]] const std::vector<resource>& domain();

/// Finds `resource.action`; null if there is none.
[[nodiscard]] const action* find_action(std::string_view qualified_name);

/// Checks arguments against an action: `invalid_option` names every missing,
/// unknown or mistyped one.
[[nodiscard]] result<void> check_arguments(std::string_view qualified_name,
                                           const json& arguments);

} // namespace dspex
