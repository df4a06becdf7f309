#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dspex/compile_time/lexer.hpp"
#include "dspex/compile_time/types.hpp"

namespace dspex::compile_time {

/// The index that stands for no node and no field.
inline constexpr size_t nothing = SIZE_MAX;

/// A type of a signature. The types inside it form a list.
struct node {
  value_class value = value_class::text;
  /// The type is `str` or `int` without constraints, as the keys of a `dict`
  /// must be.
  bool is_key = false;
  size_t first_child = nothing;
  /// The next type inside the same outer type.
  size_t next = nothing;
};

struct field {
  std::string_view name;
  size_t node = nothing;
};

/// A signature that was read while compiling, or the fault that prevents it.
/// @tparam Capacity more than any text of the signature's length needs, since
///         each field and each type takes a byte.
template <size_t Capacity>
struct tree {
  field fields[Capacity] = {};
  size_t field_count = 0;
  /// How many of the first fields are inputs.
  size_t input_count = 0;
  node nodes[Capacity] = {};
  size_t node_count = 0;
  fault why;

  /// Returns the index of a field between two, `nothing` if there is none.
  [[nodiscard]] constexpr size_t find(std::string_view name, size_t first,
                                      size_t last) const noexcept {
    for (auto i = first; i < last; ++i)
      if (fields[i].name == name)
        return i;
    return nothing;
  }

  constexpr size_t add_node(value_class value) noexcept {
    nodes[node_count].value = value;
    return node_count++;
  }

  /// Puts a type and its followers behind the last type inside `parent`.
  constexpr void add_child(size_t parent, size_t child) noexcept {
    auto* link = &nodes[parent].first_child;
    while (*link != nothing)
      link = &nodes[*link].next;
    *link = child;
  }
};

} // namespace dspex::compile_time
