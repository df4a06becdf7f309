#include "adapters/native/python/render.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "adapters/native/python/values.hpp"
#include "signatures/plain_type.hpp"
#include "signatures/schema/dialect.hpp"

namespace dspex {

namespace {

using detail::schema_definitions;

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

json inner_schema(const field_type& type, schema_definitions& definitions);

json bare_schema(const field_type& type, schema_definitions& definitions) {
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
        {{"type", "array"},
         {"items", inner_schema(type.arguments.at(0), definitions)}});
    case type_kind::union_: {
      // pydantic says last that a value may be null.
      auto types = alternatives(type);
      std::stable_partition(types.begin(), types.end(),
                            [](auto x) { return x->kind != type_kind::none; });
      auto members = json::array();
      for (auto x : types)
        members.push_back(inner_schema(*x, definitions));
      if (members.size() == 1)
        return members.front();
      return json::object({{"anyOf", std::move(members)}});
    }
    case type_kind::dict: {
      auto values = inner_schema(type.arguments.at(1), definitions);
      return json::object(
        {{"type", "object"},
         {"additionalProperties", values.empty() ? json(true) : values}});
    }
    case type_kind::tuple: {
      auto items = json::array();
      for (auto& x : type.arguments)
        items.push_back(inner_schema(x, definitions));
      auto size = items.size();
      return json::object({{"type", "array"},
                           {"maxItems", size},
                           {"minItems", size},
                           {"prefixItems", std::move(items)}});
    }
    case type_kind::datetime:
      return json::object({{"type", "string"}, {"format", "date-time"}});
    case type_kind::object:
      return definitions.add(type.schema, "").value_or(type.schema);
    case type_kind::image:
      return json::object({{"type", "string"}, {"format", "uri"}});
    case type_kind::embedding:
    case type_kind::probability:
    case type_kind::confidence_score:
    case type_kind::reasoning_chain:
    case type_kind::history:
      break;
  }
  return bare_schema(detail::plain_type(type), definitions);
}

struct keyword {
  type_kind kind;
  std::string_view constraint;
  std::string_view name;
};

constexpr auto keywords = std::array<keyword, 15>{{
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
  {type_kind::dict, "min_size", "minProperties"},
  {type_kind::dict, "max_size", "maxProperties"},
}};

json inner_schema(const field_type& outside, schema_definitions& definitions) {
  auto type = detail::plain_type(outside);
  auto result = bare_schema(type, definitions);
  for (auto& x : keywords) {
    auto i = type.constraints.find(x.constraint);
    if (x.kind == type.kind && i != type.constraints.end())
      result[std::string{x.name}] = *i;
  }
  return result;
}

// The name that pydantic gives the schema of a class as its title.
std::string class_name(const json& schema) {
  auto title = schema.is_object() ? schema.find("title") : schema.end();
  if (title == schema.end() || !title->is_string())
    return "object";
  auto name = title->get<std::string>();
  auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_';
  };
  auto fits = !name.empty() && !(name[0] >= '0' && name[0] <= '9')
              && std::all_of(name.begin(), name.end(), is_word);
  return fits ? name : "object";
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
    case type_kind::dict:
    case type_kind::tuple: {
      auto result = std::string{type.kind == type_kind::dict ? "dict["
                                                             : "tuple["};
      for (auto& x : type.arguments)
        result += (&x != &type.arguments.front() ? ", " : "")
                  + python_type_name(x);
      return result + "]";
    }
    case type_kind::datetime:
      return "datetime";
    case type_kind::object:
      return class_name(type.schema);
    case type_kind::image:
      return "Image";
    case type_kind::history:
      return "History";
    case type_kind::embedding:
    case type_kind::probability:
    case type_kind::confidence_score:
    case type_kind::reasoning_chain:
      break;
  }
  return python_type_name(detail::plain_type(type));
}

json type_first(const json& value) {
  if (value.is_array()) {
    auto result = json::array();
    for (auto& x : value)
      result.push_back(type_first(x));
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
    result[name] = type_first(value.at(name));
  return result;
}

json python_type_schema(const field_type& type) {
  schema_definitions definitions{
    detail::dialect_of(schema_provider::plain, false)};
  auto result = bare_schema(type, definitions);
  if (!definitions.all().empty())
    result["$defs"] = definitions.all();
  return type_first(result);
}

} // namespace dspex
