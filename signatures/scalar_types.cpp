#include <cmath>
#include <cstdint>
#include <vector>

#include <re2/re2.h>

#include "signatures/limits.hpp"
#include "signatures/types.hpp"
#include "signatures/values/repeats.hpp"
#include "signatures/values/text_formats.hpp"

namespace dspex::detail {

namespace {

json choices_of(const field_type& type) {
  auto i = type.constraints.find("one_of");
  return i != type.constraints.end() ? *i : json::array();
}

bool wrong_choice(const json& choices, const json& value, report& out) {
  return out.add("choice", [&] {
    return "must be one of " + brief_list(choices) + ", got " + brief(value);
  });
}

/// Returns whether `value` is one of `choices`; without choices every value is
/// good.
bool among(const json& choices, const json& value) {
  if (choices.empty())
    return true;
  for (const auto& choice : choices)
    if (compare_json(choice, value) == 0)
      return true;
  return false;
}

class str_validator : public validator {
public:
  str_validator(const field_type& type, const pattern_pool& patterns)
    : length_(type.constraints, "character"),
      counts_(type.constraints.contains("min_length")
              || type.constraints.contains("max_length")),
      choices_(choices_of(type)) {
    if (auto i = type.constraints.find("pattern"); i != type.constraints.end())
      pattern_ = &patterns.get(i->get_ref<const std::string&>());
  }

  bool check(json& value, report& out) const override {
    if (!value.is_string())
      return out.add_type("a string", value);
    const auto& text = value.get_ref<const std::string&>();
    auto ok = !counts_ || length_.check(count_code_points(text), out);
    if (pattern_ != nullptr && !re2::RE2::PartialMatch(text, *pattern_))
      ok = out.add("pattern", [&] {
        return "must match " + brief(json(pattern_->pattern())) + ", got "
               + brief(value);
      });
    if (!among(choices_, value))
      ok = wrong_choice(choices_, value, out);
    return ok;
  }

private:
  length_limits length_;
  bool counts_;
  json choices_;
  const re2::RE2* pattern_ = nullptr;
};

class int_validator : public validator {
public:
  explicit int_validator(const field_type& type)
    : range_(type.constraints, "min", "max"),
      step_(read_limit<int64_t>(type.constraints, "multiple_of").value_or(1)),
      choices_(choices_of(type)) {
  }

  bool check(json& value, report& out) const override {
    if (!value.is_number())
      return out.add_type("an integer", value);
    if (value.is_number_float() && !convert(value, out))
      return false;
    if (value.is_number_unsigned()
        && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
      return beyond_64_bits(value, out);
    auto number = value.get<int64_t>();
    auto ok = true;
    if (!range_.accept(number))
      ok = out.add("range", [&] {
        return "must be " + range_.describe() + ", got " + brief(value);
      });
    if (number % step_ != 0)
      ok = out.add("range", [&] {
        return "must be a multiple of " + std::to_string(step_) + ", got "
               + brief(value);
      });
    if (!among(choices_, value))
      ok = wrong_choice(choices_, value, out);
    return ok;
  }

private:
  static bool beyond_64_bits(const json& value, report& out) {
    return out.add("range", [&] {
      return "must be an integer of 64 bits, got " + brief(value);
    });
  }

  /// Turns a number without a fraction into an integer.
  static bool convert(json& value, report& out) {
    auto number = value.get<double>();
    if (out.strict() || !std::isfinite(number) || std::trunc(number) != number)
      return out.add_type("an integer", value);
    normalise_number(value);
    return !value.is_number_float() || beyond_64_bits(value, out);
  }

  limits<int64_t> range_;
  int64_t step_;
  json choices_;
};

class float_validator : public validator {
public:
  explicit float_validator(const field_type& type)
    : range_(type.constraints, "min", "max") {
  }

  bool check(json& value, report& out) const override {
    if (!value.is_number())
      return out.add_type("a number", value);
    if (!std::isfinite(value.get<double>()))
      return out.add_type("a finite number", value);
    return accepts(value) || out.add("range", [&] {
      return "must be " + range_.describe() + ", got " + brief(value);
    });
  }

private:
  bool accepts(const json& value) const {
    return range_.accept(value.get<double>());
  }

  limits<double> range_;
};

/// Judges a text by a function that recognizes its form.
class form_validator : public validator {
public:
  form_validator(bool (*has_form)(std::string_view) noexcept,
                 std::string_view wanted)
    : has_form_(has_form), wanted_(wanted) {
  }

  bool check(json& value, report& out) const override {
    return (value.is_string() && has_form_(value.get_ref<const std::string&>()))
           || out.add_type(wanted_, value);
  }

private:
  bool (*has_form_)(std::string_view) noexcept;
  std::string_view wanted_;
};

class bool_validator : public validator {
public:
  bool check(json& value, report& out) const override {
    return value.is_boolean() || out.add_type("true or false", value);
  }
};

class none_validator : public validator {
public:
  bool check(json& value, report& out) const override {
    return value.is_null() || out.add_type("null", value);
  }
};

class any_validator : public validator {
public:
  bool check(json&, report&) const override {
    return true;
  }
};

class literal_validator : public validator {
public:
  explicit literal_validator(const field_type& type)
    : choices_(json(type.choices)) {
  }

  bool check(json& value, report& out) const override {
    for (const auto& choice : choices_) {
      if (compare_json(choice, value) != 0)
        continue;
      if (value.is_number_float()) {
        if (out.strict())
          break;
        value = choice;
      }
      return true;
    }
    return wrong_choice(choices_, value, out);
  }

private:
  json choices_;
};

} // namespace

validator::~validator() = default;

validator_ptr make_str(const field_type& type, const pattern_pool& patterns) {
  return std::make_unique<str_validator>(type, patterns);
}

validator_ptr make_int(const field_type& type, const pattern_pool&) {
  return std::make_unique<int_validator>(type);
}

validator_ptr make_float(const field_type& type, const pattern_pool&) {
  return std::make_unique<float_validator>(type);
}

validator_ptr make_datetime(const field_type&, const pattern_pool&) {
  return std::make_unique<form_validator>(
    is_datetime, "a date and time like 2026-01-31T12:34:56Z");
}

validator_ptr make_image(const field_type&, const pattern_pool&) {
  return std::make_unique<form_validator>(
    is_image, "an http, https or gs URL or a data URI");
}

validator_ptr make_bool(const field_type&, const pattern_pool&) {
  return std::make_unique<bool_validator>();
}

validator_ptr make_literal(const field_type& type, const pattern_pool&) {
  return std::make_unique<literal_validator>(type);
}

validator_ptr make_any(const field_type&, const pattern_pool&) {
  return std::make_unique<any_validator>();
}

validator_ptr make_none(const field_type&, const pattern_pool&) {
  return std::make_unique<none_validator>();
}

} // namespace dspex::detail
