#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dspex/json.hpp"
#include "signatures/values/constraints.hpp"
#include "signatures/values/report.hpp"
#include "signatures/values/text.hpp"

namespace dspex::detail {

/// Returns the value of the constraint `name` as a `T`, if the type has it.
template <class T>
[[nodiscard]] std::optional<T>
read_limit(const json& constraints, const std::string& name) {
  auto i = constraints.find(name);
  if (i == constraints.end())
    return std::nullopt;
  return i->template get<T>();
}

/// The smallest and the greatest value that are accepted; either may be absent.
template <class T>
class limits {
public:
  limits(const json& constraints, const std::string& lower,
         const std::string& upper)
    : min_(read_limit<T>(constraints, lower)),
      max_(read_limit<T>(constraints, upper)) {
  }

  [[nodiscard]] bool accept(T x) const noexcept {
    return (!min_ || x >= *min_) && (!max_ || x <= *max_);
  }

  /// Renders `between 0 and 1`, `at least 0` or `at most 1`.
  /// @pre at least one end is closed.
  [[nodiscard]] std::string describe() const {
    auto print = [](T x) {
      json number(x);
      normalise_number(number);
      return brief(number);
    };
    if (min_ && max_)
      return "between " + print(*min_) + " and " + print(*max_);
    return min_ ? "at least " + print(*min_) : "at most " + print(*max_);
  }

  /// Returns the limit that `describe` names last.
  [[nodiscard]] T last() const {
    return max_ ? *max_ : *min_;
  }

private:
  std::optional<T> min_;
  std::optional<T> max_;
};

/// The accepted number of characters, items or members.
class length_limits {
public:
  /// @param noun one of what is counted, e.g. `item`; a literal.
  /// @param what the end of the names of the two constraints, e.g. `length`.
  length_limits(const json& constraints, std::string_view noun,
                const std::string& what = "length")
    : limits_(constraints, "min_" + what, "max_" + what), noun_(noun) {
  }

  [[nodiscard]] bool check(uint64_t length, report& out) const {
    return limits_.accept(length) || out.add("length", [&] {
      return "must have " + limits_.describe() + ' ' + std::string{noun_}
             + (limits_.last() == 1 ? "" : "s") + ", has "
             + std::to_string(length);
    });
  }

private:
  limits<uint64_t> limits_;
  std::string_view noun_;
};

} // namespace dspex::detail
