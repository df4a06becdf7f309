#pragma once

#include <cstddef>
#include <string_view>

#include "dspex/compile_time/tree.hpp"
#include "dspex/compile_time/utf8.hpp"
#include "dspex/compile_time/value_reader.hpp"

namespace dspex::compile_time {

/// Reads the text of a signature while compiling, by the grammar of
/// `signatures/reader.hpp`; a test compares the two. Only a library can judge a
/// pattern or a JSON Schema, so these are left to run time.
template <size_t Capacity>
class reader {
public:
  constexpr reader(std::string_view text, tree<Capacity>& out)
    : text_(text), in_(text, out.why), out_(out) {
  }

  constexpr void read() {
    if (is_text() && in_.advance() && read_side()) {
      out_.input_count = out_.field_count;
      if (in_.take(token_kind::arrow, "`,` and another field, or `->`")
          && read_side()) {
        if (in_.at(token_kind::arrow))
          in_.refuse("only one `->`");
        else if (!in_.at(token_kind::end))
          in_.refuse("`,` and another field, or the end");
      }
    }
  }

private:
  static constexpr size_t max_text_size = 65'536;
  static constexpr size_t max_fields = 1000;
  static constexpr size_t max_depth = 32;

  constexpr bool is_text() {
    if (text_.size() > max_text_size)
      return in_.fail(0, "expected a text of at most 65536 bytes");
    if (auto bad = find_bad_text(text_); bad < text_.size())
      return in_.fail(bad, "expected UTF-8 without U+0000");
    return true;
  }

  // -- parts of a signature ---------------------------------------------------

  constexpr bool read_side() {
    for (;;) {
      auto name = in_.now();
      field next;
      if (!read_field(next))
        return false;
      if (out_.find(next.name, 0, out_.field_count) != nothing)
        return in_.refuse(name, "a name that no other field has", {}, "again");
      if (out_.field_count == max_fields)
        return in_.refuse(name, "at most 1000 fields");
      out_.fields[out_.field_count++] = next;
      if (!in_.at(token_kind::comma))
        return true;
      if (!in_.advance())
        return false;
    }
  }

  constexpr bool read_field(field& out) {
    if (!in_.at(token_kind::name))
      return in_.refuse("a field name");
    out.name = in_.now().text;
    if (!is_name(out.name))
      return in_.refuse("a field name (a letter, then letters, digits and _)");
    if (out.name == "completed")
      return in_.refuse("another field name (`completed` is reserved)");
    if (!in_.advance())
      return false;
    if (in_.at(token_kind::colon)) {
      if (!in_.advance() || !read_type(out.node))
        return false;
    } else {
      out.node = out_.add_node(value_class::text);
    }
    if (!in_.at(token_kind::string))
      return true;
    if (in_.now().text.front() != '"')
      return in_.refuse("a description in double quotes");
    return in_.advance();
  }

  static constexpr bool is_name(std::string_view text) {
    for (auto c : text)
      if (!is_letter(c) && !is_digit(c) && c != '_')
        return false;
    return is_letter(text.front());
  }

  // -- types ------------------------------------------------------------------

  constexpr bool read_type(size_t& out) {
    if (depth_ == max_depth)
      return in_.refuse("at most 32 types in one another");
    ++depth_;
    if (!read_single_type(out))
      return false;
    if (in_.at(token_kind::bar)) {
      auto all = out_.add_node(value_class::choice);
      add_alternative(all, out);
      while (in_.at(token_kind::bar)) {
        size_t next = nothing;
        if (!in_.advance() || !read_single_type(next))
          return false;
        add_alternative(all, next);
      }
      out = all;
    }
    --depth_;
    return true;
  }

  /// Adds a type to a union. If the type is a union, its alternatives are added
  /// instead.
  constexpr void add_alternative(size_t all, size_t next) {
    auto& x = out_.nodes[next];
    auto is_union = x.value == value_class::choice;
    out_.add_child(all, is_union ? x.first_child : next);
  }

  constexpr bool read_single_type(size_t& out) {
    if (in_.at(token_kind::colon) && !in_.advance())
      return false;
    if (!in_.at(token_kind::name))
      return in_.refuse("a type");
    auto name = in_.now();
    auto index = find_type(name.text);
    if (index == type_count) {
      add_types(in_.begin_refusal(name));
      return in_.end_refusal(name, "unknown type");
    }
    auto& row = type_table[index];
    out = out_.add_node(row.value);
    if (!in_.advance() || !read_arguments(row, out))
      return false;
    if (in_.at(token_kind::open_paren))
      return read_constraints(row);
    out_.nodes[out].is_key = row.names[0] == "str" || row.names[0] == "int";
    return true;
  }

  constexpr bool read_constraints(const type_row& row) {
    constraint_list constraints{row};
    do {
      if (!in_.advance() || !constraints.read(in_))
        return false;
    } while (in_.at(token_kind::comma));
    return in_.take(token_kind::close_paren, "`,` or `)`");
  }

  constexpr bool read_arguments(const type_row& row, size_t self) {
    switch (row.shape) {
      case arguments::none:
        return true;
      case arguments::element:
        return read_element(row, self);
      case arguments::numbers:
        return add_inner(self, value_class::number);
      case arguments::texts:
        return add_inner(self, value_class::text);
      case arguments::jsons:
        return add_inner(self, value_class::json);
      case arguments::entries:
        return read_entries(self);
      case arguments::choices:
        return read_choices(self);
      case arguments::types:
        return read_types(self);
      case arguments::optional:
        return in_.take(token_kind::open_bracket, "`[` and a type")
               && read_inner(self) && in_.take(token_kind::close_bracket, "`]`")
               && add_inner(self, value_class::none);
      case arguments::schema:
        return read_schema();
    }
    return true;
  }

  constexpr bool add_inner(size_t self, value_class value) {
    out_.add_child(self, out_.add_node(value));
    return true;
  }

  /// Reads a type inside another one.
  constexpr bool read_inner(size_t self) {
    size_t inner = nothing;
    if (!read_type(inner))
      return false;
    if (out_.nodes[self].value == value_class::choice)
      add_alternative(self, inner);
    else
      out_.add_child(self, inner);
    return true;
  }

  constexpr bool read_element(const type_row& row, size_t self) {
    if (in_.at(token_kind::open_bracket))
      return in_.advance() && read_inner(self)
             && in_.take(token_kind::close_bracket, "`]`");
    if (!in_.at(token_kind::open_paren) || in_.next_is_constraint())
      return add_inner(self, value_class::json);
    if (!in_.advance())
      return false;
    if (!in_.at(token_kind::name) && !in_.at(token_kind::colon)) {
      add_constraints(in_.begin_refusal(in_.now()).add("a type or "), row);
      return in_.end_refusal(in_.now());
    }
    return read_inner(self) && in_.take(token_kind::close_paren, "`)`");
  }

  constexpr bool read_entries(size_t self) {
    if (!in_.at(token_kind::open_bracket))
      return add_inner(self, value_class::text)
             && add_inner(self, value_class::json);
    if (!in_.advance())
      return false;
    auto key = in_.now();
    if (!read_inner(self))
      return false;
    if (!out_.nodes[out_.nodes[self].first_child].is_key)
      return in_.refuse(key, "str or int as the type of the keys");
    return in_.take(token_kind::comma, "`,` and the type of the values")
           && read_inner(self) && in_.take(token_kind::close_bracket, "`]`");
  }

  constexpr bool read_types(size_t self) {
    if (!in_.take(token_kind::open_bracket, "`[` and types"))
      return false;
    for (;;) {
      if (!read_inner(self))
        return false;
      if (!in_.at(token_kind::comma))
        return in_.take(token_kind::close_bracket, "`,` or `]`");
      if (!in_.advance())
        return false;
    }
  }

  constexpr bool read_choices(size_t self) {
    auto list = in_;
    if (!in_.take(token_kind::open_bracket,
                  "`[` and the values of the literal"))
      return false;
    for (size_t count = 0;; ++count) {
      token choice;
      if (!read_scalar(in_, choice,
                       "a quoted string, an integer, true or false"))
        return false;
      if (choice.kind == token_kind::number && !decimal{choice.text}.is_int64())
        return in_.refuse(choice, "an integer of 64 bits");
      if (is_among(list, count, choice))
        return in_.refuse(choice, "a value that is not in the literal yet", {},
                          "again");
      add_inner(self, class_of(choice.kind));
      if (!in_.at(token_kind::comma))
        return in_.take(token_kind::close_bracket, "`,` or `]`");
      if (!in_.advance())
        return false;
    }
  }

  static constexpr value_class class_of(token_kind kind) {
    switch (kind) {
      case token_kind::string:
        return value_class::text;
      case token_kind::number:
        return value_class::integer;
      default:
        return value_class::boolean;
    }
  }

  constexpr bool read_schema() {
    return in_.take(token_kind::open_paren, "`(` and a JSON Schema in quotes")
           && in_.take(token_kind::string, "a JSON Schema in quotes")
           && in_.take(token_kind::close_paren, "`)`");
  }

  // -- member variables -------------------------------------------------------

  std::string_view text_;
  token_reader in_;
  tree<Capacity>& out_;
  size_t depth_ = 0;
};

} // namespace dspex::compile_time
