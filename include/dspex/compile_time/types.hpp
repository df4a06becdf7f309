#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string_view>

#include "dspex/compile_time/fixed_string.hpp"

namespace dspex::compile_time {

/// The class of C++ types that the values of a type become.
enum class value_class : uint8_t {
  text,
  integer,
  number,
  boolean,
  none,
  /// The values have no C++ type of their own, and stay JSON.
  json,
  list,
  dict,
  tuple,
  /// The C++ type that all values of a literal, or alternatives of a union,
  /// have in common; else JSON.
  choice,
};

/// The form of the arguments that stand behind the name of a type.
enum class arguments : uint8_t {
  none,
  /// `[T]` or `(T)`; without it the element is `any`.
  element,
  /// The elements are numbers.
  numbers,
  /// The elements are texts.
  texts,
  /// The elements are JSON.
  jsons,
  /// `[K, V]`; without it any values by strings.
  entries,
  /// `['a', 'b', 3]`
  choices,
  /// `[T, U, ...]`
  types,
  /// `[T]`, short for an alternative to `none`.
  optional,
  /// `('<JSON Schema>')`
  schema,
};

/// The rule that the value of a constraint has to keep.
enum class value_rule : uint8_t {
  /// An integer of 0 or more.
  count,
  /// An integer above 0.
  positive,
  /// An integer of 64 bits.
  integer,
  number,
  /// A number between 0 and 1.
  share,
  flag,
  pattern,
  /// A list of different strings, not empty.
  strings,
  /// A list of different integers, not empty.
  integers,
};

struct constraint_row {
  std::string_view name;
  value_rule rule = value_rule::count;
  /// The constraint whose value this one's must not exceed, if any.
  std::string_view not_above = {};
  /// The constraint whose value this one's must reach, if any.
  std::string_view not_below = {};
};

inline constexpr size_t max_constraints = 4;

inline constexpr size_t max_names = 3;

/// One type of the language. The table is that of `signatures/types.cpp`: a
/// test compares the two.
struct type_row {
  constexpr type_row(std::initializer_list<std::string_view> its_names,
                     value_class its_value,
                     arguments its_shape = arguments::none,
                     std::initializer_list<constraint_row> rows = {})
    : value(its_value), shape(its_shape) {
    // All elements are set, as g++ 12 loses those that are left to their
    // defaults.
    for (size_t i = 0; i < max_names; ++i)
      names[i] = i < its_names.size() ? its_names.begin()[i]
                                      : std::string_view{};
    for (size_t i = 0; i < max_constraints; ++i)
      constraints[i] = i < rows.size() ? rows.begin()[i] : constraint_row{};
  }

  /// The names of the type; messages use the first.
  std::string_view names[max_names] = {};
  value_class value;
  arguments shape;
  /// The constraints in alphabetical order; unused places have no name.
  constraint_row constraints[max_constraints] = {};

  [[nodiscard]] constexpr bool is_called(std::string_view name) const noexcept {
    for (auto x : names)
      if (!x.empty() && x == name)
        return true;
    return false;
  }

  /// Returns the index of a constraint, `max_constraints` if the type does not
  /// take it.
  [[nodiscard]] constexpr size_t
  find_constraint(std::string_view name) const noexcept {
    for (size_t i = 0; i < max_constraints; ++i)
      if (!constraints[i].name.empty() && constraints[i].name == name)
        return i;
    return max_constraints;
  }
};

inline constexpr type_row type_table[] = {
  {{"str", "string", "atom"},
   value_class::text,
   arguments::none,
   {{"max_length", value_rule::count, "", "min_length"},
    {"min_length", value_rule::count, "max_length"},
    {"one_of", value_rule::strings},
    {"pattern", value_rule::pattern}}},
  {{"int", "integer"},
   value_class::integer,
   arguments::none,
   {{"max", value_rule::integer, "", "min"},
    {"min", value_rule::integer, "max"},
    {"multiple_of", value_rule::positive},
    {"one_of", value_rule::integers}}},
  {{"float"},
   value_class::number,
   arguments::none,
   {{"max", value_rule::number, "", "min"},
    {"min", value_rule::number, "max"}}},
  {{"bool", "boolean"}, value_class::boolean},
  {{"list", "List"},
   value_class::list,
   arguments::element,
   {{"max_length", value_rule::count, "", "min_length"},
    {"min_length", value_rule::count, "max_length"},
    {"unique", value_rule::flag}}},
  {{"dict", "map", "Dict"},
   value_class::dict,
   arguments::entries,
   {{"max_size", value_rule::count, "", "min_size"},
    {"min_size", value_rule::count, "max_size"}}},
  {{"literal", "Literal"}, value_class::choice, arguments::choices},
  {{"union", "Union"}, value_class::choice, arguments::types},
  {{"optional", "Optional"}, value_class::choice, arguments::optional},
  {{"any", "Any"}, value_class::json},
  {{"embedding"},
   value_class::list,
   arguments::numbers,
   {{"dimensions", value_rule::positive}}},
  {{"probability"},
   value_class::number,
   arguments::none,
   {{"max", value_rule::share, "", "min"}, {"min", value_rule::share, "max"}}},
  {{"confidence_score"},
   value_class::number,
   arguments::none,
   {{"max", value_rule::share, "", "min"}, {"min", value_rule::share, "max"}}},
  {{"reasoning_chain"},
   value_class::list,
   arguments::texts,
   {{"max_length", value_rule::count}}},
  {{"object"}, value_class::json, arguments::schema},
  {{"tuple", "Tuple"}, value_class::tuple, arguments::types},
  {{"datetime"}, value_class::text},
  {{"image"}, value_class::text},
  {{"history"}, value_class::list, arguments::jsons},
  {{"none", "None"}, value_class::none},
};

// Types are found by index, since g++ 12 with -fsanitize=undefined cannot
// compare pointers while compiling.

inline constexpr size_t type_count = std::size(type_table);

/// Returns the index of the type with this name, `type_count` if there is none.
[[nodiscard]] constexpr size_t find_type(std::string_view name) {
  for (size_t i = 0; i < type_count; ++i)
    if (type_table[i].is_called(name))
      return i;
  return type_count;
}

/// Adds what could have stood in place of an unknown type.
constexpr void add_types(sentence& out) {
  out.add("a type (");
  for (size_t i = 0; i < type_count; ++i)
    out.add(i == 0 ? "" : ", ").add(type_table[i].names[0]);
  out.add(")");
}

/// Adds what could have stood in place of an unknown constraint.
constexpr void add_constraints(sentence& out, const type_row& row) {
  if (row.constraints[0].name.empty()) {
    out.add("no constraints on ").add(row.names[0]);
    return;
  }
  out.add("a constraint of ").add(row.names[0]).add(" (");
  for (size_t i = 0; i < max_constraints; ++i)
    if (!row.constraints[i].name.empty())
      out.add(i == 0 ? "" : ", ").add(row.constraints[i].name);
  out.add(")");
}

/// Returns what a value that breaks the rule should have been.
[[nodiscard]] constexpr std::string_view expectation(value_rule rule) {
  switch (rule) {
    case value_rule::count:
      return "an integer of 0 or more";
    case value_rule::positive:
      return "an integer above 0";
    case value_rule::integer:
      return "an integer of 64 bits";
    case value_rule::number:
      return "a number";
    case value_rule::share:
      return "a number between 0 and 1";
    case value_rule::flag:
      return "true or false";
    case value_rule::pattern:
      return "a quoted pattern";
    case value_rule::strings:
      return "a list of different strings";
    case value_rule::integers:
      return "a list of different integers of 64 bits";
  }
  return {};
}

} // namespace dspex::compile_time
