#include "adapters/mock/values.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/mock/random.hpp"
#include "adapters/mock/schema.hpp"
#include "signatures/plain_type.hpp"

namespace dspex {

namespace {

// Elements tried for each place of a list of distinct values.
constexpr int distinct_attempts = 64;

// FNV-1a, over words of eight bytes as far as there are any.
uint64_t fnv1a(uint64_t hash, std::string_view text) {
  uint64_t word = 0;
  for (; text.size() >= sizeof(word); text.remove_prefix(sizeof(word))) {
    std::memcpy(&word, text.data(), sizeof(word));
    hash = (hash ^ word) * 0x100000001B3ULL;
    // The product carries upwards only.
    hash ^= hash >> 32;
  }
  for (auto c : text) {
    hash ^= static_cast<uint8_t>(c);
    hash *= 0x100000001B3ULL;
  }
  // This ends the part, so that "ab","c" differs from "a","bc".
  hash ^= 0xFF;
  return hash * 0x100000001B3ULL;
}

const json* constraint(const field_type& type, const char* name) {
  if (type.constraints.empty())
    return nullptr;
  auto i = type.constraints.find(name);
  return i != type.constraints.end() ? &*i : nullptr;
}

// Whether a value may turn out not to fit: what a pattern or a schema means is
// for the signature to say.
bool needs_trial(const field_type& type) {
  return type.constraints.contains("pattern") || type.kind == type_kind::object
         || std::any_of(type.arguments.begin(), type.arguments.end(),
                        needs_trial);
}

size_t length_of(const field_type& type, const char* name, size_t otherwise) {
  auto value = constraint(type, name);
  return value != nullptr ? value->get<size_t>() : otherwise;
}

struct value_maker {
  mock_random random;
  // Which candidate strings with a pattern get.
  size_t candidate = 0;
  std::string problem;

  std::optional<json> fail(std::string why) {
    problem = std::move(why);
    return std::nullopt;
  }

  std::optional<json> make(const field_type& type) {
    if (auto choices = constraint(type, "one_of"))
      return random.pick(*choices);
    switch (type.kind) {
      case type_kind::str:
        return make_string(type);
      case type_kind::integer:
        return make_integer(type);
      case type_kind::floating:
        return make_float(type);
      case type_kind::boolean:
        return json(random.below(2) == 1);
      case type_kind::list:
        return make_list(type);
      case type_kind::literal:
        return random.pick(type.choices);
      case type_kind::union_:
        return make(random.pick(type.arguments));
      case type_kind::none:
        return json(nullptr);
      case type_kind::any:
        return json(random.text());
      case type_kind::dict:
        return make_dict(type);
      case type_kind::tuple:
        return make_tuple(type);
      case type_kind::datetime:
        return json("2026-" + two_digits(1 + random.below(12)) + '-'
                    + two_digits(1 + random.below(28)) + 'T'
                    + two_digits(random.below(24)) + ":00:00Z");
      case type_kind::image:
        return json("https://example.com/" + std::to_string(random.below(1000))
                    + ".png");
      case type_kind::object:
        return make_by_schema(type);
      case type_kind::embedding:
      case type_kind::probability:
      case type_kind::confidence_score:
      case type_kind::reasoning_chain:
      case type_kind::history:
        break;
    }
    return make(detail::plain_type(type));
  }

  static std::string two_digits(uint64_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
  }

  std::optional<json> make_by_schema(const field_type& type) {
    auto result = make_mock_object(type.schema, random, candidate);
    return result ? result : fail("has a schema that asks for too much");
  }

  std::optional<json> make_string(const field_type& type) {
    if (type.constraints.contains("pattern"))
      return json(mock_candidate(candidate));
    auto min = length_of(type, "min_length", 0);
    auto max = length_of(type, "max_length", std::string::npos);
    if (min > max)
      return fail("cannot be at least " + std::to_string(min) + " and at most "
                  + std::to_string(max) + " characters long");
    return json(random.text(min, max));
  }

  std::optional<json> make_integer(const field_type& type) {
    auto low = std::optional<int64_t>{};
    auto high = std::optional<int64_t>{};
    if (auto min = constraint(type, "min"))
      low = whole(*min, true);
    if (auto max = constraint(type, "max"))
      high = whole(*max, false);
    constexpr int64_t span = 100;
    constexpr auto most = std::numeric_limits<int64_t>::max();
    constexpr auto least = std::numeric_limits<int64_t>::min();
    auto step = int64_t{1};
    if (auto factor = constraint(type, "multiple_of"))
      step = std::max<int64_t>(1, std::abs(whole(*factor, true)));
    auto width = step > most / span ? most : span * step;
    if (!low)
      low = !high || *high >= 0
              ? 0
              : (*high < least + width ? least : *high - width);
    if (!high)
      high = *low > most - width ? most : *low + width;
    // Floor division, in multiples of the step.
    auto first = *low / step + (*low % step > 0 ? 1 : 0);
    auto last = *high / step - (*high % step < 0 ? 1 : 0);
    if (*low > *high || first > last)
      return fail("has no integer from " + std::to_string(*low) + " to "
                  + std::to_string(*high)
                  + (step > 1 ? " that is a multiple of " + std::to_string(step)
                              : std::string{}));
    auto count = static_cast<uint64_t>(last) - static_cast<uint64_t>(first);
    auto offset = count < static_cast<uint64_t>(span)
                    ? random.below(count + 1)
                    : random.below(static_cast<uint64_t>(span));
    return json((first + static_cast<int64_t>(offset)) * step);
  }

  static int64_t whole(const json& number, bool up) {
    if (!number.is_number_float())
      return number.get<int64_t>();
    auto x = number.get<double>();
    x = std::clamp(up ? std::ceil(x) : std::floor(x), -9.2e18, 9.2e18);
    return static_cast<int64_t>(x);
  }

  std::optional<json> make_float(const field_type& type) {
    auto low = constraint(type, "min");
    auto high = constraint(type, "max");
    auto from = low != nullptr    ? low->get<double>()
                : high != nullptr ? std::min(0.0, high->get<double>() - 1)
                                  : 0.0;
    auto to = high != nullptr ? high->get<double>() : std::max(1.0, from + 1);
    if (from > to)
      return fail("has no number from " + dump_json(json(from)) + " to "
                  + dump_json(json(to)));
    // Steps of a hundredth of the range: short when printed, never outside.
    auto part = static_cast<double>(random.below(101)) / 100;
    return json(std::clamp(from + (to - from) * part, from, to));
  }

  std::optional<json> make_list(const field_type& type) {
    auto min = length_of(type, "min_length", 0);
    auto max = length_of(type, "max_length", std::max<size_t>(min, 3));
    if (min > max)
      return fail("cannot have at least " + std::to_string(min)
                  + " and at most " + std::to_string(max) + " elements");
    auto least = std::max<size_t>(min, max > 0 ? 1 : 0);
    auto most = std::min(max, least + 2);
    auto size = least + static_cast<size_t>(random.below(most - least + 1));
    auto unique = constraint(type, "unique");
    auto distinct = unique != nullptr && *unique == true;
    auto result = json::array();
    while (result.size() < size) {
      auto element = make_element(type.arguments.at(0), distinct, result);
      if (!element && distinct && problem.empty() && result.size() >= min)
        break;
      if (!element)
        return fail(problem.empty() ? "has too few distinct values" : problem);
      result.push_back(std::move(*element));
    }
    return result;
  }

  std::optional<json> make_dict(const field_type& type) {
    auto min = length_of(type, "min_size", 0);
    auto max = length_of(type, "max_size", std::max<size_t>(min, 2));
    auto integer_keys = type.arguments.at(0).kind == type_kind::integer;
    auto result = json::object();
    for (size_t i = 1; i <= std::max(min, std::min<size_t>(max, 2)); ++i) {
      auto value = make(type.arguments.at(1));
      if (!value)
        return std::nullopt;
      result[(integer_keys ? "" : "key") + std::to_string(i)]
        = std::move(*value);
    }
    return result;
  }

  std::optional<json> make_tuple(const field_type& type) {
    auto result = json::array();
    for (auto& x : type.arguments) {
      auto value = make(x);
      if (!value)
        return std::nullopt;
      result.push_back(std::move(*value));
    }
    return result;
  }

  std::optional<json> make_element(const field_type& type, bool distinct,
                                   const json& others) {
    for (int i = 0; i < distinct_attempts; ++i) {
      auto element = make(type);
      if (!element || !distinct
          || std::find(others.begin(), others.end(), *element) == others.end())
        return element;
    }
    return std::nullopt;
  }
};

// The field that the pointer of a problem leads to.
std::string_view field_of(std::string_view pointer) {
  auto name = pointer.substr(std::min<size_t>(1, pointer.size()));
  return name.substr(0, name.find('/'));
}

error cannot_make(const std::string& field, const std::string& why) {
  return {errc::backend_failed,
          "mock cannot make a value for field " + field + ": it " + why,
          json{{"field", field}}};
}

result<void> make_field(const field& x, uint64_t start, size_t candidate,
                        json& outputs) {
  auto maker
    = value_maker{mock_random{fnv1a(start, x.name) + candidate}, candidate, {}};
  auto value = maker.make(x.type);
  if (!value)
    return fail(cannot_make(x.name, maker.problem));
  outputs[x.name] = std::move(*value);
  return {};
}

} // namespace

uint64_t mock_hash(const any_signature& sig, const json& inputs, int64_t seed) {
  auto hash = fnv1a(0xCBF29CE484222325ULL, sig.content_hash());
  for (auto& x : sig.inputs()) {
    auto i = inputs.find(x.name);
    // Texts as they are: printing a long one would cost more than all else.
    if (i == inputs.end())
      hash = fnv1a(hash, {});
    else if (i->is_string())
      hash = fnv1a(fnv1a(hash, "\""), i->get_ref<const std::string&>());
    else
      hash = fnv1a(hash, dump_json(*i));
  }
  return fnv1a(hash, std::to_string(seed));
}

result<json> mock_outputs(const any_signature& sig, uint64_t start) {
  auto outputs = json::object();
  auto trial = false;
  for (auto& x : sig.outputs()) {
    if (auto ok = make_field(x, start, 0, outputs); !ok)
      return fail(std::move(ok.error()));
    trial = trial || needs_trial(x.type);
  }
  if (!trial)
    return outputs;
  // Each field that the signature refuses gets its next candidate.
  auto candidates = std::map<std::string, size_t, std::less<>>{};
  for (;;) {
    auto problems = sig.validate(side::outputs, outputs);
    if (problems.empty())
      return outputs;
    auto name = std::string{field_of(problems.front().pointer)};
    auto& fields = sig.outputs();
    auto x = std::find_if(fields.begin(), fields.end(),
                          [&](const field& f) { return f.name == name; });
    auto& candidate = candidates[name];
    if (x == fields.end() || ++candidate == mock_candidate_count())
      return fail(cannot_make(name, "has a pattern or schema that none of its "
                                      + std::to_string(mock_candidate_count())
                                      + " candidates fits ("
                                      + problems.front().message + ")"));
    if (auto ok = make_field(*x, start, candidate, outputs); !ok)
      return fail(std::move(ok.error()));
  }
}

} // namespace dspex
