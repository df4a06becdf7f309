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

  /// @param fields stay where they are as long as this lives, as do
  ///        `patterns`.
  side_validator(const std::vector<field>& fields,
                 const pattern_pool& patterns);

  /// Adds every problem of `values` to `out`. Allocates nothing if there are
  /// none and no constraint needs it.
  void check(std::string_view side_name, json& values,
             std::vector<problem>& out) const;

  /// Whether there is no problem and nothing to convert.
  [[nodiscard]] bool fits(const json& values) const;

private:
  void check(json& values, report& out) const;
  /// Returns the position of a field, the number of fields if there is none.
  /// @param guess where it probably stands.
  [[nodiscard]] size_t find(const std::string& name, size_t guess) const;

  const std::vector<field>* fields_ = nullptr;
  std::vector<validator_ptr> validators_;
  /// Name and position of each field, by name.
  std::vector<std::pair<std::string_view, size_t>> index_;
};

} // namespace dspex::detail
