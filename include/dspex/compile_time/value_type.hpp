#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "dspex/compile_time/tree.hpp"
#include "dspex/json.hpp"

namespace dspex::compile_time {

template <const auto& Tree, size_t Node>
consteval auto find_value_type();

/// The C++ type for the values of a node.
/// @param Tree a `tree` without faults, of static storage duration.
template <const auto& Tree, size_t Node>
using value_type_of = typename decltype(find_value_type<Tree, Node>())::type;

/// Collects the types inside a tuple, from `Node` on.
template <const auto& Tree, size_t Node, class... Ts>
consteval auto find_tuple_type() {
  if constexpr (Node == nothing)
    return std::type_identity<std::tuple<Ts...>>{};
  else
    return find_tuple_type<Tree, Tree.nodes[Node].next, Ts...,
                           value_type_of<Tree, Node>>();
}

/// Finds the C++ type that the alternatives from `Node` on have in common with
/// `T`, which is `void` before the first alternative. An alternative `none`
/// makes the type optional.
template <const auto& Tree, size_t Node, class T, bool IsOptional>
consteval auto find_common_type() {
  if constexpr (Node == nothing) {
    if constexpr (std::is_void_v<T>)
      return std::type_identity<std::nullptr_t>{};
    else if constexpr (IsOptional)
      return std::type_identity<std::optional<T>>{};
    else
      return std::type_identity<T>{};
  } else if constexpr (Tree.nodes[Node].value == value_class::none) {
    return find_common_type<Tree, Tree.nodes[Node].next, T, true>();
  } else {
    using next = value_type_of<Tree, Node>;
    constexpr auto differs = !std::is_void_v<T> && !std::is_same_v<T, next>;
    return find_common_type<Tree, Tree.nodes[Node].next,
                            std::conditional_t<differs, json, next>,
                            IsOptional>();
  }
}

template <const auto& Tree, size_t Node>
consteval auto find_value_type() {
  constexpr auto& self = Tree.nodes[Node];
  constexpr auto first = self.first_child;
  if constexpr (self.value == value_class::text)
    return std::type_identity<std::string>{};
  else if constexpr (self.value == value_class::integer)
    return std::type_identity<int64_t>{};
  else if constexpr (self.value == value_class::number)
    return std::type_identity<double>{};
  else if constexpr (self.value == value_class::boolean)
    return std::type_identity<bool>{};
  else if constexpr (self.value == value_class::none)
    return std::type_identity<std::nullptr_t>{};
  else if constexpr (self.value == value_class::json)
    return std::type_identity<json>{};
  else if constexpr (self.value == value_class::list)
    return std::type_identity<std::vector<value_type_of<Tree, first>>>{};
  else if constexpr (self.value == value_class::dict)
    return std::type_identity<
      std::map<value_type_of<Tree, first>,
               value_type_of<Tree, Tree.nodes[first].next>>>{};
  else if constexpr (self.value == value_class::tuple)
    return find_tuple_type<Tree, first>();
  else
    return find_common_type<Tree, first, void, false>();
}

} // namespace dspex::compile_time
