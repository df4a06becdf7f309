#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
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

/// The actor of a node that carries an action out.
enum class action_owner {
  /// The signature registry.
  registry,
  /// The program manager.
  manager,
  /// The program that the argument `program` names; the manager wakes it.
  program,
  /// The execution tracker.
  tracker,
};

/// How long the answer to an action may take.
enum class action_deadline {
  /// A minute: a few requests to the store, each with a limit of its own.
  quick,
  /// Seventy minutes: as long as a program may initialize, which is an hour, or
  /// as the whole history takes.
  slow,
  /// As long as the run that the action starts, which has its own deadline.
  run,
};

/// What sets an action apart from most others.
enum class action_trait {
  none,
  /// It is asked for by an `execute_request`, because it has to be fast.
  own_message,
  /// A node that is stopping still takes it, as it takes every read.
  while_stopping,
};

/// What JSON value an argument is.
enum class argument_type { text, integer, object, boolean, number };

/// One named argument of an action.
struct argument {
  std::string_view name;
  argument_type type = argument_type::text;
  bool required = false;
};

/// The arguments of an action, at most eight.
class argument_list {
public:
  /// @pre at most eight arguments; more are an error of the compiler.
  constexpr argument_list(std::initializer_list<argument> xs)
    : size_(xs.size()) {
    std::copy(xs.begin(), xs.end(), items_.begin());
  }

  /// @{
  /// The arguments in their order, for loops.
  [[nodiscard]] constexpr const argument* begin() const noexcept {
    return items_.data();
  }

  [[nodiscard]] constexpr const argument* end() const noexcept {
    return items_.data() + size_;
  }
  /// @}

private:
  std::array<argument, 8> items_{};
  size_t size_;
};

/// Something that can be done to a kind of record. One row says everything that
/// a door has to know: a policy reads the kind, the gateway the owner and the
/// deadline, a form or a route the arguments.
struct action {
  /// `resource.verb`, e.g. `program.create`.
  std::string_view name;
  action_kind kind;
  action_owner owner;
  action_deadline deadline;
  argument_list arguments;
  action_trait trait = action_trait::none;

  /// The part of the name before the dot.
  [[nodiscard]] constexpr std::string_view resource() const {
    return name.substr(0, name.find('.'));
  }
};

/// A kind of record with the attributes that it shows and the actions that it
/// takes.
struct resource {
  std::string name;
  std::vector<std::string> attributes;
  std::span<const action> actions;
};

/// The three resources: `signature`, `program`, `execution`. The gateway
/// refuses what is not in here. Immutable.
[[nodiscard]] const std::vector<resource>& domain();

/// Finds an action by its name; null if there is none.
[[nodiscard]] const action* find_action(std::string_view name);

/// Checks arguments against an action: `invalid_option` names every missing,
/// unknown or mistyped one.
[[nodiscard]] result<void> check_arguments(const action& act,
                                           const json& arguments);

} // namespace dspex
