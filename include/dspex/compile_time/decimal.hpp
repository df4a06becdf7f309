#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dspex/compile_time/lexer.hpp"

namespace dspex::compile_time {

/// A number in the form of its text, since `std::from_chars` to a double does
/// not work while compiling.
class decimal {
public:
  /// @param text a number token of the language.
  explicit constexpr decimal(std::string_view text) {
    negative_ = text.front() == '-';
    if (negative_)
      text.remove_prefix(1);
    is_plain_ = text.find_first_of(".eE") == std::string_view::npos;
    auto mantissa = text.substr(0, text.find_first_of("eE"));
    auto first = mantissa.find_first_not_of("0.");
    if (first == std::string_view::npos) {
      negative_ = false;
      return;
    }
    auto point = mantissa.find('.');
    if (point == std::string_view::npos)
      point = mantissa.size();
    exponent_ = static_cast<int64_t>(point) - static_cast<int64_t>(first);
    if (first < point)
      --exponent_;
    if (mantissa.size() < text.size())
      exponent_ += read_exponent(text.substr(mantissa.size() + 1));
    auto last = mantissa.find_last_not_of("0.");
    digits_ = mantissa.substr(first, last + 1 - first);
  }

  /// Whether the number is an integer of 64 bits with a sign. A number that is
  /// written with a point or an exponent becomes a double first, and must not
  /// round to 2^63.
  [[nodiscard]] constexpr bool is_int64() const {
    if (digits_.empty())
      return true;
    auto size = static_cast<int64_t>(digits_.size());
    if (digits_.find('.') != std::string_view::npos)
      --size;
    if (size > exponent_ + 1)
      return false;
    auto limit = negative_   ? decimal{"9223372036854775808"}
                 : is_plain_ ? decimal{"9223372036854775807"}
                             : decimal{"9223372036854774784"};
    return compare_size(limit) <= 0;
  }

  /// Whether the number is zero, or a double can come near it.
  [[nodiscard]] constexpr bool is_double() const {
    return digits_.empty()
           || (compare_size(decimal{"1.7976931348623157e308"}) <= 0
               && compare_size(decimal{"4.9406564584124654e-324"}) >= 0);
  }

  friend constexpr std::strong_ordering operator<=>(const decimal& lhs,
                                                    const decimal& rhs) {
    if (lhs.negative_ != rhs.negative_)
      return rhs.negative_ <=> lhs.negative_;
    return lhs.negative_ ? rhs.compare_size(lhs) : lhs.compare_size(rhs);
  }

  friend constexpr bool operator==(const decimal& lhs, const decimal& rhs) {
    return lhs <=> rhs == 0;
  }

private:
  static constexpr int64_t read_exponent(std::string_view text) {
    auto negative = text.front() == '-';
    int64_t result = 0;
    for (auto c : text)
      // No double or integer has an exponent beyond this.
      if (is_digit(c) && result < 1'000'000)
        result = result * 10 + (c - '0');
    return negative ? -result : result;
  }

  /// Compares the two numbers without their signs.
  [[nodiscard]] constexpr std::strong_ordering
  compare_size(const decimal& other) const {
    if (digits_.empty() || other.digits_.empty())
      return !digits_.empty() <=> !other.digits_.empty();
    if (exponent_ != other.exponent_)
      return exponent_ <=> other.exponent_;
    size_t i = 0;
    size_t j = 0;
    for (;;) {
      if (i < digits_.size() && digits_[i] == '.')
        ++i;
      if (j < other.digits_.size() && other.digits_[j] == '.')
        ++j;
      auto ended = i == digits_.size();
      auto other_ended = j == other.digits_.size();
      if (ended || other_ended)
        return !ended <=> !other_ended;
      if (digits_[i] != other.digits_[j])
        return digits_[i] <=> other.digits_[j];
      ++i;
      ++j;
    }
  }

  bool negative_ = false;
  /// The text has neither a point nor an exponent.
  bool is_plain_ = true;
  /// The power of ten of the first digit.
  int64_t exponent_ = 0;
  /// The digits without zeros on either side, but with the point; empty if the
  /// number is zero.
  std::string_view digits_;
};

} // namespace dspex::compile_time
