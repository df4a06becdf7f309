#include "simulator/answer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "dspex/json.hpp"
#include "simulator/choice.hpp"
#include "simulator/inputs.hpp"
#include "simulator/type.hpp"

namespace dspex {

namespace {

using kind = sim_type::kind;

/// Values in one answer field, elements of one list, and bytes of text in one
/// answer: a schema may ask for more than anyone wants to send.
constexpr size_t max_values = 10'000;
constexpr size_t max_elements = 4096;
constexpr size_t max_bytes = 1'000'000;

bool contains(const sim_stems& stems,
              std::initializer_list<std::string_view> any) {
  return std::any_of(any.begin(), any.end(),
                     [&](auto word) { return stems.count(word) > 0; });
}

std::string join(const std::vector<std::string>& items, size_t limit,
                 std::string_view quote) {
  std::string result;
  auto count = std::min(items.size(), limit);
  for (size_t i = 0; i < count; ++i) {
    if (i > 0)
      result += i + 1 == count ? " and " : ", ";
    result.append(quote).append(items[i]).append(quote);
  }
  return result;
}

/// The words of a field's name; `next_step2` has the words `next` and `step2`.
sim_stems name_stems(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return sim_stems_of(name);
}

/// Makes the value of one field.
class answerer {
public:
  answerer(const sim_prompt& prompt, const sim_inputs& inputs)
    : prompt_(prompt), inputs_(inputs) {
  }

  json answer(const sim_field& field, sim_hash decide) {
    left_ = max_values;
    return value({field.name, field.description}, read_field_type(field),
                 decide.with(field.name), true);
  }

private:
  struct subject {
    std::string name;
    std::string description;
  };

  json value(const subject& about, const sim_type& type, sim_hash decide,
             bool outermost) {
    if (left_ == 0)
      return nullptr;
    --left_;
    switch (type.is) {
      case kind::integer:
      case kind::floating:
        return number(about, type, decide, outermost);
      case kind::boolean:
        return yes(about, decide);
      case kind::none:
        return nullptr;
      case kind::datetime:
        return date(decide);
      case kind::literal:
        return within_budget(
          choose_sim_choice(type.choices, about.name, inputs_, decide));
      case kind::list:
        return list(about, type, decide);
      case kind::tuple:
        return tuple(about, type, decide);
      case kind::dict:
        return dict(about, type, decide);
      case kind::object:
        return object(type, decide);
      case kind::one_of:
        return one_of(about, type, decide, outermost);
      case kind::str:
      case kind::any:
      case kind::unknown:
        break;
    }
    return within_budget(fit(text(about, type, decide), type));
  }

  json within_budget(json item) {
    auto size = item.is_string() ? item.get_ref<std::string&>().size() : 0;
    if (size > bytes_left_)
      return nullptr;
    bytes_left_ -= size;
    return item;
  }

  // -- text -------------------------------------------------------------------

  std::string text(const subject& about, const sim_type& type,
                   sim_hash decide) const {
    auto stems = name_stems(about.name);
    if (contains(stems, {"reason", "reasoning", "rational", "thought",
                         "explanation", "justification"}))
      return reasoning();
    if (auto& solved = inputs_.arithmetic())
      return solved->defined ? print_sim_number(solved->value)
                             : "undefined (division by zero or overflow)";
    auto title = contains(stems, {"titl", "subject", "headlin"});
    if (title || contains(stems, {"summary", "tldr", "abstract"})) {
      auto limit = type.max_length.value_or(title ? 60 : 140);
      if (!inputs_.lead().empty())
        return sim_shorten(inputs_.lead(), limit);
    }
    if (!inputs_.quote().empty())
      return inputs_.quote();
    auto wanted = sim_stems_of(about.description);
    wanted.insert(stems.begin(), stems.end());
    auto& relevant = inputs_.relevant(wanted);
    if (!relevant.empty())
      return relevant;
    return "A simulated " + about.name + ", number "
           + std::to_string(decide.below(1000)) + ".";
  }

  std::string reasoning() const {
    std::vector<std::string> asked;
    for (auto& field : prompt_.outputs)
      if (!contains(name_stems(field.name),
                    {"reason", "reasoning", "rational"}))
        asked.push_back(field.name);
    auto from = join(inputs_.names(), 4, "`");
    auto result = "The input" + std::string{from.empty() ? "" : " "} + from;
    auto& solved = inputs_.arithmetic();
    if (solved && solved->defined)
      result += " evaluates to " + print_sim_number(solved->value) + ".";
    else if (solved)
      result += " has no finite value.";
    else if (inputs_.key_words().empty())
      result += " says little.";
    else
      result += " mentions " + join(inputs_.key_words(), 3, "") + ".";
    if (!asked.empty())
      result += " That settles " + join(asked, 4, "`") + ".";
    return result;
  }

  /// Keeps a text within its lengths.
  static std::string fit(std::string text, const sim_type& type) {
    if (type.max_length && sim_length(text) > *type.max_length)
      text = sim_shorten(text, *type.max_length);
    auto wanted = std::min(type.min_length.value_or(0), max_bytes);
    for (auto length = sim_length(text); length < wanted; ++length)
      text += length % 6 == 5 ? ' ' : 'x';
    if (wanted > 0 && text.back() == ' ')
      text.back() = 'x';
    return text;
  }

  // -- numbers ----------------------------------------------------------------

  static bool in_bounds(const sim_type& type, double x) {
    auto low = !type.min || (type.min_open ? x > *type.min : x >= *type.min);
    auto high = !type.max || (type.max_open ? x < *type.max : x <= *type.max);
    return low && high;
  }

  static bool fits(const sim_type& type, double x) {
    auto step = type.multiple_of.value_or(type.is == kind::integer ? 1 : 0);
    return in_bounds(type, x) && std::fabs(x) < 9e15
           && (type.is != kind::integer || x == std::floor(x))
           && (step <= 0 || std::fabs(std::remainder(x, step)) < 1e-9);
  }

  json number(const subject& about, const sim_type& type, sim_hash decide,
              bool outermost) const {
    auto& solved = inputs_.arithmetic();
    if (outermost && solved && solved->defined && fits(type, solved->value))
      return print_number(type, solved->value);
    auto stems = name_stems(about.name);
    auto guess = contains(stems, {"confidenc", "probability", "likelihood",
                                  "certainty", "scor", "relevanc"});
    if (!guess)
      for (auto x : inputs_.numbers())
        if (fits(type, x))
          return print_number(type, x);
    auto [low, high] = range(type, guess && type.is == kind::floating);
    return print_number(type, pick(type, low, high, decide));
  }

  /// The bounds to choose from where the type leaves one or both open.
  static std::pair<double, double> range(const sim_type& type, bool share) {
    auto width = share ? 1.0 : 100.0;
    if (type.min && type.max)
      return {*type.min, *type.max};
    if (type.min)
      return {*type.min, std::max(*type.min + 1, width)};
    if (type.max)
      return {std::min(*type.max - 1, 0.0), *type.max};
    return {share ? 0.5 : 0.0, width};
  }

  /// A number between the bounds: whole, a multiple, or with two digits.
  static double pick(const sim_type& type, double low, double high,
                     sim_hash decide) {
    auto step = type.multiple_of.value_or(type.is == kind::integer ? 1 : 0.01);
    if (!(step > 0) || !std::isfinite(high - low))
      return low;
    auto first = std::ceil(low / step - 1e-9);
    auto last = std::floor(high / step + 1e-9);
    if (type.min_open && first * step <= low)
      ++first;
    if (type.max_open && last * step >= high)
      --last;
    if (last < first || std::fabs(first) > 9e15 || std::fabs(last) > 9e15)
      return low + (high - low) / 2;
    auto count = static_cast<uint64_t>(last - first) + 1;
    return (first + static_cast<double>(decide.below(count))) * step;
  }

  static json print_number(const sim_type& type, double x) {
    if (type.is == kind::integer && std::fabs(x) < 9.2e18)
      return static_cast<int64_t>(x);
    // Steps of 0.01 would show as 0.8700000000000001.
    auto rounded = std::round(x * 1e6) / 1e6;
    return std::fabs(x) < 1e9 && in_bounds(type, rounded) ? rounded : x;
  }

  // -- others -----------------------------------------------------------------

  json yes(const subject& about, sim_hash decide) const {
    auto& solved = inputs_.arithmetic();
    if (solved)
      return solved->defined && solved->value != 0;
    auto wanted = name_stems(about.name);
    auto score = sim_overlap(wanted, inputs_.stems());
    for (auto& stem : wanted)
      score += sim_overlap(sim_associated(stem), inputs_.stems());
    return score > 0 || decide.with("yes").below(2) == 1;
  }

  static json date(sim_hash decide) {
    auto two = [](uint64_t n) {
      return (n < 10 ? "0" : "") + std::to_string(n);
    };
    return "2024-" + two(1 + decide.with("month").below(12)) + "-"
           + two(1 + decide.with("day").below(28)) + "T"
           + two(decide.with("hour").below(24)) + ":00:00";
  }

  json list(const subject& about, const sim_type& type, sim_hash decide) {
    auto least = std::min(type.min_length.value_or(0), max_elements);
    auto most = std::min(type.max_length.value_or(max_elements), max_elements);
    auto& element = type.arguments.front();
    auto result = json::array();
    auto add = [&](json item) {
      auto twice = type.unique
                   && std::find(result.begin(), result.end(), item)
                        != result.end();
      if (result.size() < most && !twice)
        result.push_back(std::move(item));
    };
    auto wanted = std::max(least, std::min<size_t>(most, 3));
    if (element.is == kind::str || element.is == kind::any) {
      for (auto& word : inputs_.key_words())
        if (result.size() < wanted)
          add(fit(word, element));
    } else if (element.is == kind::integer || element.is == kind::floating) {
      for (auto x : inputs_.numbers())
        if (result.size() < wanted && fits(element, x))
          add(print_number(element, x));
    } else if (element.is == kind::literal) {
      for (auto& choice : matching_sim_choices(element.choices, inputs_))
        add(choice);
      wanted = std::max<size_t>(least, most > 0 ? 1 : 0);
    } else {
      wanted = std::max(least, std::min<size_t>(most, 2));
    }
    // Distinct elements may run out: each place is tried a few times.
    for (uint64_t i = 0; result.size() < wanted && i < 4 * wanted && left_ > 0;
         ++i) {
      auto item = value(about, element, decide.with(i), false);
      if (item.is_null() && left_ == 0)
        break;
      if (item.is_string() && i > 0 && element.is == kind::str)
        item = fit(item.get<std::string>() + " " + std::to_string(i), element);
      add(std::move(item));
    }
    return result;
  }

  json tuple(const subject& about, const sim_type& type, sim_hash decide) {
    auto result = json::array();
    for (size_t i = 0; i < type.arguments.size(); ++i)
      result.push_back(value(about, type.arguments[i], decide.with(i), false));
    return result;
  }

  json dict(const subject& about, const sim_type& type, sim_hash decide) {
    auto least = std::min(type.min_length.value_or(0), max_elements);
    auto most = type.max_length.value_or(max_elements);
    auto count = std::max(least, std::min<size_t>(most, 2));
    auto result = json::object();
    for (size_t i = 0; i < count; ++i) {
      auto& words = inputs_.key_words();
      auto number = std::to_string(i + 1);
      auto key = type.integer_keys  ? number
                 : i < words.size() ? words[i]
                                    : "key" + number;
      result[key] = value(about, type.arguments.front(), decide.with(key),
                          false);
    }
    return result;
  }

  json object(const sim_type& type, sim_hash decide) {
    auto result = json::object();
    for (size_t i = 0; i < type.arguments.size(); ++i)
      result[type.names[i]] = value({type.names[i], {}}, type.arguments[i],
                                    decide.with(type.names[i]), false);
    return result;
  }

  /// One in eight optional values is null; else the first alternative.
  json one_of(const subject& about, const sim_type& type, sim_hash decide,
              bool outermost) {
    const sim_type* first = nullptr;
    auto optional = false;
    for (auto& alternative : type.arguments) {
      if (alternative.is == kind::none)
        optional = true;
      else if (first == nullptr)
        first = &alternative;
    }
    auto settled = outermost && inputs_.arithmetic().has_value();
    if (first == nullptr
        || (optional && !settled && decide.with("null").below(8) == 0))
      return nullptr;
    return value(about, *first, decide, outermost);
  }

  const sim_prompt& prompt_;
  const sim_inputs& inputs_;
  size_t left_ = 0;
  size_t bytes_left_ = max_bytes;
};

/// A value as DSPy's chat format wants it: text bare, the rest as JSON, truth
/// values in Python's spelling. Quoted text never starts a section.
std::string render(const json& value) {
  if (value.is_boolean())
    return value.get<bool>() ? "True" : "False";
  if (!value.is_string())
    return dump_json(value);
  auto text = value.get<std::string>();
  for (size_t i = 0; (i = text.find("[[ ##", i)) != std::string::npos;)
    text[i] = '(';
  return text;
}

std::string plain_answer(const sim_inputs& inputs, sim_hash decide) {
  if (auto& solved = inputs.arithmetic())
    return solved->defined ? print_sim_number(solved->value)
                           : "That has no finite value.";
  constexpr std::array openings{"This is a simulated answer",
                                "A simulated model has this to say",
                                "Here is what a simulation makes of it"};
  std::string result = openings[decide.below(openings.size())];
  auto words = join(inputs.key_words(), 3, "");
  return result.append(words.empty() ? "" : " about ").append(words) + ".";
}

} // namespace

std::string answer_sim_chat(const std::vector<sim_message>& chat,
                            sim_hash decide) {
  auto prompt = read_sim_prompt(chat);
  sim_inputs inputs{prompt};
  if (prompt.style == sim_style::plain)
    return plain_answer(inputs, decide);
  answerer a{prompt, inputs};
  if (prompt.style == sim_style::object) {
    auto result = json::object();
    for (auto& field : prompt.outputs)
      result[field.name] = a.answer(field, decide);
    return dump_json(result);
  }
  std::string result;
  for (auto& field : prompt.outputs)
    result += "[[ ## " + field.name + " ## ]]\n"
              + render(a.answer(field, decide)) + "\n\n";
  return result + "[[ ## completed ## ]]";
}

std::string answer_sim_schema(const std::vector<sim_message>& chat,
                              const json& schema, sim_hash decide) {
  auto prompt = read_sim_prompt(chat);
  sim_inputs inputs{prompt};
  answerer a{prompt, inputs};
  auto answer = [&](const std::string& name, json part) {
    // The definitions that the part refers to stand at the root.
    if (part.is_object() && schema.contains("$defs"))
      part["$defs"] = schema["$defs"];
    auto field = sim_field{};
    field.name = name;
    field.note = "adhere to the JSON schema: " + dump_json(part);
    return a.answer(field, decide);
  };
  auto properties = schema.is_object() ? schema.find("properties")
                                       : schema.end();
  if (properties == schema.end() || !properties->is_object())
    return dump_json(answer("value", schema));
  auto result = json::object();
  for (auto& [name, part] : properties->items())
    result[name] = answer(name, part);
  return dump_json(result);
}

} // namespace dspex
