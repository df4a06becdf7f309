#include "signatures/values/repeats.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace dspex::detail {

namespace {

template <class T>
int order(const T& lhs, const T& rhs) {
  return lhs < rhs ? -1 : (rhs < lhs ? 1 : 0);
}

int rank(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return 0;
    case json::value_t::boolean:
      return 1;
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float:
      return 2;
    case json::value_t::string:
      return 3;
    case json::value_t::array:
      return 4;
    case json::value_t::object:
      return 5;
    default:
      return 6;
  }
}

/// Compares as `long double`, which holds integers of 64 bits and doubles
/// without loss.
int compare_numbers(const json& lhs, const json& rhs) {
  static_assert(std::numeric_limits<long double>::digits >= 64);
  auto x = lhs.get<long double>();
  auto y = rhs.get<long double>();
  if (std::isnan(x) || std::isnan(y))
    return order(std::isnan(x), std::isnan(y));
  return order(x, y);
}

using member = std::pair<const std::string*, const json*>;

std::vector<member> sorted_members(const json& object) {
  std::vector<member> result;
  result.reserve(object.size());
  for (auto i = object.begin(); i != object.end(); ++i)
    result.emplace_back(&i.key(), &i.value());
  std::sort(result.begin(), result.end(),
            [](const auto& x, const auto& y) { return *x.first < *y.first; });
  return result;
}

int compare_objects(const json& lhs, const json& rhs) {
  if (auto result = order(lhs.size(), rhs.size()); result != 0)
    return result;
  auto xs = sorted_members(lhs);
  auto ys = sorted_members(rhs);
  for (size_t i = 0; i < xs.size(); ++i) {
    if (auto result = order(*xs[i].first, *ys[i].first); result != 0)
      return result;
    if (auto result = compare_json(*xs[i].second, *ys[i].second); result != 0)
      return result;
  }
  return 0;
}

int compare_arrays(const json& lhs, const json& rhs) {
  if (auto result = order(lhs.size(), rhs.size()); result != 0)
    return result;
  for (size_t i = 0; i < lhs.size(); ++i)
    if (auto result = compare_json(lhs[i], rhs[i]); result != 0)
      return result;
  return 0;
}

} // namespace

int compare_json(const json& lhs, const json& rhs) {
  if (auto result = order(rank(lhs), rank(rhs)); result != 0)
    return result;
  switch (rank(lhs)) {
    case 0:
      return 0;
    case 1:
      return order(lhs.get<bool>(), rhs.get<bool>());
    case 2:
      return compare_numbers(lhs, rhs);
    case 3:
      return order(lhs.get_ref<const std::string&>(),
                   rhs.get_ref<const std::string&>());
    case 4:
      return compare_arrays(lhs, rhs);
    case 5:
      return compare_objects(lhs, rhs);
    default:
      return order(lhs, rhs);
  }
}

std::vector<repeat> find_repeats(const json& array) {
  std::vector<size_t> indexes(array.size());
  std::iota(indexes.begin(), indexes.end(), size_t{0});
  std::stable_sort(indexes.begin(), indexes.end(),
                   [&array](size_t lhs, size_t rhs) {
                     return compare_json(array[lhs], array[rhs]) < 0;
                   });
  std::vector<repeat> result;
  for (size_t i = 0; i + 1 < indexes.size();) {
    auto first = indexes[i];
    auto j = i + 1;
    while (j < indexes.size()
           && compare_json(array[first], array[indexes[j]]) == 0)
      result.push_back({indexes[j++], first});
    i = j;
  }
  std::sort(result.begin(), result.end(),
            [](const auto& x, const auto& y) { return x.index < y.index; });
  return result;
}

} // namespace dspex::detail
