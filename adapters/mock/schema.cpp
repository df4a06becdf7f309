#include "adapters/mock/schema.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "signatures/schema/check.hpp"

namespace dspex {

namespace {

constexpr auto candidates = std::array<std::string_view, 30>{
  "mock",
  "abc",
  "ABC",
  "Abc",
  "a",
  "A",
  "0",
  "1",
  "12",
  "123",
  "1234",
  "12345",
  "123456",
  "1234567890",
  "1.5",
  "-1",
  "a1",
  "A1",
  "abc123",
  "ABC-123",
  "abc-def",
  "abc_def",
  "abc def",
  "Abc Def.",
  "user@example.com",
  "https://example.com/",
  "2026-01-31",
  "12:34:56",
  "2026-01-31T12:34:56Z",
  "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
};

// Examples of strings of each `format`.
constexpr auto formats
  = std::array<std::pair<std::string_view, std::string_view>, 8>{{
    {"date-time", "2026-01-31T12:34:56Z"},
    {"date", "2026-01-31"},
    {"time", "12:34:56Z"},
    {"email", "user@example.com"},
    {"uri", "https://example.com/"},
    {"uuid", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"},
    {"hostname", "example.com"},
    {"ipv4", "192.0.2.1"},
  }};

// Values made inside one value, and schemas inside one another.
constexpr size_t max_values = 2000;
constexpr size_t max_depth = 40;

// At this depth and below only what must be there is made, so that a schema
// that refers to itself comes to an end.
constexpr size_t frugal_depth = 4;

// Items tried for each place of a list of distinct values.
constexpr int schema_attempts = 64;

class schema_maker {
public:
  schema_maker(const json& root, mock_random& random, size_t candidate)
    : root_(root), random_(random), candidate_(candidate) {
  }

  std::optional<json> make(const json& schema, size_t depth) {
    if (depth > max_depth || ++values_ > max_values)
      return std::nullopt;
    if (schema.is_boolean())
      return schema.get<bool>() ? std::optional{json(random_.text())}
                                : std::nullopt;
    auto all = json::object();
    if (!merge(schema, all, 0))
      return std::nullopt;
    for (auto name : {"anyOf", "oneOf"})
      if (auto choices = all.find(name); choices != all.end())
        return make_one(*choices, all, name, depth);
    if (auto value = all.find("const"); value != all.end())
      return *value;
    if (auto values = all.find("enum"); values != all.end())
      return random_.pick(*values);
    return make_typed(all, depth);
  }

private:
  // -- one schema of several --------------------------------------------------

  /// Adds what a schema says, and what it refers to, to `all`.
  bool merge(const json& schema, json& all, size_t hops) {
    if (schema.is_boolean())
      return schema.get<bool>();
    if (hops > max_depth)
      return false;
    for (auto& [key, value] : schema.items()) {
      if (key == "$ref") {
        auto* target = detail::resolve_reference(
          root_, value.get_ref<const std::string&>());
        if (target == nullptr || !merge(*target, all, hops + 1))
          return false;
      } else if (key == "allOf") {
        for (auto& part : value)
          if (!merge(part, all, hops + 1))
            return false;
      } else {
        merge_keyword(key, value, all);
      }
    }
    return true;
  }

  static void merge_keyword(const std::string& key, const json& value,
                            json& all) {
    auto old = all.find(key);
    if (old == all.end()) {
      all[key] = value;
    } else if (key.starts_with("min") || key == "exclusiveMinimum") {
      *old = std::max(old->get<double>(), value.get<double>());
    } else if (key.starts_with("max") || key == "exclusiveMaximum") {
      *old = std::min(old->get<double>(), value.get<double>());
    } else if (key == "required") {
      for (auto& name : value)
        if (std::find(old->begin(), old->end(), name) == old->end())
          old->push_back(name);
    } else if (key == "properties") {
      for (auto& [name, schema] : value.items())
        (*old)[name] = old->contains(name)
                         ? json{{"allOf", {(*old)[name], schema}}}
                         : schema;
    } else {
      *old = value;
    }
  }

  std::optional<json> make_one(const json& choices, const json& all,
                               const char* name, size_t depth) {
    auto rest = all;
    rest.erase(name);
    // The first that works, from any of them on; deep inside from the first.
    auto start = depth < frugal_depth ? random_.below(choices.size()) : 0;
    for (size_t i = 0; i < choices.size(); ++i) {
      auto both = rest;
      auto& choice = choices[(start + i) % choices.size()];
      if (!merge(choice, both, 0))
        continue;
      if (auto value = make(both, depth + 1))
        return value;
    }
    return std::nullopt;
  }

  // -- one value of a type ----------------------------------------------------

  static std::string type_of(const json& schema, mock_random& random) {
    if (auto type = schema.find("type"); type != schema.end())
      return (type->is_array() ? random.pick(*type) : *type).get<std::string>();
    auto has = [&](std::initializer_list<const char*> names) {
      return std::any_of(names.begin(), names.end(), [&](const char* name) {
        return schema.contains(name);
      });
    };
    if (has(
          {"properties", "required", "additionalProperties", "minProperties"}))
      return "object";
    if (has({"items", "prefixItems", "contains", "minItems"}))
      return "array";
    if (has({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
             "multipleOf"}))
      return "number";
    return "string";
  }

  std::optional<json> make_typed(const json& schema, size_t depth) {
    auto type = type_of(schema, random_);
    if (type == "object")
      return make_object(schema, depth);
    if (type == "array")
      return make_array(schema, depth);
    if (type == "integer" || type == "number")
      return make_number(schema, type == "integer");
    if (type == "boolean")
      return json(random_.below(2) == 1);
    if (type == "null")
      return json(nullptr);
    return make_string(schema);
  }

  static size_t size_of(const json& schema, const char* name,
                        size_t otherwise) {
    auto limit = schema.find(name);
    if (limit == schema.end())
      return otherwise;
    return static_cast<size_t>(std::min(limit->get<double>(), 1e9));
  }

  std::optional<json> make_string(const json& schema) {
    if (schema.contains("pattern"))
      return json(mock_candidate(candidate_));
    auto format = schema.find("format");
    for (auto& [name, text] : formats)
      if (format != schema.end() && *format == json(name))
        return json(text);
    auto min = size_of(schema, "minLength", 0);
    auto max = size_of(schema, "maxLength", std::max<size_t>(min, 1000));
    if (min > max || min > 1'000'000)
      return std::nullopt;
    return json(random_.text(min, max));
  }

  std::optional<json> make_number(const json& schema, bool whole) {
    auto find = [&](const char* name) -> std::optional<double> {
      auto limit = schema.find(name);
      return limit != schema.end() ? std::optional{limit->get<double>()}
                                   : std::nullopt;
    };
    auto step = find("multipleOf").value_or(whole ? 1 : 0.01);
    auto low = find("minimum");
    auto high = find("maximum");
    if (auto open = find("exclusiveMinimum"); open && (!low || *open >= *low))
      low = *open + (whole ? 1 : step);
    if (auto open = find("exclusiveMaximum"); open && (!high || *open <= *high))
      high = *open - (whole ? 1 : step);
    auto from = low ? *low : high ? std::min(0.0, *high - 100 * step) : 0.0;
    auto to = high ? *high : from + 100 * step;
    // The value is counted in steps, so that it is a multiple and short.
    auto first = std::ceil(from / step - 1e-9);
    auto last = std::floor(to / step + 1e-9);
    if (last < first)
      return whole || from > to ? std::nullopt
                                : std::optional{json((from + to) / 2)};
    auto count = static_cast<uint64_t>(std::min(last - first, 100.0)) + 1;
    auto value = (first + static_cast<double>(random_.below(count))) * step;
    if (std::trunc(value) == value && std::fabs(value) < 9e15)
      return json(static_cast<int64_t>(value));
    return whole ? std::nullopt
                 : std::optional{json(std::clamp(value, from, to))};
  }

  std::optional<json> make_array(const json& schema, size_t depth) {
    auto min = size_of(schema, "minItems", 0);
    auto max = size_of(schema, "maxItems", max_values);
    auto result = json::array();
    auto distinct = schema.value("uniqueItems", false);
    auto add = [&](const json& item) {
      for (int i = 0; i < schema_attempts; ++i) {
        auto made = make(item, depth + 1);
        if (!made)
          return false;
        if (distinct
            && std::find(result.begin(), result.end(), *made) != result.end())
          continue;
        result.push_back(std::move(*made));
        return true;
      }
      return false;
    };
    if (auto prefix = schema.find("prefixItems"); prefix != schema.end())
      for (auto& item : *prefix)
        if (result.size() < max && !add(item))
          return std::nullopt;
    if (auto item = schema.find("contains"); item != schema.end())
      for (auto n = size_of(schema, "minContains", 1); n > 0; --n)
        if (!add(*item))
          return std::nullopt;
    auto items = schema.find("items");
    auto item = items != schema.end() ? *items : json(true);
    auto wanted = depth < frugal_depth && item != json(false)
                    ? std::max<size_t>(min, std::min<size_t>(max, 2))
                    : min;
    while (result.size() < wanted)
      if (!add(item)) {
        if (result.size() < min)
          return std::nullopt;
        break;
      }
    return result;
  }

  std::optional<json> make_object(const json& schema, size_t depth) {
    auto result = json::object();
    auto required = schema.value("required", json::array());
    auto properties = schema.value("properties", json::object());
    auto max = size_of(schema, "maxProperties", max_values);
    for (auto& [name, property] : properties.items()) {
      auto must = std::find(required.begin(), required.end(), json(name))
                  != required.end();
      if (!must && (depth >= frugal_depth || result.size() >= max))
        continue;
      auto value = make(property, depth + 1);
      if (!value && must)
        return std::nullopt;
      if (value)
        result[name] = std::move(*value);
    }
    auto others = schema.value("additionalProperties", json(true));
    auto add = [&](const std::string& name) {
      auto value = make(others, depth + 1);
      if (value)
        result[name] = std::move(*value);
      return value.has_value();
    };
    for (auto& name : required)
      if (!result.contains(name.get<std::string>())
          && !add(name.get<std::string>()))
        return std::nullopt;
    for (size_t i = 1; result.size() < size_of(schema, "minProperties", 0); ++i)
      if (!add("key" + std::to_string(i)))
        return std::nullopt;
    return result;
  }

  const json& root_;
  mock_random& random_;
  size_t candidate_;
  size_t values_ = 0;
};

} // namespace

std::string_view mock_candidate(size_t candidate) {
  return candidates[candidate];
}

size_t mock_candidate_count() {
  return candidates.size();
}

std::optional<json> make_mock_object(const json& schema, mock_random& random,
                                     size_t candidate) {
  return schema_maker{schema, random, candidate}.make(schema, 0);
}

} // namespace dspex
