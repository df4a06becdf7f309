#include "signatures/plain_type.hpp"

namespace dspex::detail {

namespace {

field_type list_of(field_type element) {
  field_type result;
  result.kind = type_kind::list;
  result.arguments.push_back(std::move(element));
  return result;
}

field_type of_kind(type_kind kind) {
  field_type result;
  result.kind = kind;
  return result;
}

} // namespace

field_type plain_type(const field_type& type) {
  switch (type.kind) {
    case type_kind::embedding: {
      auto result = list_of(of_kind(type_kind::floating));
      if (auto i = type.constraints.find("dimensions");
          i != type.constraints.end())
        result.constraints = {{"max_length", *i}, {"min_length", *i}};
      return result;
    }
    case type_kind::probability:
    case type_kind::confidence_score: {
      auto result = of_kind(type_kind::floating);
      result.constraints = {{"max", 1}, {"min", 0}};
      result.constraints.update(type.constraints);
      return result;
    }
    case type_kind::reasoning_chain: {
      auto result = list_of(of_kind(type_kind::str));
      result.constraints = type.constraints;
      return result;
    }
    case type_kind::history: {
      auto message = of_kind(type_kind::dict);
      message.arguments = {of_kind(type_kind::str), of_kind(type_kind::any)};
      return list_of(std::move(message));
    }
    case type_kind::str:
    case type_kind::integer:
    case type_kind::floating:
    case type_kind::boolean:
    case type_kind::list:
    case type_kind::literal:
    case type_kind::union_:
    case type_kind::none:
    case type_kind::any:
    case type_kind::dict:
    case type_kind::object:
    case type_kind::tuple:
    case type_kind::datetime:
    case type_kind::image:
      break;
  }
  auto result = type;
  for (auto& argument : result.arguments)
    argument = plain_type(argument);
  return result;
}

} // namespace dspex::detail
