#pragma once

#include <memory>

#include "dspex/any_signature.hpp"
#include "signatures/values/patterns.hpp"
#include "signatures/values/report.hpp"

namespace dspex::detail {

/// Judges the values of one type with its constraints. Immutable.
class validator {
public:
  validator() = default;
  validator(const validator&) = delete;
  validator& operator=(const validator&) = delete;
  virtual ~validator();

  /// Returns whether `value` fits, and adds what is wrong to `out`. Where the
  /// language converts, `value` is converted in place unless `out` is strict.
  virtual bool check(json& value, report& out) const = 0;
};

using validator_ptr = std::unique_ptr<const validator>;

/// Makes the validator of a type.
/// @pre `patterns` holds every pattern of the type, and outlives the validator.
[[nodiscard]] validator_ptr make_validator(const field_type& type,
                                           const pattern_pool& patterns);

} // namespace dspex::detail
