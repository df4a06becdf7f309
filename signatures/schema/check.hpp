#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dspex/json.hpp"
#include "signatures/values/patterns.hpp"

namespace dspex::detail {

/// What is wrong with a JSON Schema.
struct schema_fault {
  /// JSON pointer into the schema, of the schema or keyword at fault.
  std::string pointer;
  /// What should stand there, e.g. `an integer of 0 or more`.
  std::string expected;
};

/// Returns why `schema_run` cannot judge by this schema, if so.
///
/// A schema is one of draft 2020-12: every keyword that asserts something must
/// have a value of its form, and unknown keywords are annotations. Three things
/// are refused: keywords whose meaning depends on more than the value
/// (`$dynamicRef`, `$anchor`, `unevaluatedItems`, ...), references that leave
/// the document or lead back to themselves without going into the value, and
/// patterns that RE2 cannot run.
/// @param patterns receives every pattern.
[[nodiscard]] std::optional<schema_fault>
find_schema_fault(const json& schema, pattern_pool& patterns);

/// Returns what `#` or `#/a/b` refers to in a schema. It is null if nothing is
/// there or the reference leaves the document.
[[nodiscard]] const json* resolve_reference(const json& root,
                                            std::string_view reference);

} // namespace dspex::detail
