#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>

#include "core/action_table.hpp"
#include "messages/requests.hpp"

namespace dspex {

/// Which member function of an actor's state carries an action out. An actor
/// has one array of these rows, and proves by `covers` that it is complete.
template <class State>
struct action_handler {
  std::string_view action;
  void (State::*run)(const action_call& call);
};

/// Whether a table has one handler for each action of an owner, but for those
/// with a message of their own, and no other handler.
template <class State, size_t Size>
consteval bool
covers(const action_handler<State> (&table)[Size], action_owner owner) {
  auto count = size_t{0};
  for (auto& row : action_table::rows) {
    if (row.owner != owner || row.trait == action_trait::own_message)
      continue;
    ++count;
    if (std::ranges::count(table, row.name, &action_handler<State>::action)
        != 1)
      return false;
  }
  return count == Size;
}

/// Lets an actor's state handle a call.
/// @returns whether its table has the action.
template <class State, size_t Size>
bool carry_out(State& state, const action_handler<State> (&table)[Size],
               const action_call& call) {
  auto* row = std::ranges::find(table, call.request.action,
                                &action_handler<State>::action);
  if (row == std::end(table))
    return false;
  (state.*row->run)(call);
  return true;
}

/// The answer to a call of an action that its receiver does not carry out.
[[nodiscard]] inline error unknown_action(const action_call& call) {
  return {errc::invalid_option, "Unknown action: " + call.request.action};
}

} // namespace dspex
