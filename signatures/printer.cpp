#include "signatures/printer.hpp"

#include "signatures/types.hpp"
#include "signatures/values/text.hpp"

namespace dspex {

std::string to_string(const field_type& type) {
  std::string result;
  auto begin = [&result](std::string_view separator) {
    if (!result.empty())
      result += separator;
  };
  if (type.kind == type_kind::union_) {
    for (const auto& alternative : type.arguments) {
      begin(" | ");
      result += detail::print_type(alternative);
    }
    return result;
  }
  for (const auto& argument : type.arguments) {
    begin(", ");
    result += detail::print_type(argument);
  }
  for (const auto& choice : type.choices) {
    begin(", ");
    result += detail::print_value(choice);
  }
  std::string name{detail::row_of(type.kind).name};
  if (type.kind == type_kind::object)
    return name + '(' + detail::quote_string(dump_json(type.schema), '\'')
           + ')';
  return result.empty() ? name : name + '[' + result + ']';
}

} // namespace dspex

namespace dspex::detail {

namespace {

std::string print_constraints(const json& constraints) {
  if (constraints.empty())
    return {};
  std::string result = "(";
  for (const auto& [name, value] : constraints.items()) {
    if (result.size() > 1)
      result += ", ";
    result += name + '=' + print_value(value);
  }
  return result + ')';
}

std::string print_side(const std::vector<field>& fields) {
  std::string result;
  for (const auto& x : fields) {
    if (!result.empty())
      result += ", ";
    result += x.name + ": " + print_type(x.type);
    if (!x.description.empty())
      result += ' ' + quote_string(x.description, '"');
  }
  return result;
}

} // namespace

std::string print_value(const json& value) {
  if (value.is_string())
    return quote_string(value.get_ref<const std::string&>(), '\'');
  if (value.is_boolean())
    return value.get<bool>() ? "true" : "false";
  if (value.is_number())
    return print_number(value);
  std::string result = "[";
  for (const auto& item : value) {
    if (result.size() > 1)
      result += ", ";
    result += print_value(item);
  }
  return result + ']';
}

std::string print_type(const field_type& type) {
  return to_string(type) + print_constraints(type.constraints);
}

std::string print_signature(const std::vector<field>& inputs,
                            const std::vector<field>& outputs) {
  return print_side(inputs) + " -> " + print_side(outputs);
}

} // namespace dspex::detail
