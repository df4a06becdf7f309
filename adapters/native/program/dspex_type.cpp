#include "adapters/native/program/dspex_type.hpp"

#include <algorithm>

#include "adapters/native/python/json_member.hpp"

namespace dspex {

namespace {

field_type kind_only(type_kind kind) {
  auto result = field_type{};
  result.kind = kind;
  return result;
}

class type_writer {
public:
  explicit type_writer(const json& schema) : schema_(schema) {
  }

  field_type write(const python_type& type) {
    switch (type.kind) {
      case python_kind::str:
      case python_kind::date:
        return kind_only(type_kind::str);
      case python_kind::integer:
        return kind_only(type_kind::integer);
      case python_kind::floating:
        return kind_only(type_kind::floating);
      case python_kind::boolean:
        return kind_only(type_kind::boolean);
      case python_kind::none:
        return kind_only(type_kind::none);
      case python_kind::datetime:
        return kind_only(type_kind::datetime);
      case python_kind::image:
        return kind_only(type_kind::image);
      case python_kind::history:
        return kind_only(type_kind::history);
      case python_kind::any:
        return kind_only(type_kind::any);
      case python_kind::literal:
      case python_kind::enumeration:
        return literal(type);
      case python_kind::list:
      case python_kind::set:
        return made_of(type_kind::list, type);
      case python_kind::tuple:
        return made_of(type_kind::tuple, type);
      case python_kind::dict:
        return dict(type);
      case python_kind::union_:
        return alternatives(type);
      case python_kind::model:
        return object(schema_);
      case python_kind::reference:
        break;
    }
    auto* definitions = find_member(schema_, "$defs");
    if (definitions == nullptr)
      return object(schema_);
    return object(json::object(
      {{"$ref", "#/$defs/" + type.name}, {"$defs", *definitions}}));
  }

private:
  static field_type object(json schema) {
    if (!schema.is_object())
      return kind_only(type_kind::any);
    auto result = kind_only(type_kind::object);
    result.schema = std::move(schema);
    return result;
  }

  field_type made_of(type_kind kind, const python_type& type) {
    if (type.arguments.empty())
      return kind_only(type_kind::any);
    auto result = kind_only(kind);
    for (auto& x : type.arguments)
      result.arguments.push_back(write(x));
    return result;
  }

  field_type dict(const python_type& type) {
    auto result = made_of(type_kind::dict, type);
    auto key = result.arguments.at(0).kind;
    if (key != type_kind::str && key != type_kind::integer)
      result.arguments[0] = kind_only(type_kind::str);
    return result;
  }

  field_type alternatives(const python_type& type) {
    auto result = kind_only(type_kind::union_);
    for (auto& x : type.arguments) {
      auto member = write(x);
      if (member.kind != type_kind::union_)
        result.arguments.push_back(std::move(member));
      else
        for (auto& y : member.arguments)
          result.arguments.push_back(std::move(y));
    }
    return result.arguments.size() == 1 ? result.arguments.front() : result;
  }

  // A literal of the language has no null: that is an alternative.
  static field_type literal(const python_type& type) {
    auto result = kind_only(type_kind::literal);
    auto has_none = false;
    for (auto& x : type.choices)
      if (x.is_null())
        has_none = true;
      else if (x.is_string() || x.is_number_integer() || x.is_boolean())
        result.choices.push_back(x);
      else
        return kind_only(type_kind::any);
    if (result.choices.empty())
      return kind_only(type_kind::any);
    if (!has_none)
      return result;
    auto both = kind_only(type_kind::union_);
    both.arguments = {std::move(result), kind_only(type_kind::none)};
    return both;
  }

  const json& schema_;
};

} // namespace

field_type to_field_type(const python_annotation& annotation,
                         const json& schema) {
  return type_writer{schema}.write(*annotation.type);
}

} // namespace dspex
