#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dspex/any_signature.hpp"
#include "signatures/validator.hpp"
#include "signatures/values/constraints.hpp"

namespace dspex::detail {

/// What stands in brackets after the name of a type.
enum class argument_shape {
  none,
  /// `[T]` or `(T)`; without it the element is `any`.
  element,
  /// `['a', 'b', 3]`
  choices,
  /// `[K, V]`; without it any values by strings.
  entries,
  /// `[T, U, ...]`
  types,
  /// `('<JSON Schema>')`
  schema,
  /// `[T]`, short for an alternative to `none`.
  optional,
};

/// One type of the language, with all that the reader and the validator need to
/// know of it.
struct type_row {
  std::string_view name;
  /// Other ways to write the name.
  std::vector<std::string_view> aliases;
  type_kind kind;
  argument_shape shape;
  /// In alphabetical order.
  std::vector<constraint_row> constraints;
  validator_ptr (*make)(const field_type& type, const pattern_pool& patterns);

  /// Returns the row of a constraint, null if the type does not take it.
  [[nodiscard]] const constraint_row* find(std::string_view constraint) const;

  /// Returns what could have stood in place of an unknown constraint, e.g. `a
  /// constraint of int (max, min)`.
  [[nodiscard]] std::string expected_constraint() const;
};

/// Returns the row with this name or alias, null if there is none.
[[nodiscard]] const type_row* find_type(std::string_view name);

/// Returns the row by which values of this kind are printed and checked.
[[nodiscard]] const type_row& row_of(type_kind kind);

/// Returns what could have stood in place of an unknown type: `a type (str,
/// int, ...)`.
[[nodiscard]] const std::string& expected_type();

// The functions that make validators; each is given a type of its row's kind.

[[nodiscard]] validator_ptr make_str(const field_type&, const pattern_pool&);
[[nodiscard]] validator_ptr make_int(const field_type&, const pattern_pool&);
[[nodiscard]] validator_ptr make_float(const field_type&, const pattern_pool&);
[[nodiscard]] validator_ptr make_bool(const field_type&, const pattern_pool&);
[[nodiscard]] validator_ptr make_literal(const field_type&,
                                         const pattern_pool&);
[[nodiscard]] validator_ptr make_any(const field_type&, const pattern_pool&);
[[nodiscard]] validator_ptr make_none(const field_type&, const pattern_pool&);
[[nodiscard]] validator_ptr make_list(const field_type&, const pattern_pool&);
[[nodiscard]] validator_ptr make_dict(const field_type&, const pattern_pool&);
[[nodiscard]] validator_ptr make_tuple(const field_type&, const pattern_pool&);
[[nodiscard]] validator_ptr make_embedding(const field_type&,
                                           const pattern_pool&);
[[nodiscard]] validator_ptr make_plain(const field_type&, const pattern_pool&);
[[nodiscard]] validator_ptr make_datetime(const field_type&,
                                          const pattern_pool&);
[[nodiscard]] validator_ptr make_image(const field_type&, const pattern_pool&);
[[nodiscard]] validator_ptr make_object(const field_type&, const pattern_pool&);
[[nodiscard]] validator_ptr make_union(const field_type&, const pattern_pool&);

} // namespace dspex::detail
