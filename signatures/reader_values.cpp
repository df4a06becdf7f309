#include <charconv>
#include <cstdint>

#include "signatures/reader.hpp"
#include "signatures/schema/check.hpp"
#include "signatures/values/text.hpp"

namespace dspex::detail {

bool reader::read_constraints(const type_row& row, field_type& out) {
  if (!advance())
    return false;
  for (;;) {
    if (!read_constraint(row, out))
      return false;
    if (!at(token_kind::comma))
      return take(token_kind::close_paren, "\",\" or \")\"");
    if (!advance())
      return false;
  }
}

bool reader::read_constraint(const type_row& row, field_type& out) {
  auto* constraint = at(token_kind::name) ? row.find(token_.text) : nullptr;
  if (constraint == nullptr)
    return refuse(row.expected_constraint());
  if (out.constraints.contains(std::string{constraint->name}))
    return refuse(token_, "each constraint once", describe(token_) + " again");
  if (!advance() || !take(token_kind::equals, R"("=")"))
    return false;
  auto start = token_;
  json value;
  if (!read_value(value))
    return false;
  auto found = start.kind == token_kind::open_bracket ? brief(value)
                                                      : describe(start);
  if (auto expected = add_constraint(out.constraints, *constraint,
                                     std::move(value), patterns_))
    return refuse(start, std::move(*expected), std::move(found));
  return true;
}

bool reader::read_schema(field_type& out) {
  constexpr auto expected = "\"(\" and a JSON Schema in quotes";
  if (!take(token_kind::open_paren, expected))
    return false;
  if (!at(token_kind::string))
    return refuse("a JSON Schema in quotes");
  auto parsed = parse_json(token_.value, {.max_depth = max_schema_depth});
  if (!parsed)
    return refuse("a JSON Schema (" + to_string(parsed.error()) + ')');
  if (auto fault = find_schema_fault(*parsed, patterns_))
    return refuse("a JSON Schema ("
                  + (fault->pointer.empty() ? "" : "at " + fault->pointer + ' ')
                  + fault->expected + ')');
  out.schema = std::move(*parsed);
  return advance() && take(token_kind::close_paren, "\")\"");
}

bool reader::read_value(json& out) {
  if (!at(token_kind::open_bracket))
    return read_scalar(out, "a value");
  out = json::array();
  do {
    json item;
    if (!advance() || !read_scalar(item, "a value"))
      return false;
    out.push_back(std::move(item));
  } while (at(token_kind::comma));
  return take(token_kind::close_bracket, R"("," or "]")");
}

bool reader::read_scalar(json& out, const char* expected) {
  if (at(token_kind::string)) {
    out = token_.value;
    return advance();
  }
  if (at(token_kind::name)
      && (token_.text == "true" || token_.text == "True"
          || token_.text == "false" || token_.text == "False")) {
    out = token_.text.front() == 't' || token_.text.front() == 'T';
    return advance();
  }
  if (!at(token_kind::number))
    return refuse(expected);
  auto* first = token_.text.data();
  auto* last = first + token_.text.size();
  int64_t integer = 0;
  auto parsed = std::from_chars(first, last, integer);
  if (parsed.ec == std::errc{} && parsed.ptr == last) {
    out = integer;
    return advance();
  }
  double number = 0;
  if (std::from_chars(first, last, number).ec != std::errc{})
    return refuse("a number that fits 64 bits");
  out = number;
  return advance();
}

} // namespace dspex::detail
