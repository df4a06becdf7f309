#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dspex/compile_time/fixed_string.hpp"
#include "dspex/compile_time/reader.hpp"
#include "dspex/compile_time/tree.hpp"
#include "dspex/compile_time/utf8.hpp"

namespace dspex::compile_time {

/// A type that is never defined. A compiler does not show the message of an
/// exception that ends an evaluation, but it prints the arguments of a type
/// that lacks a definition.
template <fixed_string Why>
struct invalid_signature;

template <fixed_string Why>
struct unknown_field;

template <fixed_string Text>
consteval auto read_text() {
  tree<sizeof(Text.chars)> result;
  reader{Text.view(), result}.read();
  return result;
}

/// The tree of the text of a signature.
template <fixed_string Text>
inline constexpr auto tree_of = read_text<Text>();

// -- modules and versions -----------------------------------------------------

/// The name of a module without a leading `Elixir.`.
[[nodiscard]] constexpr std::string_view
normal_module(std::string_view name) noexcept {
  constexpr std::string_view prefix = "Elixir.";
  while (name.substr(0, prefix.size()) == prefix)
    name.remove_prefix(prefix.size());
  return name;
}

[[nodiscard]] constexpr bool is_module(std::string_view name) noexcept {
  name = normal_module(name);
  for (auto c : name)
    if (!is_letter(c) && !is_digit(c) && c != '_' && c != '.')
      return false;
  return !name.empty() && name.front() >= 'A' && name.front() <= 'Z';
}

/// Whether a text is a version of three numbers of 32 bits.
[[nodiscard]] constexpr bool is_version(std::string_view text) noexcept {
  auto dots = 0;
  uint64_t number = 0;
  auto previous = '.';
  for (auto c : text) {
    if (c == '.') {
      if (previous == '.')
        return false;
      ++dots;
      number = 0;
    } else if (is_digit(c)) {
      number = number * 10 + static_cast<uint64_t>(c - '0');
      if (number > UINT32_MAX)
        return false;
    } else {
      return false;
    }
    previous = c;
  }
  return dots == 2 && previous != '.';
}

// -- faults -------------------------------------------------------------------

template <fixed_string Module, fixed_string Text, fixed_string Version>
consteval sentence find_fault() {
  sentence result;
  if (!is_module(Module.view()))
    result.add("Module must be a valid module name, got ")
      .add_quoted(Module.view());
  else if (!is_version(Version.view()))
    result.add("Version must be three numbers with dots between, got ")
      .add_quoted(Version.view());
  else if (auto& why = tree_of<Text>.why; !why.what.empty())
    result.add("Invalid signature at column ")
      .add(column_of(Text.view(), why.offset))
      .add(": ")
      .add(why.what.view());
  return result;
}

/// The fault in the arguments of a `signature`; empty if there is none.
template <fixed_string Module, fixed_string Text, fixed_string Version>
inline constexpr sentence fault_of = find_fault<Module, Text, Version>();

/// Does not compile if there is a fault. Its value is true all the same, so
/// that no other error follows from this one.
template <const sentence& Fault>
struct checked {
  static constexpr bool value = true;
};

template <const sentence& Fault>
  requires(!Fault.empty())
struct checked<Fault> {
  static constexpr bool value = true;
  using shown = decltype(sizeof(invalid_signature<freeze<Fault>()>));
};

// -- fields -------------------------------------------------------------------

/// The fields of one side of a signature.
template <const auto& Tree, bool AreInputs>
struct field_range {
  static constexpr const auto& tree = Tree;
  static constexpr size_t first = AreInputs ? 0 : Tree.input_count;
  static constexpr size_t last = AreInputs ? Tree.input_count
                                           : Tree.field_count;
  static constexpr std::string_view noun = AreInputs ? "input" : "output";
};

template <class Range, fixed_string Name>
consteval sentence describe_unknown() {
  sentence result;
  result.add("No ").add(Range::noun).add(" is called ").add_quoted(Name.view());
  result.add("; there are ");
  for (auto i = Range::first; i < Range::last; ++i)
    result.add(i == Range::first ? "" : ", ").add(Range::tree.fields[i].name);
  return result;
}

template <class Range, fixed_string Name>
inline constexpr sentence unknown = describe_unknown<Range, Name>();

/// Finds a field by its name. A name that no field has does not compile; code
/// that follows gets the first field, so that there is only one error.
template <class Range, fixed_string Name,
          size_t Index = Range::tree.find(Name.view(), Range::first,
                                          Range::last)>
struct find_field {
  static constexpr size_t node = Range::tree.fields[Index].node;
};

template <class Range, fixed_string Name>
struct find_field<Range, Name, nothing> {
  static constexpr size_t node = Range::tree.fields[Range::first].node;
  using shown = decltype(sizeof(unknown_field<freeze<unknown<Range, Name>>()>));
};

} // namespace dspex::compile_time
