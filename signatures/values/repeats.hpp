#pragma once

#include <cstddef>
#include <vector>

#include "dspex/json.hpp"

namespace dspex::detail {

/// Orders JSON values totally. Returns 0 if they are equal as JSON: 2 equals
/// 2.0, and the order of an object's members does not count.
[[nodiscard]] int compare_json(const json& lhs, const json& rhs);

/// An item of a list that equals an earlier one.
struct repeat {
  size_t index = 0;
  /// The first item that equals it.
  size_t first = 0;
};

/// Returns the repeats of an array, in the order of their indexes. An array of
/// n items takes n log n comparisons, whatever the items are.
[[nodiscard]] std::vector<repeat> find_repeats(const json& array);

} // namespace dspex::detail
