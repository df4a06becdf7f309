#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dspex/json.hpp"
#include "signatures/values/patterns.hpp"
#include "signatures/values/report.hpp"

namespace dspex::detail {

/// Judges one value by a JSON Schema.
///
/// Neither a value nor a schema can make the run long: its steps are limited in
/// proportion to the size of the value. A value that needs more is refused.
///
/// Large because each keyword of JSON Schema is a function here.
class schema_run {
public:
  /// @param root the document that references in the schemas lead into.
  /// @pre `find_schema_fault` has found nothing in `root`, and put its patterns
  ///      into `patterns`.
  schema_run(const json& root, const pattern_pool& patterns, report& out)
    : root_(root), patterns_(patterns), out_(out) {
  }

  /// Returns whether `value` fits the root, and adds what is wrong to the
  /// report.
  [[nodiscard]] bool judge(const json& value);

private:
  /// Judges by the value of one keyword, which stands in `schema`.
  using rule = bool (schema_run::*)(const json& wanted, const json& schema,
                                    const json& value);

  [[nodiscard]] static rule find_rule(std::string_view keyword);

  [[nodiscard]] bool fits(const json& schema, const json& value);

  /// Like `fits`, without adding to the report.
  [[nodiscard]] bool would_fit(const json& schema, const json& value);

  /// Returns `ok`. If it is false, and the run did not give up before, this
  /// adds a problem.
  template <class MakeText>
  bool expect(bool ok, std::string_view code, MakeText make_text) {
    return ok || (!gave_up_ && out_.add(code, make_text));
  }

  // -- rules ------------------------------------------------------------------

  bool check_ref(const json& wanted, const json& schema, const json& value);
  bool check_type(const json& wanted, const json& schema, const json& value);
  bool check_enum(const json& wanted, const json& schema, const json& value);
  bool check_const(const json& wanted, const json& schema, const json& value);

  bool check_min_length(const json& wanted, const json&, const json& value);
  bool check_max_length(const json& wanted, const json&, const json& value);
  bool check_pattern(const json& wanted, const json&, const json& value);

  bool check_minimum(const json& wanted, const json&, const json& value);
  bool check_maximum(const json& wanted, const json&, const json& value);
  bool check_above(const json& wanted, const json&, const json& value);
  bool check_below(const json& wanted, const json&, const json& value);
  bool check_multiple(const json& wanted, const json&, const json& value);

  bool check_prefix(const json& wanted, const json&, const json& value);
  bool check_items(const json& wanted, const json& schema, const json& value);
  bool check_contains(const json& wanted, const json& schema,
                      const json& value);
  bool check_min_items(const json& wanted, const json&, const json& value);
  bool check_max_items(const json& wanted, const json&, const json& value);
  bool check_unique(const json& wanted, const json&, const json& value);

  bool check_properties(const json& wanted, const json&, const json& value);
  bool check_patterns(const json& wanted, const json&, const json& value);
  bool check_others(const json& wanted, const json& schema, const json& value);
  bool check_names(const json& wanted, const json&, const json& value);
  bool check_required(const json& wanted, const json&, const json& value);
  bool check_min_size(const json& wanted, const json&, const json& value);
  bool check_max_size(const json& wanted, const json&, const json& value);
  bool check_dependent(const json& wanted, const json&, const json& value);
  bool check_dependent_schemas(const json& wanted, const json&,
                               const json& value);

  bool check_all(const json& wanted, const json&, const json& value);
  bool check_any(const json& wanted, const json&, const json& value);
  bool check_one(const json& wanted, const json&, const json& value);
  bool check_not(const json& wanted, const json&, const json& value);
  bool check_if(const json& wanted, const json& schema, const json& value);

  // -- member variables -------------------------------------------------------

  const json& root_;
  const pattern_pool& patterns_;
  report& out_;
  uint64_t steps_left_ = 0;
  size_t depth_ = 0;
  bool gave_up_ = false;
};

} // namespace dspex::detail
