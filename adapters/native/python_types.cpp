#include "adapters/native/python_types.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "adapters/native/python_text.hpp"

namespace dspex {

namespace {

std::string quoted(const std::string& text) {
  if (text.find('\'') == std::string::npos)
    return '\'' + text + '\'';
  if (text.find('"') == std::string::npos)
    return '"' + text + '"';
  auto result = std::string{"'"};
  for (auto c : text) {
    if (c == '\'')
      result += '\\';
    result += c;
  }
  return result + '\'';
}

std::string literal_name(const json& choice) {
  return choice.is_string() ? quoted(choice.get_ref<const std::string&>())
                            : python_field_value(choice);
}

// The alternatives as Python's `Union` keeps them: those of a union inside
// count as its own, each once.
void collect_alternatives(const field_type& type,
                          std::vector<const field_type*>& out) {
  for (auto& x : type.arguments) {
    if (x.kind == type_kind::union_) {
      collect_alternatives(x, out);
      continue;
    }
    auto same = [&](const field_type* y) {
      return python_type_name(*y) == python_type_name(x);
    };
    if (std::none_of(out.begin(), out.end(), same))
      out.push_back(&x);
  }
}

std::vector<const field_type*> alternatives(const field_type& type) {
  auto result = std::vector<const field_type*>{};
  collect_alternatives(type, result);
  return result;
}

json literal_schema(const std::vector<json>& choices) {
  auto result = json::object();
  auto all = [&](auto predicate) {
    return std::all_of(choices.begin(), choices.end(), predicate);
  };
  if (all([](const json& x) { return x.is_string(); }))
    result["type"] = "string";
  else if (all([](const json& x) { return x.is_number_integer(); }))
    result["type"] = "integer";
  else if (all([](const json& x) { return x.is_boolean(); }))
    result["type"] = "boolean";
  if (choices.size() == 1)
    result["const"] = choices.front();
  else
    result["enum"] = choices;
  return result;
}

json inner_schema(const field_type& type);

json bare_schema(const field_type& type) {
  switch (type.kind) {
    case type_kind::str:
      return json::object({{"type", "string"}});
    case type_kind::integer:
      return json::object({{"type", "integer"}});
    case type_kind::floating:
      return json::object({{"type", "number"}});
    case type_kind::boolean:
      return json::object({{"type", "boolean"}});
    case type_kind::none:
      return json::object({{"type", "null"}});
    case type_kind::any:
      return json::object();
    case type_kind::literal:
      return literal_schema(type.choices);
    case type_kind::list:
      return json::object(
        {{"type", "array"}, {"items", inner_schema(type.arguments.at(0))}});
    case type_kind::union_: {
      // pydantic says last that a value may be null.
      auto types = alternatives(type);
      std::stable_partition(types.begin(), types.end(),
                            [](auto x) { return x->kind != type_kind::none; });
      auto members = json::array();
      for (auto x : types)
        members.push_back(inner_schema(*x));
      if (members.size() == 1)
        return members.front();
      return json::object({{"anyOf", std::move(members)}});
    }
  }
  return json::object();
}

struct keyword {
  type_kind kind;
  std::string_view constraint;
  std::string_view name;
};

constexpr auto keywords = std::array<keyword, 13>{{
  {type_kind::integer, "min", "minimum"},
  {type_kind::integer, "max", "maximum"},
  {type_kind::integer, "multiple_of", "multipleOf"},
  {type_kind::integer, "one_of", "enum"},
  {type_kind::floating, "min", "minimum"},
  {type_kind::floating, "max", "maximum"},
  {type_kind::str, "min_length", "minLength"},
  {type_kind::str, "max_length", "maxLength"},
  {type_kind::str, "pattern", "pattern"},
  {type_kind::str, "one_of", "enum"},
  {type_kind::list, "min_length", "minItems"},
  {type_kind::list, "max_length", "maxItems"},
  {type_kind::list, "unique", "uniqueItems"},
}};

json inner_schema(const field_type& type) {
  auto result = bare_schema(type);
  for (auto& x : keywords) {
    auto i = type.constraints.find(x.constraint);
    if (x.kind == type.kind && i != type.constraints.end())
      result[std::string{x.name}] = *i;
  }
  return result;
}

json sorted(const json& value) {
  if (value.is_array()) {
    auto result = json::array();
    for (auto& x : value)
      result.push_back(sorted(x));
    return result;
  }
  if (!value.is_object())
    return value;
  auto names = std::vector<std::string>{};
  for (auto& [name, member] : value.items())
    names.push_back(name);
  std::sort(names.begin(), names.end(),
            [](const std::string& x, const std::string& y) {
              return std::pair{x != "type", x} < std::pair{y != "type", y};
            });
  auto result = json::object();
  for (auto& name : names)
    result[name] = sorted(value.at(name));
  return result;
}

} // namespace

std::string python_type_name(const field_type& type) {
  switch (type.kind) {
    case type_kind::str:
      return "str";
    case type_kind::integer:
      return "int";
    case type_kind::floating:
      return "float";
    case type_kind::boolean:
      return "bool";
    case type_kind::none:
      return "NoneType";
    case type_kind::any:
      return "Any";
    case type_kind::list:
      return "list[" + python_type_name(type.arguments.at(0)) + "]";
    case type_kind::literal: {
      auto result = std::string{"Literal["};
      for (auto& x : type.choices)
        result += (&x != &type.choices.front() ? ", " : "") + literal_name(x);
      return result + "]";
    }
    case type_kind::union_: {
      auto members = alternatives(type);
      if (members.size() == 1)
        return python_type_name(*members.front());
      auto result = std::string{"Union["};
      for (auto x : members)
        result += (x != members.front() ? ", " : "") + python_type_name(*x);
      return result + "]";
    }
  }
  return "Any";
}

json python_type_schema(const field_type& type) {
  return sorted(bare_schema(type));
}

} // namespace dspex
