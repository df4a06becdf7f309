#include "signatures/schema/dialect.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "signatures/schema/check.hpp"
#include "signatures/values/constraints.hpp"
#include "signatures/values/text.hpp"

namespace dspex::detail {

namespace {

/// The most schemas that may be nested, references included.
constexpr size_t max_nesting = 300;

/// Keywords that cannot be left out, as the schema would mean something else. A
/// schema without any other of its keywords only accepts more.
constexpr std::array<std::string_view, 12> structural{"allOf",
                                                      "oneOf",
                                                      "not",
                                                      "if",
                                                      "then",
                                                      "else",
                                                      "prefixItems",
                                                      "dependentRequired",
                                                      "dependentSchemas",
                                                      "patternProperties",
                                                      "anyOf",
                                                      "const"};

template <class List, class Item>
bool contains(const List& list, const Item& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

/// Translates the schema of one user into a dialect.
class schema_translator {
public:
  schema_translator(const schema_dialect& dialect, const json& root,
                    std::string prefix, json& definitions)
    : dialect_(dialect),
      root_(root),
      prefix_(std::move(prefix)),
      definitions_(definitions) {
  }

  tl::expected<json, std::string> run() {
    auto result = translate(root_, "", 0);
    if (!why_.empty())
      return tl::unexpected(std::move(why_));
    return result;
  }

private:
  json refuse(std::string why) {
    if (why_.empty())
      why_ = std::move(why);
    return nullptr;
  }

  json refuse_at(const std::string& what, const std::string& pointer) {
    return refuse(what + (pointer.empty() ? "" : " at " + pointer));
  }

  json translate(const json& schema, const std::string& pointer, size_t depth) {
    if (depth > max_nesting)
      return refuse("a schema that is nested too deeply");
    auto is_free = schema.is_boolean() || schema.empty();
    if (is_free && dialect_.closed)
      return refuse_at("a value of any kind", pointer);
    if (schema.is_boolean())
      return schema;
    auto result = json::object();
    for (auto i = schema.begin(); i != schema.end() && why_.empty(); ++i)
      add(i.key(), i.value(), pointer + '/' + escape_pointer(i.key()), depth,
          result);
    if (why_.empty() && dialect_.closed)
      close(schema, pointer, result);
    // The providers take a reference only where no other keyword stands.
    if (result.contains("$ref") && result.size() > 1 && !dialect_.whole) {
      if (result.contains("anyOf"))
        return refuse_at("a reference beside alternatives", pointer);
      auto reference = json::object({{"$ref", result["$ref"]}});
      result.erase("$ref");
      result["anyOf"] = json::array({std::move(reference)});
    }
    return result;
  }

  void add(const std::string& name, const json& value,
           const std::string& pointer, size_t depth, json& out) {
    if (name == "$ref")
      return add_reference(value, depth, out);
    // A definition is translated when the first reference leads to it.
    if (name == "$defs" || name == "definitions" || name == "$schema"
        || name == "$id")
      return;
    if (name == "const" && !dialect_.takes(name))
      return add("enum", json::array({value}), pointer, depth, out);
    if (name == "oneOf" && !dialect_.takes(name)) {
      if (out.contains("anyOf"))
        return (void)refuse("the keywords anyOf and oneOf together");
      return add("anyOf", value, pointer, depth, out);
    }
    if (!dialect_.takes(name)) {
      if (contains(structural, name))
        refuse("the keyword " + name);
      // Any other keyword only narrows the schema or is an annotation, so the
      // provider can do without it.
      return;
    }
    if (name == "enum")
      return add_choices(value, pointer, out);
    if (name == "format" && !dialect_.whole
        && !(value.is_string()
             && dialect_.takes_format(value.get_ref<const std::string&>())))
      return;
    if (name == "minItems" && dialect_.max_min_items) {
      json limit = *dialect_.max_min_items;
      out[name] = value > limit ? limit : value;
      return;
    }
    out[name] = translate_value(name, value, pointer, depth);
  }

  /// Translates the schemas in the value of a keyword.
  json translate_value(const std::string& name, const json& value,
                       const std::string& pointer, size_t depth) {
    constexpr std::array<std::string_view, 8> single{
      "items",    "additionalProperties", "not", "if", "then", "else",
      "contains", "propertyNames"};
    constexpr std::array<std::string_view, 4> lists{"anyOf", "oneOf", "allOf",
                                                    "prefixItems"};
    constexpr std::array<std::string_view, 3> members{
      "properties", "patternProperties", "dependentSchemas"};
    if (contains(single, name)) {
      // `close` judges whether the object may have other members.
      if (name == "additionalProperties" && dialect_.closed)
        return value;
      return translate(value, pointer, depth + 1);
    }
    if (contains(lists, name)) {
      auto result = json::array();
      for (size_t i = 0; i < value.size() && why_.empty(); ++i)
        result.push_back(
          translate(value[i], pointer + '/' + std::to_string(i), depth + 1));
      return result;
    }
    if (!contains(members, name))
      return value;
    auto result = json::object();
    for (auto i = value.begin(); i != value.end() && why_.empty(); ++i)
      result[i.key()] = translate(
        i.value(), pointer + '/' + escape_pointer(i.key()), depth + 1);
    return result;
  }

  void add_choices(const json& value, const std::string& pointer, json& out) {
    for (const auto& choice : value) {
      if (choice.is_structured() && !dialect_.whole)
        return (void)refuse_at("a list or an object as a choice", pointer);
      if (choice.is_boolean() && !dialect_.boolean_choices)
        return (void)refuse_at("true or false as a choice", pointer);
    }
    out["enum"] = value;
  }

  void add_reference(const json& value, size_t depth, json& out) {
    const auto& reference = value.get_ref<const std::string&>();
    auto* target = resolve_reference(root_, reference);
    auto [place, is_new] = names_.emplace(target, name_of(reference));
    auto name = place->second;
    out["$ref"] = "#/$defs/" + name;
    if (!is_new) {
      if (!dialect_.recursive && contains(open_, target))
        refuse("a schema that leads back to itself");
      return;
    }
    open_.push_back(target);
    // The definition takes its place before it is translated, so that
    // definitions stand in the order of the references that lead to them.
    definitions_[name] = nullptr;
    auto translated = translate(*target, reference.substr(1), depth + 1);
    definitions_[name] = std::move(translated);
    open_.pop_back();
  }

  /// Makes the name of a definition, e.g. `person.Address`, from the last part
  /// of the reference to it.
  std::string name_of(const std::string& reference) {
    auto name = prefix_;
    auto last = reference.substr(reference.rfind('/') + 1);
    auto is_plain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
             || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    if (last != reference && std::all_of(last.begin(), last.end(), is_plain))
      name += (name.empty() ? "" : ".") + last;
    if (name.empty())
      name = "schema";
    auto result = name;
    for (int i = 2; definitions_.contains(result); ++i)
      result = name + '.' + std::to_string(i);
    return result;
  }

  /// Closes an object, which then has no members but those that its schema
  /// names. Refuses a schema that accepts values of any kind.
  void close(const json& schema, const std::string& pointer, json& result) {
    auto type = schema.find("type");
    auto has_type = [&](const json& name) {
      return type != schema.end()
             && (*type == name || (type->is_array() && contains(*type, name)));
    };
    if (has_type("array") && !result.contains("items"))
      return (void)refuse_at("a list of values of any kind", pointer);
    if (!schema.contains("properties") && !has_type("object")) {
      if (type == schema.end() && !schema.contains("$ref")
          && !schema.contains("enum") && !schema.contains("const")
          && !schema.contains("anyOf") && !schema.contains("oneOf")
          && !schema.contains("allOf"))
        refuse_at("a value of any kind", pointer);
      return;
    }
    auto properties = schema.find("properties");
    auto others = schema.find("additionalProperties");
    if (properties == schema.end() || properties->empty()
        || (others != schema.end() && *others != false))
      return (void)refuse_at("an object with members of any name", pointer);
    result["additionalProperties"] = false;
    if (!dialect_.all_required)
      return;
    auto required = schema.find("required");
    for (auto i = properties->begin(); i != properties->end(); ++i)
      if (required == schema.end()
          || std::find(required->begin(), required->end(), json(i.key()))
               == required->end())
        return (void)refuse_at("the optional member " + brief(json(i.key())),
                               pointer);
  }

  const schema_dialect& dialect_;
  const json& root_;
  std::string prefix_;
  json& definitions_;
  std::unordered_map<const json*, std::string> names_;
  std::vector<const json*> open_;
  std::string why_;
};

} // namespace

const schema_dialect& dialect_of(schema_provider provider, bool strict) {
  // The keywords that the providers document for structured outputs.
  static const schema_dialect openai{
    .name = "openai",
    .all_required = true,
    .closed = true,
    .keywords = {"type", "properties", "required", "additionalProperties",
                 "items", "anyOf", "enum", "description", "title", "pattern",
                 "format", "minimum", "maximum", "exclusiveMinimum",
                 "exclusiveMaximum", "multipleOf", "minItems", "maxItems"},
    .formats = {"date-time", "date", "time", "duration", "email", "hostname",
                "ipv4", "ipv6", "uuid"}};
  static const schema_dialect anthropic{
    .name = "anthropic",
    .closed = true,
    .recursive = false,
    .keywords = {"type", "properties", "required", "additionalProperties",
                 "items", "anyOf", "enum", "const", "description", "title",
                 "format", "minItems"},
    .formats = {"date-time", "date", "time", "duration", "email", "hostname",
                "uri", "ipv4", "ipv6", "uuid"},
    .max_min_items = 1};
  static const schema_dialect google{
    .name = "google",
    .boolean_choices = false,
    .keywords = {"type", "properties", "required", "additionalProperties",
                 "items", "prefixItems", "anyOf", "oneOf", "enum",
                 "description", "title", "format", "minimum", "maximum",
                 "minItems", "maxItems"},
    .formats = {"date-time", "date", "time"}};
  static const schema_dialect plain{.name = "plain", .whole = true};
  switch (provider) {
    case schema_provider::openai:
      return strict ? openai : plain;
    case schema_provider::anthropic:
      return strict ? anthropic : plain;
    case schema_provider::google:
      return google;
    case schema_provider::plain:
      break;
  }
  return plain;
}

tl::expected<json, std::string>
schema_definitions::add(const json& schema, const std::string& prefix) {
  return schema_translator{dialect_, schema, prefix, all_}.run();
}

} // namespace dspex::detail
