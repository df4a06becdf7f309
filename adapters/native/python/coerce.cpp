#include "adapters/native/python/coerce.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <re2/re2.h>

#include "adapters/native/python/datetime.hpp"
#include "adapters/native/python/literal.hpp"
#include "adapters/native/python/text.hpp"

namespace dspex {

namespace {

constexpr auto true_words
  = std::array<std::string_view, 6>{"1", "on", "t", "true", "y", "yes"};
constexpr auto false_words
  = std::array<std::string_view, 6>{"0", "off", "f", "false", "n", "no"};

template <class Container>
bool contains(const Container& xs, std::string_view x) {
  return std::find(xs.begin(), xs.end(), x) != xs.end();
}

std::optional<json> whole_number(double x) {
  if (std::trunc(x) != x || std::fabs(x) >= 0x1p63)
    return std::nullopt;
  return json(static_cast<int64_t>(x));
}

// `42`, `+7`, `1_000`, `42.00`.
std::optional<json> integer_from_text(std::string_view text) {
  text = python_strip(text);
  if (auto point = text.find('.'); point != std::string_view::npos) {
    auto zeros = text.substr(point + 1);
    if (zeros.find_first_not_of('0') != std::string_view::npos)
      return std::nullopt;
    text = text.substr(0, point);
  }
  auto number = read_decimal(text);
  if (number.outcome != number_outcome::value
      || !number.value.is_number_integer())
    return std::nullopt;
  return std::move(number.value);
}

std::optional<json> floating_from_text(std::string_view text) {
  auto number = read_decimal(python_strip(text));
  if (number.outcome != number_outcome::value)
    return std::nullopt;
  return json(number.value.get<double>());
}

std::optional<json> boolean_from_text(std::string word) {
  for (auto& c : word)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  if (contains(true_words, word))
    return json(true);
  if (contains(false_words, word))
    return json(false);
  return std::nullopt;
}

// `x == y` in Python, where `1 == True == 1.0`.
bool python_equal(const json& x, const json& y) {
  auto number = [](const json& v) -> std::optional<double> {
    if (v.is_boolean())
      return v.get<bool>() ? 1 : 0;
    return v.is_number() ? std::optional{v.get<double>()} : std::nullopt;
  };
  auto a = number(x);
  auto b = number(y);
  return a && b ? *a == *b : x == y;
}

// How much of the value had to change; a union prefers the least.
enum class exactness { lax, strict, exact };

class coercer {
public:
  explicit coercer(const python_classes& classes) : classes_(classes) {
  }

  std::optional<json> run(const json& value, const python_type& type) {
    auto result = convert(value, type);
    if (!result || type.limits.empty() || within(*result, type.limits))
      return result;
    return std::nullopt;
  }

private:
  void lower(exactness x) {
    level_ = std::min(level_, x);
  }

  std::optional<json> convert(const json& value, const python_type& type) {
    auto keep_if = [&](bool fits) {
      return fits ? std::optional{value} : std::nullopt;
    };
    switch (type.kind) {
      case python_kind::str:
      case python_kind::image:
        return keep_if(value.is_string());
      case python_kind::integer:
        return integer(value);
      case python_kind::floating:
        return floating(value);
      case python_kind::boolean:
        return boolean(value);
      case python_kind::none:
        return keep_if(value.is_null());
      case python_kind::any:
        lower(exactness::strict);
        return value;
      case python_kind::literal:
        return choice(value, type);
      case python_kind::enumeration:
        lower(exactness::lax);
        return choice(value, type);
      case python_kind::datetime:
        lower(exactness::lax);
        return read_python_datetime(value);
      case python_kind::date:
        lower(exactness::lax);
        return read_python_date(value);
      case python_kind::list:
        return elements(value, type, false);
      case python_kind::set:
        lower(exactness::lax);
        return elements(value, type, true);
      case python_kind::tuple:
        lower(exactness::lax);
        return tuple(value, type);
      case python_kind::dict:
        return dict(value, type);
      case python_kind::union_:
        return one_of(value, type);
      case python_kind::model:
        return model(value, type);
      case python_kind::history:
        return keep_if(value.is_array() || value.is_object());
      case python_kind::reference:
        break;
    }
    auto i = classes_.find(type.name);
    return i != classes_.end() ? run(value, i->second) : std::nullopt;
  }

  std::optional<json> integer(const json& value) {
    if (value.is_number_unsigned()
        && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
      return std::nullopt;
    if (value.is_number_integer())
      return value;
    lower(exactness::lax);
    if (value.is_boolean())
      return json(value.get<bool>() ? 1 : 0);
    if (value.is_number_float())
      return whole_number(value.get<double>());
    return value.is_string()
             ? integer_from_text(value.get_ref<const std::string&>())
             : std::nullopt;
  }

  std::optional<json> floating(const json& value) {
    if (value.is_number_float())
      return value;
    if (value.is_number()) {
      lower(exactness::strict);
      return json(value.get<double>());
    }
    lower(exactness::lax);
    if (value.is_boolean())
      return json(value.get<bool>() ? 1.0 : 0.0);
    return value.is_string()
             ? floating_from_text(value.get_ref<const std::string&>())
             : std::nullopt;
  }

  std::optional<json> boolean(const json& value) {
    if (value.is_boolean())
      return value;
    lower(exactness::lax);
    if (value.is_number()) {
      auto x = value.get<double>();
      return x == 0 || x == 1 ? std::optional{json(x == 1)} : std::nullopt;
    }
    return value.is_string() ? boolean_from_text(value.get<std::string>())
                             : std::nullopt;
  }

  static std::optional<json> choice(const json& value,
                                    const python_type& type) {
    for (auto& x : type.choices)
      if (x.type() == value.type() ? x == value : python_equal(x, value))
        return x;
    return std::nullopt;
  }

  std::optional<json> elements(const json& value, const python_type& type,
                               bool unique) {
    if (!value.is_array())
      return std::nullopt;
    auto result = json::array();
    for (auto& x : value) {
      auto element = run(x, type.arguments.at(0));
      if (!element)
        return std::nullopt;
      if (unique
          && std::find(result.begin(), result.end(), *element) != result.end())
        continue;
      result.push_back(std::move(*element));
    }
    return result;
  }

  std::optional<json> tuple(const json& value, const python_type& type) {
    if (!value.is_array() || value.size() != type.arguments.size())
      return std::nullopt;
    auto result = json::array();
    for (size_t i = 0; i < value.size(); ++i) {
      auto item = run(value[i], type.arguments[i]);
      if (!item)
        return std::nullopt;
      result.push_back(std::move(*item));
    }
    return result;
  }

  std::optional<json> dict(const json& value, const python_type& type) {
    if (!value.is_object())
      return std::nullopt;
    auto result = json::object();
    for (auto& [key, member] : value.items()) {
      // Names are text in JSON, whatever the keys are.
      auto name = run(json(key), type.arguments.at(0));
      auto converted = run(member, type.arguments.at(1));
      if (!name || !converted)
        return std::nullopt;
      result[name->is_string() ? name->get<std::string>() : dump_json(*name)]
        = std::move(*converted);
    }
    return result;
  }

  std::optional<json> model(const json& value, const python_type& type) {
    if (!value.is_object())
      return std::nullopt;
    auto result = json::object();
    size_t set = 0;
    for (auto& member : type.members) {
      auto i = value.find(member.name);
      if (i == value.end()) {
        if (member.required)
          return std::nullopt;
        if (member.has_fallback)
          result[member.name] = member.fallback;
        continue;
      }
      auto converted = run(*i, member.type);
      if (!converted)
        return std::nullopt;
      result[member.name] = std::move(*converted);
      ++set;
    }
    if (type.unknown_members != python_type::extras::dropped)
      for (auto& [name, member] : value.items()) {
        auto is_known
          = std::any_of(type.members.begin(), type.members.end(),
                        [&name = name](auto& x) { return x.name == name; });
        if (is_known)
          continue;
        if (type.unknown_members == python_type::extras::refused)
          return std::nullopt;
        result[name] = member;
      }
    members_set_ = members_set_.value_or(0) + set;
    lower(exactness::lax);
    return result;
  }

  // The alternative that sets most members, then the one that is most exact,
  // then the first.
  std::optional<json> one_of(const json& value, const python_type& type) {
    auto outer_level = level_;
    auto outer_set = members_set_;
    auto best = std::optional<json>{};
    auto best_level = exactness::lax;
    auto best_set = std::optional<size_t>{};
    for (auto& alternative : type.arguments) {
      level_ = exactness::exact;
      members_set_.reset();
      auto converted = run(value, alternative);
      if (!converted)
        continue;
      auto is_perfect = level_ == exactness::exact && !members_set_;
      auto is_better = !best
                       || (best_set && members_set_
                               && *best_set != *members_set_
                             ? *best_set < *members_set_
                             : best_level < level_);
      if (!is_better && !is_perfect)
        continue;
      best = std::move(converted);
      best_level = level_;
      best_set = members_set_;
      if (is_perfect)
        break;
    }
    level_ = std::min(outer_level, best_level);
    members_set_ = outer_set;
    if (best_set)
      members_set_ = members_set_.value_or(0) + *best_set;
    return best;
  }

  static bool within(const json& value, const json& limits) {
    for (auto& [name, limit] : limits.items())
      if (!within(value, name, limit))
        return false;
    return true;
  }

  static bool within(const json& value, const std::string& name,
                     const json& limit) {
    if (name == "pattern") {
      if (!value.is_string() || !limit.is_string())
        return true;
      auto pattern = RE2{limit.get_ref<const std::string&>(), RE2::Quiet};
      return !pattern.ok()
             || RE2::PartialMatch(value.get_ref<const std::string&>(), pattern);
    }
    if (!limit.is_number())
      return true;
    auto bound = limit.get<double>();
    if (value.is_number()) {
      auto x = value.get<double>();
      if (name == "minimum")
        return x >= bound;
      if (name == "maximum")
        return x <= bound;
      if (name == "exclusiveMinimum")
        return x > bound;
      if (name == "exclusiveMaximum")
        return x < bound;
      return name != "multipleOf" || bound == 0 || std::fmod(x, bound) == 0;
    }
    if (value.is_string()) {
      auto length = static_cast<double>(
        count_characters(value.get_ref<const std::string&>()));
      return (name != "minLength" || length >= bound)
             && (name != "maxLength" || length <= bound);
    }
    if (!value.is_array())
      return true;
    auto size = static_cast<double>(value.size());
    return (name != "minItems" || size >= bound)
           && (name != "maxItems" || size <= bound);
  }

  const python_classes& classes_;
  exactness level_ = exactness::exact;
  // How many members the models in the value set; nothing without models.
  std::optional<size_t> members_set_;
};

} // namespace

std::optional<json> coerce(const json& value,
                           const python_annotation& annotation) {
  return coercer{*annotation.classes}.run(value, *annotation.type);
}

} // namespace dspex
