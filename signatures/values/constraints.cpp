#include "signatures/values/constraints.hpp"

#include <cmath>
#include <cstdint>

#include "signatures/values/repeats.hpp"
#include "signatures/values/text.hpp"

namespace dspex::detail {

namespace {

using expectation = std::optional<std::string>;

/// Returns whether `value` is an integer of 64 bits; turns 3.0 into 3 first.
bool is_int64(json& value) {
  normalise_number(value);
  return value.is_number_integer();
}

template <class Predicate>
expectation check_list(json& value, std::string_view noun, Predicate fits) {
  auto expected = "a list of different " + std::string{noun};
  if (!value.is_array() || value.empty())
    return expected;
  for (auto& item : value)
    if (!fits(item))
      return expected;
  if (!find_repeats(value).empty())
    return expected;
  return std::nullopt;
}

} // namespace

void normalise_number(json& value) {
  if (value.is_number_unsigned()
      && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
    value = value.get<double>();
  if (!value.is_number_float())
    return;
  auto number = value.get<double>();
  // 2^63 is the first double that an integer of 64 bits cannot hold.
  if (number >= -0x1p63 && number < 0x1p63 && std::trunc(number) == number)
    value = static_cast<int64_t>(number);
}

expectation check_count(json& value, pattern_pool&) {
  if (is_int64(value) && value.get<int64_t>() >= 0)
    return std::nullopt;
  return "an integer of 0 or more";
}

expectation check_integer(json& value, pattern_pool&) {
  if (is_int64(value))
    return std::nullopt;
  return "an integer of 64 bits";
}

expectation check_positive(json& value, pattern_pool&) {
  if (is_int64(value) && value.get<int64_t>() > 0)
    return std::nullopt;
  return "an integer above 0";
}

expectation check_number(json& value, pattern_pool&) {
  normalise_number(value);
  if (value.is_number() && std::isfinite(value.get<double>()))
    return std::nullopt;
  return "a number";
}

expectation check_share(json& value, pattern_pool&) {
  normalise_number(value);
  if (value.is_number() && value.get<double>() >= 0 && value.get<double>() <= 1)
    return std::nullopt;
  return "a number between 0 and 1";
}

expectation check_flag(json& value, pattern_pool&) {
  if (value.is_boolean())
    return std::nullopt;
  return "true or false";
}

expectation check_pattern(json& value, pattern_pool& patterns) {
  if (!value.is_string())
    return "a quoted pattern";
  if (auto why = patterns.add(value.get_ref<const std::string&>()))
    return "an RE2 pattern (" + *why + ')';
  return std::nullopt;
}

expectation check_strings(json& value, pattern_pool&) {
  return check_list(value, "strings",
                    [](json& item) { return item.is_string(); });
}

expectation check_integers(json& value, pattern_pool&) {
  return check_list(value, "integers of 64 bits", is_int64);
}

expectation add_constraint(json& constraints, const constraint_row& row,
                           json value, pattern_pool& patterns) {
  auto quoted = '"' + std::string{row.name} + '"';
  if (auto expected = row.check(value, patterns))
    return *expected + " for " + quoted;
  if (auto other = constraints.find(std::string{row.not_above});
      other != constraints.end() && compare_json(value, *other) > 0)
    return quoted + " to be at most \"" + std::string{row.not_above} + "\" ("
           + brief(*other) + ')';
  if (auto other = constraints.find(std::string{row.not_below});
      other != constraints.end() && compare_json(value, *other) < 0)
    return quoted + " to be at least \"" + std::string{row.not_below} + "\" ("
           + brief(*other) + ')';
  auto position = constraints.begin();
  while (position != constraints.end() && position.key() < row.name)
    ++position;
  json sorted = json::object();
  for (auto i = constraints.begin(); i != position; ++i)
    sorted.emplace(i.key(), std::move(i.value()));
  sorted.emplace(std::string{row.name}, std::move(value));
  for (auto i = position; i != constraints.end(); ++i)
    sorted.emplace(i.key(), std::move(i.value()));
  constraints = std::move(sorted);
  return std::nullopt;
}

} // namespace dspex::detail
