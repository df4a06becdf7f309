#pragma once

#include <array>
#include <string_view>

namespace dspex::test {

/// What each action (row) answers from each state (column), as `refusal` or a
/// word for the success renders it.
template <size_t Rows, size_t Columns>
using outcome_table = std::array<std::array<std::string_view, Columns>, Rows>;

/// Whether every cell has an expectation: a cell that is left out is empty.
/// Tables are checked by `static_assert`, so that an incomplete one does not
/// compile.
template <size_t Rows, size_t Columns>
consteval bool is_complete(const outcome_table<Rows, Columns>& x) {
  for (auto& row : x)
    for (auto cell : row)
      if (cell.empty())
        return false;
  return true;
}

static_assert(is_complete(outcome_table<1, 2>{{{"a", "b"}}}));
static_assert(!is_complete(outcome_table<1, 2>{{{"a"}}}));
static_assert(!is_complete(outcome_table<2, 1>{{{"a"}}}));

} // namespace dspex::test
