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

/// The constraint `name` as a `T`, if there.
template <class T>
[[nodiscard]] std::optional<T>
read_limit(const json& constraints, const std::string& name) {
  auto i = constraints.find(name);
  if (i == constraints.end())
    return std::nullopt;
  return i->template get<T>();
}

/// The two ends of what is accepted, each of which may be open.
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

  /// The end that `describe` names last.
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
  /// @param noun what is counted, one of them; a literal.
  /// @param what ends the names of the two constraints.
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
