#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "dspex/any_signature.hpp"
#include "signatures/issue.hpp"
#include "signatures/lexer.hpp"
#include "signatures/types.hpp"
#include "signatures/values/patterns.hpp"

namespace dspex::detail {

/// The most bytes that the text of a signature may have, as given and in
/// canonical form.
inline constexpr size_t max_text_size = 65'536;

/// The most fields that a signature may have, both sides together.
inline constexpr size_t max_fields = 1000;

/// The most faults of one signature that are reported.
inline constexpr size_t max_faults = 100;

/// The most types that may be nested in one another.
inline constexpr size_t max_type_depth = 32;

/// The most arrays and objects that may be nested in a JSON Schema.
inline constexpr size_t max_schema_depth = 64;

/// The fields of both sides of a signature that is being read.
struct field_lists {
  std::vector<field> inputs;
  std::vector<field> outputs;
};

/// Returns what is wrong with a name, as what is expected; null if nothing is.
[[nodiscard]] const char* find_name_fault(std::string_view name);

/// Returns whether values of the type may be absent.
[[nodiscard]] bool is_optional(const field_type& type);

/// Reads text of the language by recursive descent. The text must outlive the
/// reader.
class reader {
public:
  /// @param patterns receives every pattern of the text.
  reader(std::string_view text, pattern_pool& patterns);

  /// Reads a whole signature; `false` if it is not one, with the reason in
  /// `why`.
  [[nodiscard]] bool read_signature(field_lists& out);

  /// Returns what is wrong with a whole signature, at most `max_faults` things:
  /// after each fault reading goes on with the next field.
  [[nodiscard]] std::vector<issue> find_faults();

  /// Reads a text that is a type without constraints of its own.
  [[nodiscard]] bool read_bare_type(field_type& out);

  [[nodiscard]] const issue& why() const noexcept {
    return why_;
  }

private:
  // -- tokens -----------------------------------------------------------------

  [[nodiscard]] bool begin();
  [[nodiscard]] bool advance();
  [[nodiscard]] bool at(token_kind kind) const noexcept {
    return token_.kind == kind;
  }
  /// Reads the token if it is of that kind, else fails.
  [[nodiscard]] bool take(token_kind kind, const char* expected);
  [[nodiscard]] bool next_is_constraint();
  /// Goes on after a fault, to the next field, the arrow or the end.
  [[nodiscard]] bool skip_field();

  // -- parts of a signature ---------------------------------------------------

  [[nodiscard]] bool read_side(std::vector<field>& out,
                               const field_lists& before);
  /// Reads a field and adds it to `out`, one of the lists in `before`.
  [[nodiscard]] bool read_next(std::vector<field>& out,
                               const field_lists& before);
  [[nodiscard]] bool read_field(field& out);

  // -- types ------------------------------------------------------------------

  [[nodiscard]] bool read_type(field_type& out);
  [[nodiscard]] bool read_single_type(field_type& out);
  [[nodiscard]] bool read_arguments(const type_row& row, field_type& out);
  [[nodiscard]] bool read_element(const type_row& row, field_type& out);
  [[nodiscard]] bool read_entries(field_type& out);
  [[nodiscard]] bool read_types(field_type& out);
  [[nodiscard]] bool read_choices(field_type& out);
  [[nodiscard]] bool read_schema(field_type& out);

  // -- values -----------------------------------------------------------------

  [[nodiscard]] bool read_constraints(const type_row& row, field_type& out);
  [[nodiscard]] bool read_constraint(const type_row& row, field_type& out);
  [[nodiscard]] bool read_value(json& out);
  [[nodiscard]] bool read_scalar(json& out, const char* expected);

  // -- failures, all of which return false ------------------------------------

  bool refuse(std::string expected);
  bool refuse(const token& what, std::string expected, std::string found);

  // -- member variables -------------------------------------------------------

  std::string_view text_;
  lexer lexer_;
  pattern_pool& patterns_;
  token token_;
  size_t depth_ = 0;
  /// The text at the position is no token.
  bool broken_ = false;
  /// How many brackets are open before the token.
  size_t open_brackets_ = 0;
  issue why_;
};

} // namespace dspex::detail
