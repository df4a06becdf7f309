#include "adapters/native/python/schema_type.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace dspex {

namespace {

constexpr size_t max_schema_depth = 64;

constexpr auto bounds = std::array<std::string_view, 10>{
  "minimum",    "maximum",   "exclusiveMinimum", "exclusiveMaximum",
  "multipleOf", "minLength", "maxLength",        "pattern",
  "minItems",   "maxItems"};

class schema_reader {
public:
  schema_reader(const json& root, python_classes& classes,
                python_type::extras extras)
    : classes_(classes), extras_(extras) {
    if (root.is_object())
      if (auto i = root.find("$defs"); i != root.end() && i->is_object())
        definitions_ = &*i;
  }

  python_type read(const json& schema, bool is_class) {
    auto result = python_type{};
    result.kind = python_kind::any;
    if (!schema.is_object() || depth_ > max_schema_depth)
      return result;
    ++depth_;
    fill(result, schema, is_class);
    --depth_;
    for (auto name : bounds)
      if (auto i = schema.find(name); i != schema.end())
        result.limits[std::string{name}] = *i;
    return result;
  }

private:
  static const json* find(const json& schema, const char* name) {
    auto i = schema.find(name);
    return i != schema.end() ? &*i : nullptr;
  }

  void fill(python_type& out, const json& schema, bool is_class) {
    if (auto* ref = find(schema, "$ref"); ref != nullptr && ref->is_string())
      return reference(out, ref->get_ref<const std::string&>());
    if (auto* all = find(schema, "allOf");
        all != nullptr && all->is_array() && all->size() == 1) {
      out = read(all->front(), is_class);
      return;
    }
    for (auto* word : {"anyOf", "oneOf"})
      if (auto* x = find(schema, word); x != nullptr && x->is_array()) {
        out.kind = python_kind::union_;
        for (auto& member : *x)
          out.arguments.push_back(read(member, false));
        return;
      }
    if (auto* value = find(schema, "const"); value != nullptr && !is_class) {
      out.kind = python_kind::literal;
      out.choices = {*value};
      return;
    }
    if (auto* values = find(schema, "enum");
        values != nullptr && values->is_array()) {
      out.kind = is_class ? python_kind::enumeration : python_kind::literal;
      out.choices.assign(values->begin(), values->end());
      return;
    }
    auto* type = find(schema, "type");
    if (type == nullptr || !type->is_string())
      return;
    auto& word = type->get_ref<const std::string&>();
    if (word == "string")
      out.kind = text_kind(schema);
    else if (word == "integer")
      out.kind = python_kind::integer;
    else if (word == "number")
      out.kind = python_kind::floating;
    else if (word == "boolean")
      out.kind = python_kind::boolean;
    else if (word == "null")
      out.kind = python_kind::none;
    else if (word == "array")
      array(out, schema);
    else if (word == "object")
      object(out, schema);
  }

  static python_kind text_kind(const json& schema) {
    auto* format = find(schema, "format");
    if (format != nullptr && *format == "date-time")
      return python_kind::datetime;
    return format != nullptr && *format == "date" ? python_kind::date
                                                  : python_kind::str;
  }

  void array(python_type& out, const json& schema) {
    if (auto* items = find(schema, "prefixItems");
        items != nullptr && items->is_array()) {
      out.kind = python_kind::tuple;
      for (auto& x : *items)
        out.arguments.push_back(read(x, false));
      return;
    }
    auto* unique = find(schema, "uniqueItems");
    out.kind = unique != nullptr && *unique == true ? python_kind::set
                                                    : python_kind::list;
    auto* items = find(schema, "items");
    out.arguments.push_back(read(items != nullptr ? *items : json(), false));
  }

  void object(python_type& out, const json& schema) {
    auto* more = find(schema, "additionalProperties");
    auto* properties = find(schema, "properties");
    if (properties == nullptr || !properties->is_object()) {
      out.kind = python_kind::dict;
      auto key = python_type{};
      out.arguments = {key, read(more != nullptr ? *more : json(), false)};
      return;
    }
    out.kind = python_kind::model;
    if (auto* title = find(schema, "title");
        title != nullptr && title->is_string())
      out.name = title->get<std::string>();
    out.unknown_members = more == nullptr || !more->is_boolean() ? extras_
                          : *more == true ? python_type::extras::kept
                                          : python_type::extras::refused;
    auto* required = find(schema, "required");
    auto is_required = [&](const std::string& name) {
      return required != nullptr && required->is_array()
             && std::find(required->begin(), required->end(), name)
                  != required->end();
    };
    for (auto& [name, member] : properties->items()) {
      auto& x = out.members.emplace_back();
      x.name = name;
      x.type = read(member, false);
      x.required = is_required(name);
      if (!member.is_object())
        continue;
      if (auto* fallback = find(member, "default")) {
        x.has_fallback = true;
        x.fallback = *fallback;
      }
    }
  }

  void reference(python_type& out, const std::string& pointer) {
    constexpr auto prefix = std::string_view{"#/$defs/"};
    auto name = pointer.starts_with(prefix) ? pointer.substr(prefix.size())
                                            : std::string{};
    if (definitions_ == nullptr)
      return;
    auto i = definitions_->find(name);
    if (i == definitions_->end())
      return;
    out.kind = python_kind::reference;
    out.name = name;
    // The name stands there before the class is read, which may lead back to
    // itself.
    if (classes_.try_emplace(name).second)
      classes_[name] = read(*i, true);
  }

  const json* definitions_ = nullptr;
  python_classes& classes_;
  python_type::extras extras_;
  size_t depth_ = 0;
};

} // namespace

python_type type_of_schema(const json& schema, python_classes& classes,
                           python_type::extras extras) {
  return schema_reader{schema, classes, extras}.read(schema, false);
}

python_type class_in_schema(const json& schema, const std::string& name,
                            python_classes& classes) {
  auto reader = schema_reader{schema, classes, python_type::extras::dropped};
  auto reference = json::object({{"$ref", "#/$defs/" + name}});
  auto result = reader.read(reference, true);
  if (result.kind == python_kind::reference || !schema.is_object())
    return result;
  auto title = schema.find("title");
  if (title != schema.end() && *title == name)
    return reader.read(schema, true);
  return result;
}

} // namespace dspex
