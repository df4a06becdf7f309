#include "adapters/native/parse_value.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "adapters/native/loose_json.hpp"
#include "adapters/native/python_datetime.hpp"
#include "adapters/native/python_text.hpp"
#include "signatures/plain_type.hpp"

namespace dspex {

namespace {

constexpr auto true_words
  = std::array<std::string_view, 6>{"1", "on", "t", "true", "y", "yes"};
constexpr auto false_words
  = std::array<std::string_view, 6>{"0", "off", "f", "false", "n", "no"};

template <class Container>
bool contains(const Container& xs, std::string_view x) {
  return std::find(xs.begin(), xs.end(), x) != xs.end();
}

bool has_alternative(const field_type& type, type_kind kind) {
  return std::any_of(
    type.arguments.begin(), type.arguments.end(), [&](const field_type& x) {
      return x.kind == kind
             || (x.kind == type_kind::union_ && has_alternative(x, kind));
    });
}

std::optional<json> literal_from_text(std::string_view text,
                                      const std::vector<json>& choices) {
  auto find = [&](std::string_view x) -> std::optional<json> {
    for (auto& choice : choices)
      if (python_field_value(choice) == x)
        return choice;
    return std::nullopt;
  };
  if (auto found = find(text))
    return found;
  text = python_strip(text);
  auto wrapped = text.starts_with("Literal[") || text.starts_with("str[");
  if (wrapped && text.ends_with("]")) {
    text.remove_prefix(text.find('[') + 1);
    text.remove_suffix(1);
  }
  auto quoted = text.size() > 1 && text.front() == text.back()
                && (text.front() == '"' || text.front() == '\'');
  if (quoted)
    text = text.substr(1, text.size() - 2);
  return find(text);
}

std::optional<json> to_integer(const json& value) {
  if (value.is_number_unsigned()
      && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
    return std::nullopt;
  if (value.is_number_integer())
    return value;
  if (value.is_boolean())
    return json(value.get<bool>() ? 1 : 0);
  if (value.is_number_float()) {
    auto x = value.get<double>();
    if (std::trunc(x) != x || std::fabs(x) >= 0x1p63)
      return std::nullopt;
    return json(static_cast<int64_t>(x));
  }
  if (!value.is_string())
    return std::nullopt;
  auto number
    = read_python_number(python_strip(value.get_ref<const std::string&>()));
  return number ? to_integer(*number) : std::nullopt;
}

std::optional<json> to_float(const json& value) {
  if (value.is_number() || value.is_boolean()) {
    auto x = value.is_boolean() ? (value.get<bool>() ? 1.0 : 0.0)
                                : value.get<double>();
    return std::isfinite(x) ? std::optional{json(x)} : std::nullopt;
  }
  if (!value.is_string())
    return std::nullopt;
  auto number
    = read_python_number(python_strip(value.get_ref<const std::string&>()));
  return number ? to_float(*number) : std::nullopt;
}

std::optional<json> to_boolean(const json& value) {
  if (value.is_boolean())
    return value;
  if (value.is_number()) {
    auto x = value.get<double>();
    if (x == 0 || x == 1)
      return json(x == 1);
    return std::nullopt;
  }
  if (!value.is_string())
    return std::nullopt;
  auto word = std::string{python_strip(value.get_ref<const std::string&>())};
  for (auto& c : word)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  if (contains(true_words, word))
    return json(true);
  if (contains(false_words, word))
    return json(false);
  return std::nullopt;
}

// How much of a value may change to fit a type: a union takes the alternative
// that needs the least.
enum class leniency { exact, widen, convert };

std::optional<json> coerce(const json& value, const field_type& type,
                           leniency how);

std::optional<json> coerce_list(const json& value, const field_type& element,
                                leniency how) {
  if (!value.is_array())
    return std::nullopt;
  auto result = json::array();
  for (auto& x : value) {
    auto converted = coerce(x, element, how);
    if (!converted)
      return std::nullopt;
    result.push_back(std::move(*converted));
  }
  return result;
}

std::optional<json> coerce_dict(const json& value, const field_type& type,
                                leniency how) {
  if (!value.is_object())
    return std::nullopt;
  auto integer_keys = type.arguments.at(0).kind == type_kind::integer;
  auto result = json::object();
  for (auto& [key, member] : value.items()) {
    auto number = integer_keys ? to_integer(key) : std::nullopt;
    auto converted = coerce(member, type.arguments.at(1), how);
    if (!converted || (integer_keys && !number))
      return std::nullopt;
    result[number ? dump_json(*number) : key] = std::move(*converted);
  }
  return result;
}

std::optional<json> coerce_tuple(const json& value, const field_type& type,
                                 leniency how) {
  if (!value.is_array() || value.size() != type.arguments.size())
    return std::nullopt;
  auto result = json::array();
  for (size_t i = 0; i < value.size(); ++i) {
    auto converted = coerce(value[i], type.arguments[i], how);
    if (!converted)
      return std::nullopt;
    result.push_back(std::move(*converted));
  }
  return result;
}

std::optional<json> coerce_datetime(const json& value, leniency how) {
  if (how != leniency::convert && !value.is_string())
    return std::nullopt;
  auto text = read_python_datetime(value);
  return text ? std::optional<json>{std::move(*text)} : std::nullopt;
}

// Whether the value has the type of JSON that the schema names; the rest is for
// the validation of outputs.
bool has_schema_type(const json& value, const json& schema) {
  auto type = schema.is_object() ? schema.find("type") : schema.end();
  if (type == schema.end())
    return true;
  return (*type != "object" || value.is_object())
         && (*type != "array" || value.is_array())
         && (*type != "string" || value.is_string());
}

std::optional<json> coerce_union(const json& value, const field_type& type,
                                 leniency how) {
  for (auto step : {leniency::exact, leniency::widen, leniency::convert}) {
    if (step > how)
      break;
    for (auto& alternative : type.arguments)
      if (auto converted = coerce(value, alternative, step))
        return converted;
  }
  return std::nullopt;
}

std::optional<json> coerce(const json& value, const field_type& type,
                           leniency how) {
  auto keep_if = [&](bool fits) {
    return fits ? std::optional{value} : std::nullopt;
  };
  switch (type.kind) {
    case type_kind::str:
      return keep_if(value.is_string());
    case type_kind::integer:
      return how == leniency::convert || value.is_number_integer()
               ? to_integer(value)
               : std::nullopt;
    case type_kind::floating:
      return how == leniency::convert || value.is_number_float()
                 || (how == leniency::widen && value.is_number())
               ? to_float(value)
               : std::nullopt;
    case type_kind::boolean:
      return how == leniency::convert ? to_boolean(value)
                                      : keep_if(value.is_boolean());
    case type_kind::none:
      return keep_if(value.is_null());
    case type_kind::any:
      return value;
    case type_kind::literal:
      return keep_if(std::find(type.choices.begin(), type.choices.end(), value)
                     != type.choices.end());
    case type_kind::list:
      return coerce_list(value, type.arguments.at(0), how);
    case type_kind::union_:
      return coerce_union(value, type, how);
    case type_kind::dict:
      return coerce_dict(value, type, how);
    case type_kind::tuple:
      return coerce_tuple(value, type, how);
    case type_kind::datetime:
      return coerce_datetime(value, how);
    case type_kind::object:
      return keep_if(has_schema_type(value, type.schema));
    case type_kind::image:
      return keep_if(value.is_string());
    default:
      return coerce(value, detail::plain_type(type), how);
  }
}

} // namespace

bool allows_none(const field_type& type) {
  return type.kind == type_kind::none
         || (type.kind == type_kind::union_
             && has_alternative(type, type_kind::none));
}

std::optional<json> parse_value(std::string_view text, const field_type& type) {
  auto raw = json(std::string{text});
  if (type.kind == type_kind::str)
    return raw;
  if (type.kind == type_kind::literal)
    return literal_from_text(text, type.choices);
  if (type.kind == type_kind::union_ && has_alternative(type, type_kind::none)
      && has_alternative(type, type_kind::str))
    return raw;
  // `2026-01-31` would read as a number.
  if (type.kind == type_kind::datetime)
    return coerce(raw, type, leniency::convert);
  auto candidate = read_loose_json(text).value_or(raw);
  if (auto value = coerce(candidate, type, leniency::convert))
    return value;
  auto is_array = [](const field_type& x) {
    auto kind = detail::plain_type(x).kind;
    return kind == type_kind::list || kind == type_kind::tuple;
  };
  auto wants_array = is_array(type)
                     || (type.kind == type_kind::union_
                         && std::any_of(type.arguments.begin(),
                                        type.arguments.end(), is_array));
  if (!wants_array)
    return std::nullopt;
  auto list = find_loose_array(text);
  return list ? coerce(*list, type, leniency::convert) : std::nullopt;
}

} // namespace dspex
