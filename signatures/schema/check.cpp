#include "signatures/schema/check.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>
#include <utility>
#include <vector>

#include "signatures/values/constraints.hpp"
#include "signatures/values/repeats.hpp"
#include "signatures/values/text.hpp"

namespace dspex::detail {

namespace {

constexpr std::string_view draft_uri
  = "https://json-schema.org/draft/2020-12/schema";

/// The longest chain of schemas that lead to one another for the same value.
constexpr size_t max_chain = 200;

/// The form that the value of a keyword must have.
enum class form {
  /// A schema for the value itself, or a list or an object of such schemas.
  same,
  same_list,
  same_members,
  /// A schema for values inside the value, or a list or an object of such.
  inner,
  inner_list,
  inner_members,
  /// Like `inner_members`, but the names of the members are patterns.
  inner_patterns,
  reference,
  type,
  values,
  count,
  number,
  positive,
  flag,
  pattern,
  names,
  name_lists,
  draft,
  refused,
};

struct keyword {
  std::string_view name;
  form value;
};

constexpr std::array keywords{
  keyword{"$schema", form::draft},
  keyword{"$ref", form::reference},
  keyword{"$defs", form::inner_members},
  keyword{"$anchor", form::refused},
  keyword{"$dynamicAnchor", form::refused},
  keyword{"$dynamicRef", form::refused},
  keyword{"$recursiveAnchor", form::refused},
  keyword{"$recursiveRef", form::refused},
  keyword{"unevaluatedItems", form::refused},
  keyword{"unevaluatedProperties", form::refused},
  keyword{"type", form::type},
  keyword{"enum", form::values},
  keyword{"minLength", form::count},
  keyword{"maxLength", form::count},
  keyword{"pattern", form::pattern},
  keyword{"minimum", form::number},
  keyword{"maximum", form::number},
  keyword{"exclusiveMinimum", form::number},
  keyword{"exclusiveMaximum", form::number},
  keyword{"multipleOf", form::positive},
  keyword{"items", form::inner},
  keyword{"prefixItems", form::inner_list},
  keyword{"contains", form::inner},
  keyword{"minContains", form::count},
  keyword{"maxContains", form::count},
  keyword{"minItems", form::count},
  keyword{"maxItems", form::count},
  keyword{"uniqueItems", form::flag},
  keyword{"properties", form::inner_members},
  keyword{"patternProperties", form::inner_patterns},
  keyword{"additionalProperties", form::inner},
  keyword{"propertyNames", form::inner},
  keyword{"required", form::names},
  keyword{"minProperties", form::count},
  keyword{"maxProperties", form::count},
  keyword{"dependentRequired", form::name_lists},
  keyword{"dependentSchemas", form::same_members},
  keyword{"allOf", form::same_list},
  keyword{"anyOf", form::same_list},
  keyword{"oneOf", form::same_list},
  keyword{"not", form::same},
  keyword{"if", form::same},
  keyword{"then", form::same},
  keyword{"else", form::same},
};

bool is_type_name(const json& value) {
  constexpr std::array<std::string_view, 7> names{
    "array", "boolean", "integer", "null", "number", "object", "string"};
  return value.is_string()
         && std::find(names.begin(), names.end(),
                      value.get_ref<const std::string&>())
              != names.end();
}

bool is_list_of_different(const json& value, bool (*fits)(const json&)) {
  return value.is_array() && std::all_of(value.begin(), value.end(), fits)
         && find_repeats(value).empty();
}

bool is_string(const json& value) {
  return value.is_string();
}

/// Walks through a schema and the schemas it refers to, each part once.
class schema_checker {
public:
  schema_checker(const json& root, pattern_pool& patterns)
    : root_(root), patterns_(patterns) {
  }

  std::optional<schema_fault> run() {
    enqueue(root_, "");
    // Schemas for inner values wait for their turn. So the schemas that are
    // `open` at a time are all applied to one and the same value.
    while (!fault_ && !waiting_.empty()) {
      auto [schema, pointer] = std::move(waiting_.back());
      waiting_.pop_back();
      walk(*schema, pointer, 0);
    }
    return std::move(fault_);
  }

private:
  enum class state { open, done };

  void refuse(const std::string& pointer, std::string expected) {
    if (!fault_)
      fault_ = schema_fault{pointer, std::move(expected)};
  }

  void enqueue(const json& schema, std::string pointer) {
    waiting_.emplace_back(&schema, std::move(pointer));
  }

  void walk(const json& schema, const std::string& pointer, size_t depth) {
    if (schema.is_boolean())
      return;
    if (!schema.is_object())
      return refuse(pointer, "a schema: an object, true or false");
    if (depth > max_chain)
      return refuse(pointer, "at most " + std::to_string(max_chain)
                               + " schemas in a row for the same value");
    auto [place, is_new] = states_.emplace(&schema, state::open);
    if (!is_new) {
      if (place->second == state::open)
        refuse(pointer, "a schema that does not lead back to itself without "
                        "going into the value");
      return;
    }
    for (auto i = schema.begin(); !fault_ && i != schema.end(); ++i) {
      auto here = pointer + '/' + escape_pointer(i.key());
      if (i.key() == "$id" && &schema != &root_)
        return refuse(here, "no $id but at the root");
      for (const auto& row : keywords)
        if (row.name == i.key())
          check(row, i.value(), here, depth + 1);
    }
    states_[&schema] = state::done;
  }

  void check(const keyword& row, const json& value, const std::string& here,
             size_t depth) {
    switch (row.value) {
      case form::same:
        return walk(value, here, depth);
      case form::same_list:
        return each(value, here, [&](const json& x, const std::string& at) {
          walk(x, at, depth);
        });
      case form::same_members:
        return members(value, here, [&](const json& x, const std::string& at) {
          walk(x, at, depth);
        });
      case form::inner:
        return enqueue(value, here);
      case form::inner_list:
        return each(value, here, [&](const json& x, const std::string& at) {
          enqueue(x, at);
        });
      case form::inner_patterns:
        if (value.is_object())
          for (const auto& [pattern, member] : value.items())
            add_pattern(pattern, here + '/' + escape_pointer(pattern));
        [[fallthrough]];
      case form::inner_members:
        return members(value, here, [&](const json& x, const std::string& at) {
          enqueue(x, at);
        });
      case form::reference:
        return follow(value, here, depth);
      case form::pattern:
        if (!value.is_string())
          return refuse(here, "a pattern");
        return add_pattern(value.get_ref<const std::string&>(), here);
      case form::name_lists:
        return members(value, here, [&](const json& x, const std::string& at) {
          if (!is_list_of_different(x, is_string))
            refuse(at, "a list of different names");
        });
      case form::refused:
        return refuse(here, "a schema without " + std::string{row.name});
      default:
        check_plain(row.value, value, here);
    }
  }

  void check_plain(form wanted, json value, const std::string& here) {
    normalise_number(value);
    auto count = value.is_number_integer() && value.get<int64_t>() >= 0;
    if (wanted == form::type
        && !(is_type_name(value)
             || (is_list_of_different(value, is_type_name) && !value.empty())))
      refuse(here, "the name of a type of JSON or a list of them");
    if (wanted == form::values && !(value.is_array() && !value.empty()))
      refuse(here, "a list of values, not empty");
    if (wanted == form::count && !count)
      refuse(here, "an integer of 0 or more");
    if (wanted == form::number && !value.is_number())
      refuse(here, "a number");
    if (wanted == form::positive
        && !(value.is_number() && value.get<double>() > 0))
      refuse(here, "a number above 0");
    if (wanted == form::flag && !value.is_boolean())
      refuse(here, "true or false");
    if (wanted == form::names && !is_list_of_different(value, is_string))
      refuse(here, "a list of different names");
    if (wanted == form::draft && value != json(draft_uri)
        && value != json(std::string{draft_uri} + '#'))
      refuse(here, '"' + std::string{draft_uri} + '"');
  }

  template <class Visit>
  void each(const json& value, const std::string& here, Visit visit) {
    if (!value.is_array() || value.empty())
      return refuse(here, "a list of schemas, not empty");
    for (size_t i = 0; i < value.size(); ++i)
      visit(value[i], here + '/' + std::to_string(i));
  }

  template <class Visit>
  void members(const json& value, const std::string& here, Visit visit) {
    if (!value.is_object())
      return refuse(here, "an object");
    for (auto i = value.begin(); i != value.end(); ++i)
      visit(i.value(), here + '/' + escape_pointer(i.key()));
  }

  void add_pattern(const std::string& pattern, const std::string& here) {
    if (auto why = patterns_.add(pattern))
      refuse(here, "an RE2 pattern (" + *why + ')');
  }

  void follow(const json& value, const std::string& here, size_t depth) {
    auto* target = value.is_string() ? resolve_reference(
                     root_, value.get_ref<const std::string&>())
                                     : nullptr;
    if (target == nullptr)
      return refuse(here, "a reference into the schema itself, like "
                          "#/$defs/name");
    walk(*target, here, depth);
  }

  const json& root_;
  pattern_pool& patterns_;
  std::vector<std::pair<const json*, std::string>> waiting_;
  std::unordered_map<const json*, state> states_;
  std::optional<schema_fault> fault_;
};

/// Undoes the escapes of a URI, then those of a JSON pointer.
std::optional<std::string> unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    unsigned byte = 0;
    auto digits = text.substr(i + 1, 2);
    auto* end = digits.data() + digits.size();
    auto parsed = std::from_chars(digits.data(), end, byte, 16);
    if (digits.size() != 2 || parsed.ec != std::errc{} || parsed.ptr != end)
      return std::nullopt;
    plain += static_cast<char>(byte);
    i += 2;
  }
  std::string result;
  for (size_t i = 0; i < plain.size(); ++i) {
    if (plain[i] != '~')
      result += plain[i];
    else if (++i < plain.size() && (plain[i] == '0' || plain[i] == '1'))
      result += plain[i] == '0' ? '~' : '/';
    else
      return std::nullopt;
  }
  return result;
}

} // namespace

std::optional<schema_fault> find_schema_fault(const json& schema,
                                              pattern_pool& patterns) {
  return schema_checker{schema, patterns}.run();
}

const json* resolve_reference(const json& root, std::string_view reference) {
  if (reference.empty() || reference.front() != '#')
    return nullptr;
  reference.remove_prefix(1);
  auto* result = &root;
  while (!reference.empty()) {
    if (reference.front() != '/')
      return nullptr;
    reference.remove_prefix(1);
    auto name = unescape(reference.substr(0, reference.find('/')));
    reference.remove_prefix(std::min(reference.size(), reference.find('/')));
    if (!name)
      return nullptr;
    if (result->is_object()) {
      auto member = result->find(*name);
      if (member == result->end())
        return nullptr;
      result = &*member;
    } else if (result->is_array()) {
      size_t index = 0;
      auto* end = name->data() + name->size();
      auto parsed = std::from_chars(name->data(), end, index);
      if (parsed.ec != std::errc{} || parsed.ptr != end
          || index >= result->size())
        return nullptr;
      result = &(*result)[index];
    } else {
      return nullptr;
    }
  }
  return result;
}

} // namespace dspex::detail
