#include "adapters/native/chat/parse_value.hpp"

#include <algorithm>
#include <string>

#include "adapters/native/python/coerce.hpp"
#include "adapters/native/python/literal.hpp"
#include "adapters/native/python/text.hpp"
#include "adapters/native/python/values.hpp"
#include "adapters/native/repair/json_repair.hpp"

namespace dspex {

namespace {

std::optional<json> find_choice(const json& value,
                                const std::vector<json>& choices) {
  auto i = std::find(choices.begin(), choices.end(), value);
  return i != choices.end() ? std::optional{*i} : std::nullopt;
}

// Finds a member by its value, then by its name.
std::optional<json> enumeration_member(const json& value,
                                       const python_type& type) {
  if (auto found = find_choice(value, type.choices))
    return found;
  auto i = std::find(type.names.begin(), type.names.end(), value);
  auto index = static_cast<size_t>(i - type.names.begin());
  return index < type.choices.size() && i != type.names.end()
           ? std::optional{type.choices[index]}
           : std::nullopt;
}

// Models put a choice into quotes, or into the name of its type.
std::optional<json> peeled_choice(std::string_view text,
                                  const std::vector<json>& choices) {
  text = python_strip(text);
  auto is_wrapped = text.starts_with("Literal[") || text.starts_with("str[");
  if (is_wrapped && text.ends_with("]")) {
    text.remove_prefix(text.find('[') + 1);
    text.remove_suffix(1);
  }
  auto is_quoted = text.size() > 1 && text.front() == text.back()
                   && (text.front() == '"' || text.front() == '\'');
  if (is_quoted)
    text = text.substr(1, text.size() - 2);
  return find_choice(json(std::string{text}), choices);
}

bool is_text_or_none(const python_type& type) {
  auto has = [&](python_kind kind) {
    return std::any_of(type.arguments.begin(), type.arguments.end(),
                       [kind](auto& x) { return x.kind == kind; });
  };
  return type.kind == python_kind::union_ && has(python_kind::str)
         && has(python_kind::none);
}

} // namespace

std::optional<json> parse_value(std::string_view text,
                                const python_annotation& annotation) {
  auto& type = *annotation.type;
  auto raw = json(std::string{text});
  switch (type.kind) {
    case python_kind::str:
      return raw;
    case python_kind::enumeration:
      return enumeration_member(raw, type);
    case python_kind::literal: {
      auto found = find_choice(raw, type.choices);
      return found ? found : peeled_choice(text, type.choices);
    }
    case python_kind::reference:
      if (auto i = annotation.classes->find(type.name);
          i != annotation.classes->end()
          && i->second.kind == python_kind::enumeration)
        return enumeration_member(raw, i->second);
      break;
    default:
      if (is_text_or_none(type))
        return coerce(raw, annotation);
  }
  auto candidate = repair_json(text);
  if (!candidate && !text.empty())
    candidate = read_python_literal(text);
  return coerce(candidate.value_or(raw), annotation);
}

std::optional<json> parse_json_value(const json& value,
                                     const python_annotation& annotation) {
  if (value.is_string())
    return parse_value(std::string_view{value.get_ref<const std::string&>()},
                       annotation);
  auto& type = *annotation.type;
  if (type.kind == python_kind::str)
    return json(python_str(value));
  if (type.kind == python_kind::enumeration)
    return enumeration_member(value, type);
  return coerce(value, annotation);
}

} // namespace dspex
