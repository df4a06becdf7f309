#include "signatures/reader.hpp"

#include <algorithm>
#include <unordered_set>

#include "signatures/printer.hpp"
#include "signatures/values/text.hpp"

namespace dspex::detail {

namespace {

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool has_field(const std::vector<field>& fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(),
                     [name](const auto& x) { return x.name == name; });
}

/// Collects the alternatives of a union. A union inside it contributes its own
/// alternatives, and each alternative is kept once.
class alternative_list {
public:
  void add(field_type type) {
    if (type.kind == type_kind::union_) {
      for (auto& x : type.arguments)
        add(std::move(x));
    } else if (seen_.insert(print_type(type)).second) {
      types_.push_back(std::move(type));
    }
  }

  /// Returns the union, or its only alternative.
  field_type take() && {
    if (types_.size() == 1)
      return std::move(types_.front());
    field_type result;
    result.kind = type_kind::union_;
    result.arguments = std::move(types_);
    return result;
  }

private:
  std::vector<field_type> types_;
  std::unordered_set<std::string> seen_;
};

std::string count_of(size_t n, std::string_view noun) {
  return std::to_string(n) + ' ' + std::string{noun};
}

} // namespace

const char* find_name_fault(std::string_view name) {
  auto in_name = [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
  };
  if (name.empty() || !is_letter(name.front())
      || !std::all_of(name.begin(), name.end(), in_name))
    return "a field name (a letter, then letters, digits and _)";
  if (name == "completed")
    return "another field name (\"completed\" is reserved)";
  return nullptr;
}

bool is_optional(const field_type& type) {
  auto is_none = [](const field_type& x) { return x.kind == type_kind::none; };
  return is_none(type)
         || (type.kind == type_kind::union_
             && std::any_of(type.arguments.begin(), type.arguments.end(),
                            is_none));
}

// -- tokens -------------------------------------------------------------------

reader::reader(std::string_view text, pattern_pool& patterns)
  : text_(text), lexer_(text), patterns_(patterns) {
}

bool reader::begin() {
  if (text_.size() > max_text_size) {
    why_ = {0, "a text of at most " + count_of(max_text_size, "bytes"),
            count_of(text_.size(), "bytes")};
    return false;
  }
  if (auto bad = find_bad_text(text_)) {
    auto byte = static_cast<unsigned char>(text_[*bad]);
    why_ = {*bad, "UTF-8 without U+0000",
            "the byte " + std::to_string(static_cast<int>(byte))};
    return false;
  }
  return advance();
}

bool reader::advance() {
  if (at(token_kind::open_paren) || at(token_kind::open_bracket))
    ++open_brackets_;
  else if (at(token_kind::close_paren) || at(token_kind::close_bracket))
    open_brackets_ -= open_brackets_ > 0 ? 1 : 0;
  broken_ = !lexer_.next(token_, why_);
  return !broken_;
}

bool reader::take(token_kind kind, const char* expected) {
  return at(kind) ? advance() : refuse(expected);
}

bool reader::next_is_constraint() {
  auto ahead = lexer_;
  token first;
  token second;
  issue ignored;
  return ahead.next(first, ignored) && first.kind == token_kind::name
         && ahead.next(second, ignored) && second.kind == token_kind::equals;
}

// -- parts of a signature -----------------------------------------------------

bool reader::read_signature(field_lists& out) {
  if (!begin() || !read_side(out.inputs, out))
    return false;
  if (!take(token_kind::arrow, R"("," and another field, or "->")"))
    return false;
  if (!read_side(out.outputs, out))
    return false;
  if (at(token_kind::arrow))
    return refuse(R"(only one "->")");
  return at(token_kind::end) || refuse(R"("," and another field, or the end)");
}

bool reader::read_side(std::vector<field>& out, const field_lists& before) {
  for (;;) {
    if (!read_next(out, before))
      return false;
    if (!at(token_kind::comma))
      return true;
    if (!advance())
      return false;
  }
}

bool reader::read_next(std::vector<field>& out, const field_lists& before) {
  auto name = token_;
  field next;
  if (!read_field(next))
    return false;
  if (has_field(before.inputs, next.name)
      || has_field(before.outputs, next.name))
    return refuse(name, "a name that no other field has",
                  describe(name) + " again");
  if (before.inputs.size() + before.outputs.size() == max_fields)
    return refuse(name, "at most " + count_of(max_fields, "fields"),
                  "one more");
  out.push_back(std::move(next));
  return true;
}

std::vector<issue> reader::find_faults() {
  std::vector<issue> result;
  field_lists fields;
  auto* side = &fields.inputs;
  auto ends_field = [&] {
    if (at(token_kind::comma) || at(token_kind::arrow) || at(token_kind::end))
      return true;
    return refuse(side == &fields.inputs
                    ? R"("," and another field, or "->")"
                    : R"("," and another field, or the end)");
  };
  for (auto ready = begin(); result.size() < max_faults; ready = advance()) {
    if (!ready || !read_next(*side, fields) || !ends_field()) {
      result.push_back(why_);
      depth_ = 0;
      if (!skip_field())
        return result;
    }
    if (at(token_kind::end)) {
      if (side == &fields.inputs
          && (result.empty() || result.back().offset != token_.offset)) {
        refuse(R"("," and another field, or "->")");
        result.push_back(why_);
      }
      break;
    }
    if (at(token_kind::arrow)) {
      if (side == &fields.outputs) {
        refuse(R"(only one "->")");
        result.push_back(why_);
      }
      side = &fields.outputs;
    }
  }
  return result;
}

bool reader::skip_field() {
  while (broken_ || !at(token_kind::end)) {
    auto ends_field = at(token_kind::arrow)
                      || (at(token_kind::comma) && open_brackets_ == 0);
    if (!broken_ && ends_field)
      break;
    // A text that is no token was reported with its field. After two such texts
    // in a row nothing that follows can be trusted.
    auto was_broken = broken_;
    if (!advance() && was_broken)
      return false;
  }
  open_brackets_ = 0;
  return true;
}

bool reader::read_field(field& out) {
  if (!at(token_kind::name))
    return refuse("a field name");
  if (auto* fault = find_name_fault(token_.text))
    return refuse(fault);
  out.name = token_.text;
  if (!advance())
    return false;
  if (at(token_kind::colon) && !(advance() && read_type(out.type)))
    return false;
  out.required = !is_optional(out.type);
  if (!at(token_kind::string))
    return true;
  if (token_.text.front() != '"')
    return refuse("a description in double quotes");
  out.description = token_.value;
  return advance();
}

// -- types --------------------------------------------------------------------

bool reader::read_bare_type(field_type& out) {
  if (!begin())
    return false;
  auto first = token_;
  if (!read_type(out))
    return false;
  if (!at(token_kind::end))
    return refuse(R"("|" and another type, or the end)");
  return out.constraints.empty()
         || refuse(first, "a type without constraints of its own",
                   "a type with constraints");
}

bool reader::read_type(field_type& out) {
  if (depth_ == max_type_depth)
    return refuse("at most "
                  + count_of(max_type_depth, "types in one another"));
  ++depth_;
  alternative_list alternatives;
  for (;;) {
    field_type next;
    if (!read_single_type(next))
      return false;
    alternatives.add(std::move(next));
    if (!at(token_kind::bar))
      break;
    if (!advance())
      return false;
  }
  --depth_;
  out = std::move(alternatives).take();
  return true;
}

bool reader::read_single_type(field_type& out) {
  if (at(token_kind::colon) && !advance())
    return false;
  if (!at(token_kind::name))
    return refuse("a type");
  auto* row = find_type(token_.text);
  if (row == nullptr)
    return refuse(token_, expected_type(), "unknown type " + describe(token_));
  out.kind = row->kind;
  if (!advance() || !read_arguments(*row, out))
    return false;
  return !at(token_kind::open_paren) || read_constraints(*row, out);
}

bool reader::read_arguments(const type_row& row, field_type& out) {
  switch (row.shape) {
    case argument_shape::none:
      return true;
    case argument_shape::element:
      return read_element(row, out);
    case argument_shape::choices:
      return read_choices(out);
    case argument_shape::entries:
      return read_entries(out);
    case argument_shape::types:
      return read_types(out);
    case argument_shape::schema:
      return read_schema(out);
    case argument_shape::optional: {
      field_type none;
      none.kind = type_kind::none;
      field_type inner;
      if (!take(token_kind::open_bracket, R"("[" and a type)")
          || !read_type(inner) || !take(token_kind::close_bracket, R"("]")"))
        return false;
      out.arguments = {std::move(inner), std::move(none)};
      return true;
    }
  }
  return true;
}

bool reader::read_element(const type_row& row, field_type& out) {
  field_type element;
  element.kind = type_kind::any;
  if (at(token_kind::open_bracket)) {
    if (!advance() || !read_type(element)
        || !take(token_kind::close_bracket, R"("]")"))
      return false;
  } else if (at(token_kind::open_paren) && !next_is_constraint()) {
    if (!advance())
      return false;
    if (!at(token_kind::name) && !at(token_kind::colon))
      return refuse("a type or " + row.expected_constraint());
    if (!read_type(element) || !take(token_kind::close_paren, "\")\""))
      return false;
  }
  out.arguments.push_back(std::move(element));
  return true;
}

bool reader::read_entries(field_type& out) {
  field_type key;
  field_type value;
  value.kind = type_kind::any;
  if (at(token_kind::open_bracket)) {
    if (!advance())
      return false;
    auto start = token_;
    if (!read_type(key))
      return false;
    auto is_key = (key.kind == type_kind::str || key.kind == type_kind::integer)
                  && key.constraints.empty();
    if (!is_key)
      return refuse(start, "str or int as the type of the keys",
                    '"' + shorten(print_type(key), 60) + '"');
    if (!take(token_kind::comma, R"("," and the type of the values)")
        || !read_type(value) || !take(token_kind::close_bracket, R"("]")"))
      return false;
  }
  out.arguments = {std::move(key), std::move(value)};
  return true;
}

bool reader::read_types(field_type& out) {
  if (!take(token_kind::open_bracket, R"("[" and types)"))
    return false;
  for (;;) {
    field_type next;
    if (!read_type(next))
      return false;
    out.arguments.push_back(std::move(next));
    if (!at(token_kind::comma))
      return take(token_kind::close_bracket, R"("," or "]")");
    if (!advance())
      return false;
  }
}

bool reader::read_choices(field_type& out) {
  if (!take(token_kind::open_bracket, R"("[" and the values of the literal)"))
    return false;
  std::unordered_set<std::string> seen;
  for (;;) {
    auto start = token_;
    json choice;
    if (!read_scalar(choice, "a quoted string, an integer, true or false"))
      return false;
    normalise_number(choice);
    if (choice.is_number_float())
      return refuse(start, "an integer of 64 bits", describe(start));
    if (!seen.insert(print_value(choice)).second)
      return refuse(start, "a value that is not in the literal yet",
                    describe(start) + " again");
    out.choices.push_back(std::move(choice));
    if (!at(token_kind::comma))
      return take(token_kind::close_bracket, R"("," or "]")");
    if (!advance())
      return false;
  }
}

// -- failures -----------------------------------------------------------------

bool reader::refuse(std::string expected) {
  return refuse(token_, std::move(expected), describe(token_));
}

bool reader::refuse(const token& what, std::string expected,
                    std::string found) {
  why_ = {what.offset, std::move(expected), std::move(found)};
  return false;
}

} // namespace dspex::detail
