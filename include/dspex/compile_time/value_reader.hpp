#pragma once

#include <cstddef>
#include <string_view>

#include "dspex/compile_time/decimal.hpp"
#include "dspex/compile_time/lexer.hpp"
#include "dspex/compile_time/types.hpp"

namespace dspex::compile_time {

/// The state of a text that is being read: the present token, and the fault.
class token_reader {
public:
  constexpr token_reader(std::string_view text, fault& why)
    : text_(text), lexer_(text), why_(why) {
  }

  [[nodiscard]] constexpr const token& now() const noexcept {
    return now_;
  }

  [[nodiscard]] constexpr bool at(token_kind kind) const noexcept {
    return now_.kind == kind;
  }

  [[nodiscard]] constexpr bool advance() {
    return lexer_.next(now_, why_);
  }

  /// Reads the token if it is of this kind, else fails.
  [[nodiscard]] constexpr bool take(token_kind kind,
                                    std::string_view expected) {
    return at(kind) ? advance() : refuse(expected);
  }

  [[nodiscard]] constexpr bool next_is_constraint() const {
    auto ahead = lexer_;
    token first;
    token second;
    fault ignored;
    return ahead.next(first, ignored) && first.kind == token_kind::name
           && ahead.next(second, ignored) && second.kind == token_kind::equals;
  }

  // -- failures, all of which return false ------------------------------------

  constexpr bool refuse(std::string_view expected) {
    begin_refusal(now_).add(expected);
    return end_refusal(now_);
  }

  /// @param remark a word before or after the token: `unknown type`, `again`.
  constexpr bool refuse(const token& found, std::string_view expected,
                        std::string_view before = {},
                        std::string_view after = {}) {
    begin_refusal(found).add(expected);
    return end_refusal(found, before, after);
  }

  /// Begins a sentence to which the caller adds what was expected.
  constexpr sentence& begin_refusal(const token& found) {
    why_.offset = found.offset;
    return why_.what.add("expected ");
  }

  constexpr bool end_refusal(const token& found, std::string_view before = {},
                             std::string_view after = {}) {
    why_.what.add(", found ").add(before).add(before.empty() ? "" : " ");
    if (found.kind == token_kind::end)
      why_.what.add("the end");
    else if (found.kind == token_kind::string)
      why_.what.add("the string ").add(found.text.substr(0, 60));
    else
      why_.what.add_quoted(found.text);
    why_.what.add(after.empty() ? "" : " ").add(after);
    return false;
  }

  /// Fails with another reason.
  constexpr bool fail(size_t offset, std::string_view reason) {
    why_.offset = offset;
    why_.what.add(reason);
    return false;
  }

private:
  std::string_view text_;
  lexer lexer_;
  token now_;
  fault& why_;
};

/// Whether two values of a literal or of `one_of` are the same.
[[nodiscard]] constexpr bool same_value(const token& lhs, const token& rhs) {
  if (lhs.kind != rhs.kind)
    return false;
  switch (lhs.kind) {
    case token_kind::string:
      return same_string(lhs.text, rhs.text);
    case token_kind::number:
      return decimal{lhs.text} == decimal{rhs.text};
    default:
      // Flags are compared from the second letter on, as `True` equals `true`.
      return lhs.text.substr(1) == rhs.text.substr(1);
  }
}

/// Reads a string, a number, `true` or `false` into `out`.
[[nodiscard]] constexpr bool read_scalar(token_reader& in, token& out,
                                         std::string_view expected) {
  out = in.now();
  auto is_flag = out.kind == token_kind::name
                 && (out.text == "true" || out.text == "True"
                     || out.text == "false" || out.text == "False");
  if (is_flag || out.kind == token_kind::string)
    return in.advance();
  if (out.kind != token_kind::number)
    return in.refuse(expected);
  if (!decimal{out.text}.is_double())
    return in.refuse("a number that fits 64 bits");
  return in.advance();
}

/// Whether a value is one of the first `count` of a list.
/// @param list at the open bracket.
[[nodiscard]] constexpr bool is_among(token_reader list, size_t count,
                                      const token& value) {
  for (size_t i = 0; i < count; ++i) {
    token other;
    if (!list.advance() || !read_scalar(list, other, {}))
      return false;
    if (same_value(other, value))
      return true;
  }
  return false;
}

/// The constraints of one type, as far as they have been read.
class constraint_list {
public:
  explicit constexpr constraint_list(const type_row& row) : row_(row) {
  }

  /// Reads one constraint, its name and its value.
  [[nodiscard]] constexpr bool read(token_reader& in) {
    auto name = in.now();
    auto index = name.kind == token_kind::name ? row_.find_constraint(name.text)
                                               : max_constraints;
    if (index == max_constraints) {
      add_constraints(in.begin_refusal(name), row_);
      return in.end_refusal(name);
    }
    if (values_[index].kind != token_kind::end)
      return in.refuse(name, "each constraint once", {}, "again");
    if (!in.advance() || !in.take(token_kind::equals, "`=`"))
      return false;
    auto& value = values_[index];
    value = in.now();
    if (value.kind == token_kind::open_bracket)
      return read_list(in, row_.constraints[index]);
    token scalar;
    return read_scalar(in, scalar, "a value")
           && check(in, row_.constraints[index], scalar);
  }

private:
  static constexpr bool is_number(value_rule rule, const token& value) {
    if (value.kind != token_kind::number)
      return false;
    auto number = decimal{value.text};
    switch (rule) {
      case value_rule::count:
        return number.is_int64() && number >= decimal{"0"};
      case value_rule::positive:
        return number.is_int64() && number > decimal{"0"};
      case value_rule::integer:
      case value_rule::integers:
        return number.is_int64();
      case value_rule::share:
        return number >= decimal{"0"} && number <= decimal{"1"};
      default:
        return true;
    }
  }

  /// Whether the value, or each item of a list, is what the rule asks for.
  static constexpr bool fits(value_rule rule, const token& value) {
    switch (rule) {
      case value_rule::flag:
        return value.kind == token_kind::name;
      case value_rule::pattern:
      case value_rule::strings:
        return value.kind == token_kind::string;
      default:
        return is_number(rule, value);
    }
  }

  static constexpr bool is_list(value_rule rule) {
    return rule == value_rule::strings || rule == value_rule::integers;
  }

  static constexpr bool refuse(token_reader& in, const constraint_row& row,
                               const token& value) {
    in.begin_refusal(value)
      .add(expectation(row.rule))
      .add(" for ")
      .add_quoted(row.name);
    return in.end_refusal(value);
  }

  constexpr bool check(token_reader& in, const constraint_row& row,
                       const token& value) const {
    if (is_list(row.rule) || !fits(row.rule, value))
      return refuse(in, row, value);
    return agrees(in, row, value, row.not_above, "at most")
           && agrees(in, row, value, row.not_below, "at least");
  }

  /// Compares with the other end of the range, if that end was read already.
  constexpr bool agrees(token_reader& in, const constraint_row& row,
                        const token& value, std::string_view other_name,
                        std::string_view relation) const {
    auto index = row_.find_constraint(other_name);
    if (index == max_constraints || values_[index].kind == token_kind::end)
      return true;
    auto number = decimal{value.text};
    auto other = decimal{values_[index].text};
    if (relation == "at most" ? number <= other : number >= other)
      return true;
    in.begin_refusal(value)
      .add_quoted(row.name)
      .add(" to be ")
      .add(relation)
      .add(" ")
      .add_quoted(other_name)
      .add(" (")
      .add(values_[index].text)
      .add(")");
    return in.end_refusal(value);
  }

  /// Reads `[...]`. The items are judged when all of them were read.
  constexpr bool read_list(token_reader& in, const constraint_row& row) const {
    auto start = in.now();
    auto begin = in;
    auto good = is_list(row.rule);
    size_t count = 0;
    do {
      token item;
      if (!in.advance() || !read_scalar(in, item, "a value"))
        return false;
      good = good && fits(row.rule, item) && !is_among(begin, count, item);
      ++count;
    } while (in.at(token_kind::comma));
    if (!in.take(token_kind::close_bracket, "`,` or `]`"))
      return false;
    return good || refuse(in, row, start);
  }

  const type_row& row_;
  /// The value of each constraint by its index; the value of a list is its
  /// bracket. A constraint that was not read has a token of kind `end`.
  token values_[max_constraints] = {};
};

} // namespace dspex::compile_time
