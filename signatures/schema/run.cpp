#include "signatures/schema/run.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include <re2/re2.h>

#include "signatures/schema/check.hpp"
#include "signatures/values/constraints.hpp"
#include "signatures/values/repeats.hpp"
#include "signatures/values/text.hpp"

namespace dspex::detail {

namespace {

/// How many schemas a value may be judged by, nested and referenced ones
/// included, however small the value is.
constexpr uint64_t min_steps = 100'000;

/// How many more schemas each byte of the value allows.
constexpr uint64_t steps_per_byte = 20;

/// The most schemas that may be under way inside one another.
constexpr size_t max_depth = 600;

bool has_type(const json& value, std::string_view name) {
  if (name == "integer") {
    if (!value.is_number_float())
      return value.is_number();
    auto number = value.get<double>();
    return std::isfinite(number) && std::trunc(number) == number;
  }
  return (name == "string" && value.is_string())
         || (name == "number" && value.is_number())
         || (name == "boolean" && value.is_boolean())
         || (name == "null" && value.is_null())
         || (name == "array" && value.is_array())
         || (name == "object" && value.is_object());
}

std::string type_text(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> texts{{
    {"array", "a list"},
    {"boolean", "true or false"},
    {"integer", "an integer"},
    {"null", "null"},
    {"number", "a number"},
    {"object", "an object"},
    {"string", "a string"},
  }};
  for (auto& [type, text] : texts)
    if (name == type)
      return std::string{text};
  return {};
}

bool is_multiple(const json& value, const json& step) {
  auto exact_value = value;
  auto exact_step = step;
  normalise_number(exact_value);
  normalise_number(exact_step);
  if (exact_value.is_number_integer() && exact_step.is_number_integer())
    return exact_value.get<int64_t>() % exact_step.get<int64_t>() == 0;
  auto quotient = value.get<double>() / step.get<double>();
  if (!std::isfinite(quotient))
    return std::remainder(value.get<double>(), step.get<double>()) == 0;
  // 0.3 is a multiple of 0.1, but the quotient of the two doubles is not whole.
  return std::fabs(quotient - std::round(quotient))
         <= 1e-12 * std::max(1.0, std::fabs(quotient));
}

} // namespace

bool schema_run::judge(const json& value) {
  steps_left_ = min_steps + steps_per_byte * text_size(value);
  auto ok = fits(root_, value);
  if (gave_up_)
    return out_.add(
      "type", [] { return "takes too many steps to be judged by its schema"; });
  return ok;
}

bool schema_run::fits(const json& schema, const json& value) {
  if (steps_left_ == 0 || depth_ == max_depth)
    gave_up_ = true;
  if (gave_up_)
    return false;
  --steps_left_;
  if (schema.is_boolean())
    return expect(schema.get<bool>(), "unknown",
                  [] { return "must not be there"; });
  ++depth_;
  auto ok = true;
  for (auto i = schema.begin(); i != schema.end(); ++i) {
    if (gave_up_ || (!ok && out_.quiet()))
      break;
    if (auto check = find_rule(i.key()); check != nullptr)
      ok = (this->*check)(i.value(), schema, value) && ok;
  }
  --depth_;
  return ok;
}

bool schema_run::would_fit(const json& schema, const json& value) {
  report::trial quietly{out_, true};
  return fits(schema, value);
}

schema_run::rule schema_run::find_rule(std::string_view keyword) {
  using run = schema_run;
  static const std::unordered_map<std::string_view, rule> rules{
    {"$ref", &run::check_ref},
    {"type", &run::check_type},
    {"enum", &run::check_enum},
    {"const", &run::check_const},
    {"minLength", &run::check_min_length},
    {"maxLength", &run::check_max_length},
    {"pattern", &run::check_pattern},
    {"minimum", &run::check_minimum},
    {"maximum", &run::check_maximum},
    {"exclusiveMinimum", &run::check_above},
    {"exclusiveMaximum", &run::check_below},
    {"multipleOf", &run::check_multiple},
    {"prefixItems", &run::check_prefix},
    {"items", &run::check_items},
    {"contains", &run::check_contains},
    {"minItems", &run::check_min_items},
    {"maxItems", &run::check_max_items},
    {"uniqueItems", &run::check_unique},
    {"properties", &run::check_properties},
    {"patternProperties", &run::check_patterns},
    {"additionalProperties", &run::check_others},
    {"propertyNames", &run::check_names},
    {"required", &run::check_required},
    {"minProperties", &run::check_min_size},
    {"maxProperties", &run::check_max_size},
    {"dependentRequired", &run::check_dependent},
    {"dependentSchemas", &run::check_dependent_schemas},
    {"allOf", &run::check_all},
    {"anyOf", &run::check_any},
    {"oneOf", &run::check_one},
    {"not", &run::check_not},
    {"if", &run::check_if},
  };
  auto i = rules.find(keyword);
  return i != rules.end() ? i->second : nullptr;
}

// -- any value ----------------------------------------------------------------

bool schema_run::check_ref(const json& wanted, const json&, const json& value) {
  return fits(*resolve_reference(root_, wanted.get_ref<const std::string&>()),
              value);
}

bool schema_run::check_type(const json& wanted, const json&,
                            const json& value) {
  auto names = wanted.is_array() ? wanted : json::array({wanted});
  for (const auto& name : names)
    if (has_type(value, name.get_ref<const std::string&>()))
      return true;
  std::string text;
  for (const auto& name : names)
    text += (text.empty() ? "" : " or ")
            + type_text(name.get_ref<const std::string&>());
  return out_.add_type(text, value);
}

bool schema_run::check_enum(const json& wanted, const json&,
                            const json& value) {
  auto equal = [&value](const json& x) { return compare_json(x, value) == 0; };
  return expect(
    std::any_of(wanted.begin(), wanted.end(), equal), "choice", [&] {
      return "must be one of " + brief_list(wanted) + ", got " + brief(value);
    });
}

bool schema_run::check_const(const json& wanted, const json&,
                             const json& value) {
  return expect(compare_json(wanted, value) == 0, "choice", [&] {
    return "must be " + brief(wanted) + ", got " + brief(value);
  });
}

// -- strings ------------------------------------------------------------------

bool schema_run::check_min_length(const json& wanted, const json&,
                                  const json& value) {
  if (!value.is_string())
    return true;
  auto length = count_code_points(value.get_ref<const std::string&>());
  return expect(compare_json(length, wanted) >= 0, "length", [&] {
    return "must have " + count_text("at least", wanted, "character") + ", has "
           + std::to_string(length);
  });
}

bool schema_run::check_max_length(const json& wanted, const json&,
                                  const json& value) {
  if (!value.is_string())
    return true;
  auto length = count_code_points(value.get_ref<const std::string&>());
  return expect(compare_json(length, wanted) <= 0, "length", [&] {
    return "must have " + count_text("at most", wanted, "character") + ", has "
           + std::to_string(length);
  });
}

bool schema_run::check_pattern(const json& wanted, const json&,
                               const json& value) {
  if (!value.is_string())
    return true;
  const auto& pattern = patterns_.get(wanted.get_ref<const std::string&>());
  auto ok = re2::RE2::PartialMatch(value.get_ref<const std::string&>(),
                                   pattern);
  return expect(ok, "pattern", [&] {
    return "must match " + brief(wanted) + ", got " + brief(value);
  });
}

// -- numbers ------------------------------------------------------------------

bool schema_run::check_minimum(const json& wanted, const json&,
                               const json& value) {
  return expect(
    !value.is_number() || compare_json(value, wanted) >= 0, "range", [&] {
      return "must be at least " + brief(wanted) + ", got " + brief(value);
    });
}

bool schema_run::check_maximum(const json& wanted, const json&,
                               const json& value) {
  return expect(
    !value.is_number() || compare_json(value, wanted) <= 0, "range", [&] {
      return "must be at most " + brief(wanted) + ", got " + brief(value);
    });
}

bool schema_run::check_above(const json& wanted, const json&,
                             const json& value) {
  return expect(
    !value.is_number() || compare_json(value, wanted) > 0, "range",
    [&] { return "must be above " + brief(wanted) + ", got " + brief(value); });
}

bool schema_run::check_below(const json& wanted, const json&,
                             const json& value) {
  return expect(
    !value.is_number() || compare_json(value, wanted) < 0, "range",
    [&] { return "must be below " + brief(wanted) + ", got " + brief(value); });
}

bool schema_run::check_multiple(const json& wanted, const json&,
                                const json& value) {
  return expect(!value.is_number() || is_multiple(value, wanted), "range", [&] {
    return "must be a multiple of " + brief(wanted) + ", got " + brief(value);
  });
}

// -- combinations -------------------------------------------------------------

bool schema_run::check_all(const json& wanted, const json&, const json& value) {
  auto ok = true;
  for (const auto& schema : wanted)
    ok = fits(schema, value) && ok;
  return ok;
}

bool schema_run::check_any(const json& wanted, const json&, const json& value) {
  for (const auto& schema : wanted)
    if (would_fit(schema, value))
      return true;
  if (wanted.size() == 1)
    return fits(wanted.front(), value);
  return expect(false, "type", [&] {
    return "must fit one of " + std::to_string(wanted.size())
           + " schemas, fits none; it is " + brief(value);
  });
}

bool schema_run::check_one(const json& wanted, const json&, const json& value) {
  size_t fitting = 0;
  for (const auto& schema : wanted)
    fitting += would_fit(schema, value) ? 1 : 0;
  if (fitting == 0 && wanted.size() == 1)
    return fits(wanted.front(), value);
  return expect(fitting == 1, "type", [&] {
    return "must fit one of " + std::to_string(wanted.size())
           + " schemas, fits "
           + (fitting == 0 ? "none" : std::to_string(fitting)) + "; it is "
           + brief(value);
  });
}

bool schema_run::check_not(const json& wanted, const json&, const json& value) {
  return expect(!would_fit(wanted, value), "type", [&] {
    return "must not fit what its schema excludes; it is " + brief(value);
  });
}

bool schema_run::check_if(const json& wanted, const json& schema,
                          const json& value) {
  auto next = schema.find(would_fit(wanted, value) ? "then" : "else");
  return next == schema.end() || fits(*next, value);
}

} // namespace dspex::detail
