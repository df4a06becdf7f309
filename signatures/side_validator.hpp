#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "dspex/any_signature.hpp"
#include "signatures/validator.hpp"
#include "signatures/values/report.hpp"

namespace dspex::detail {

/// Judges the values of one side of a signature. Immutable.
class side_validator {
public:
  side_validator() = default;

  /// @pre `fields` and `patterns` stay where they are as long as the validator
  ///      lives.
  side_validator(const std::vector<field>& fields,
                 const pattern_pool& patterns);

  /// Adds every problem of `values` to `out`. Good values cost no allocation
  /// unless a constraint needs one.
  void check(std::string_view side_name, json& values,
             std::vector<problem>& out) const;

  /// Whether there is no problem and nothing to convert.
  [[nodiscard]] bool fits(const json& values) const;

private:
  void check(json& values, report& out) const;
  /// Returns the position of a field, the number of fields if there is none.
  /// @param guess the position where the field probably stands.
  [[nodiscard]] size_t find(const std::string& name, size_t guess) const;

  const std::vector<field>* fields_ = nullptr;
  std::vector<validator_ptr> validators_;
  /// Name and position of each field, by name.
  std::vector<std::pair<std::string_view, size_t>> index_;
};

} // namespace dspex::detail
