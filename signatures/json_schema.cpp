#include "dspex/json_schema.hpp"

#include <algorithm>
#include <array>

#include "signatures/plain_type.hpp"
#include "signatures/printer.hpp"
#include "signatures/schema/dialect.hpp"
#include "signatures/types.hpp"
#include "signatures/values/text.hpp"

namespace dspex {

namespace {

using detail::schema_definitions;
using detail::schema_dialect;

constexpr std::array<std::pair<schema_provider, std::string_view>, 4> names{{
  {schema_provider::openai, "openai"},
  {schema_provider::anthropic, "anthropic"},
  {schema_provider::google, "google"},
  {schema_provider::plain, "plain"},
}};

/// A constraint of a kind of type, and the keyword of JSON Schema for it.
struct constraint_keyword {
  type_kind kind;
  std::string_view constraint;
  std::string_view keyword;
};

constexpr std::array constraint_keywords{
  constraint_keyword{type_kind::str, "min_length", "minLength"},
  constraint_keyword{type_kind::str, "max_length", "maxLength"},
  constraint_keyword{type_kind::str, "pattern", "pattern"},
  constraint_keyword{type_kind::str, "one_of", "enum"},
  constraint_keyword{type_kind::integer, "min", "minimum"},
  constraint_keyword{type_kind::integer, "max", "maximum"},
  constraint_keyword{type_kind::integer, "multiple_of", "multipleOf"},
  constraint_keyword{type_kind::integer, "one_of", "enum"},
  constraint_keyword{type_kind::floating, "min", "minimum"},
  constraint_keyword{type_kind::floating, "max", "maximum"},
  constraint_keyword{type_kind::list, "min_length", "minItems"},
  constraint_keyword{type_kind::list, "max_length", "maxItems"},
  constraint_keyword{type_kind::list, "unique", "uniqueItems"},
  constraint_keyword{type_kind::dict, "min_size", "minProperties"},
  constraint_keyword{type_kind::dict, "max_size", "maxProperties"},
};

json of_type(std::string_view name) {
  return json::object({{"type", name}});
}

/// Describes the types of one field.
class type_describer {
public:
  type_describer(const schema_dialect& dialect, schema_definitions& definitions,
                 const std::string& field_name)
    : dialect_(dialect), definitions_(definitions), field_name_(field_name) {
  }

  json describe(const field_type& type) {
    auto plain = detail::plain_type(type);
    // A refusal names the type as the user wrote it: `history` says more than
    // the list of dicts that a history is.
    auto shown = std::string{detail::row_of(type.kind).name};
    auto result = describe_plain(plain, shown);
    for (const auto& row : constraint_keywords) {
      auto value = plain.constraints.find(std::string{row.constraint});
      if (row.kind == plain.kind && value != plain.constraints.end())
        add(result, row.keyword, *value);
    }
    return result;
  }

  /// The type that the provider cannot be told; empty if there is none.
  [[nodiscard]] const std::string& why() const noexcept {
    return why_;
  }

private:
  json describe_plain(const field_type& type, const std::string& shown) {
    switch (type.kind) {
      case type_kind::str:
        return of_type("string");
      case type_kind::integer:
        return of_type("integer");
      case type_kind::floating:
        return of_type("number");
      case type_kind::boolean:
        return of_type("boolean");
      case type_kind::none:
        return of_type("null");
      case type_kind::datetime:
        return text_of_format("date-time");
      case type_kind::image:
        return text_of_format("uri");
      case type_kind::any:
        return dialect_.closed ? refuse(shown) : json::object();
      case type_kind::list: {
        auto result = of_type("array");
        auto refused_before = !why_.empty();
        result["items"] = describe(type.arguments.front());
        if (!refused_before && !why_.empty() && shown != "list")
          why_ = shown;
        return result;
      }
      case type_kind::dict:
        return dialect_.closed ? refuse(shown) : describe_dict(type);
      case type_kind::tuple:
        return describe_tuple(type);
      case type_kind::literal:
        return describe_literal(type.choices);
      case type_kind::union_:
        return describe_union(type);
      case type_kind::object: {
        auto schema = definitions_.add(type.schema, field_name_);
        return schema ? *schema : refuse(shown + " with " + schema.error());
      }
      case type_kind::embedding:
      case type_kind::probability:
      case type_kind::confidence_score:
      case type_kind::reasoning_chain:
      case type_kind::history:
        break;
    }
    return refuse(shown);
  }

  json refuse(std::string what) {
    if (why_.empty())
      why_ = std::move(what);
    return nullptr;
  }

  /// Adds a keyword if the provider takes it. Without the keyword the schema
  /// only accepts more.
  void add(json& schema, std::string_view keyword, const json& value) {
    if (!schema.is_object() || !dialect_.takes(keyword))
      return;
    auto& out = schema[std::string{keyword}];
    out = value;
    if (keyword == "minItems" && dialect_.max_min_items)
      out = std::min(value.get<int64_t>(), *dialect_.max_min_items);
  }

  json text_of_format(const char* format) {
    auto result = of_type("string");
    if (dialect_.takes_format(format))
      add(result, "format", format);
    return result;
  }

  json describe_dict(const field_type& type) {
    auto result = of_type("object");
    if (type.arguments[0].kind == type_kind::integer)
      add(result, "propertyNames", {{"pattern", "^(0|-?[1-9][0-9]*)$"}});
    if (type.arguments[1].kind != type_kind::any)
      result["additionalProperties"] = describe(type.arguments[1]);
    return result;
  }

  json describe_tuple(const field_type& type) {
    auto items = json::array();
    for (const auto& argument : type.arguments) {
      auto item = describe(argument);
      // Without `prefixItems` the items of a tuple cannot differ by their
      // place: each place then takes what any of them takes.
      if (dialect_.takes("prefixItems")
          || std::find(items.begin(), items.end(), item) == items.end())
        items.push_back(std::move(item));
    }
    auto result = of_type("array");
    if (dialect_.takes("prefixItems"))
      result["prefixItems"] = std::move(items);
    else if (items.size() == 1)
      result["items"] = items.front();
    else
      result["items"] = {{"anyOf", std::move(items)}};
    add(result, "minItems", type.arguments.size());
    add(result, "maxItems", type.arguments.size());
    return result;
  }

  json describe_literal(const std::vector<json>& choices) {
    auto strings = json::array();
    auto numbers = json::array();
    auto flags = json::array();
    for (const auto& choice : choices)
      (choice.is_string()   ? strings
       : choice.is_number() ? numbers
                            : flags)
        .push_back(choice);
    auto alternatives = json::array();
    auto add_alternative = [&](const char* type, json values) {
      if (values.empty())
        return;
      auto& schema = alternatives.emplace_back(of_type(type));
      if (type != std::string_view{"boolean"} || dialect_.boolean_choices)
        schema["enum"] = std::move(values);
    };
    add_alternative("string", std::move(strings));
    add_alternative("integer", std::move(numbers));
    add_alternative("boolean", std::move(flags));
    if (alternatives.size() == 1)
      return alternatives.front();
    return {{"anyOf", std::move(alternatives)}};
  }

  json describe_union(const field_type& type) {
    auto alternatives = json::array();
    auto optional = false;
    for (const auto& argument : type.arguments) {
      if (argument.kind == type_kind::none)
        optional = true;
      else
        alternatives.push_back(describe(argument));
    }
    if (optional)
      alternatives.push_back(of_type("null"));
    return {{"anyOf", std::move(alternatives)}};
  }

  const schema_dialect& dialect_;
  schema_definitions& definitions_;
  const std::string& field_name_;
  std::string why_;
};

/// Puts a description beside a schema. A reference must stand alone, so it goes
/// into an `anyOf` first.
json described(json schema, const std::string& description) {
  if (description.empty())
    return schema;
  if (schema.is_boolean())
    return {{"description", description}};
  auto result = json::object({{"description", description}});
  if (schema.contains("$ref"))
    result["anyOf"] = json::array({std::move(schema)});
  else
    result.update(schema);
  return result;
}

} // namespace

std::string_view to_string(schema_provider x) noexcept {
  for (auto& [provider, name] : names)
    if (provider == x)
      return name;
  return {};
}

std::optional<schema_provider>
schema_provider_from_string(std::string_view word) noexcept {
  for (auto& [provider, name] : names)
    if (name == word)
      return provider;
  return std::nullopt;
}

result<json> json_schema(const any_signature& sig, side s,
                         schema_provider provider,
                         json_schema_options options) {
  const auto& dialect = detail::dialect_of(provider, options.strict);
  schema_definitions definitions{dialect};
  auto properties = json::object();
  auto required = json::array();
  auto refused = json::array();
  std::string reasons;
  for (const auto& x : sig.fields(s)) {
    type_describer types{dialect, definitions, x.name};
    auto schema = types.describe(x.type);
    if (types.why().empty()) {
      properties[x.name] = described(std::move(schema), x.description);
    } else {
      refused.push_back(x.name);
      reasons += (reasons.empty() ? "" : ", ") + x.name + " (" + types.why()
                 + ')';
    }
    if (x.required || dialect.all_required)
      required.push_back(x.name);
  }
  if (!refused.empty())
    return fail(errc::invalid_option,
                std::string{dialect.name}
                  + (dialect.closed ? " in strict mode" : "")
                  + " does not take the fields " + reasons
                  + (dialect.closed ? "; without strict it does" : ""),
                json::object({{"fields", std::move(refused)}}));
  auto result = of_type("object");
  if (provider == schema_provider::plain)
    result = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"type", "object"}};
  result["properties"] = std::move(properties);
  result["required"] = std::move(required);
  result["additionalProperties"] = false;
  if (!definitions.all().empty())
    result["$defs"] = definitions.all();
  return result;
}

} // namespace dspex
